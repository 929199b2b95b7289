//! Events: the things that happened, as the server tells them.

use serde::Serialize;

use super::{RawJson, Text};

/// The words that stand in an event's `type`.
pub mod kind {
    /// The phases to come, in order.
    pub const PLAN: &str = "plan";
    /// An agent began; its phase is active.
    pub const AGENT_START: &str = "agent_start";
    /// An agent finished well; its phase is done.
    pub const AGENT_COMPLETE: &str = "agent_complete";
    /// An agent is some way on.
    pub const AGENT_PROGRESS: &str = "agent_progress";
    /// An agent failed; its phase is in error.
    pub const AGENT_ERROR: &str = "agent_error";
    /// One more pass through the phases begins.
    pub const ITERATION_START: &str = "iteration_start";
    /// Work done so far is about to be improved.
    pub const REFINEMENT: &str = "refinement";
    /// A line that a process printed.
    pub const LOG: &str = "log";
    /// A message of a person to the agents.
    pub const MESSAGE: &str = "message";
    /// The session's result; the last one counts.
    pub const RESULT: &str = "result";
    /// The session ended well.
    pub const COMPLETE: &str = "complete";
    /// The session failed.
    pub const ERROR: &str = "error";
    /// The session was cancelled.
    pub const CANCELLED: &str = "cancelled";

    /// Whether an event of type `word` ends its session.
    #[must_use]
    pub fn ends_session(word: &str) -> bool {
        matches!(word, COMPLETE | ERROR | CANCELLED)
    }
}

/// One event. Fields that do not apply are absent; fields that are not listed here are ignored by
/// whoever reads, and kept by whoever stores the text.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Event<'a> {
    /// What kind of event it is: one of [`kind`], or a word of the server's own.
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    /// The position in the session's history: 1, 2, 3 … without holes within an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The session that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Text<'a>>,
    /// The incarnation of the history that `seq` counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Text<'a>>,
    /// When it happened, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Text<'a>>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text<'a>>,
    /// What was done, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Text<'a>>,
    /// What there is to say about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text<'a>>,
    /// A symbol for it, usually an emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<Text<'a>>,
    /// How grave it is: `debug`, `info`, `warning` or `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Text<'a>>,
    /// The id of the phase that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text<'a>>,
    /// Which pass through the phases, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u32>,
    /// How many passes there will be at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_iterations: Option<u32>,
    /// How far the phase is, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// The server's own word for the phase's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<'a>>,
    /// Anything more, as JSON; kept as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<RawJson<'a>>,
    /// The stream that a process wrote it to: `stdout` or `stderr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Text<'a>>,
    /// Names a streamed text, or a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// The next piece of the streamed text named by `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<Text<'a>>,
    /// The event or agent under which it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Text<'a>>,
    /// What it cost, as JSON; kept as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<RawJson<'a>>,
    /// Whether the message was cut to the server's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
    /// What a person wrote, in an event of type `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Text<'a>>,
    /// When the person sent it, milliseconds since 1970, in an event of type `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Text<'a>>,
    /// The phases to come, in an event of type `plan`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PlannedPhase<'a>>,
    /// Whether it came with fields that an entry of a log has no place for, which [`super::rest`]
    /// then gives.
    #[serde(skip)]
    pub has_more: bool,
}

/// One phase of a `plan`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlannedPhase<'a> {
    /// Names the phase within its session.
    pub id: Text<'a>,
    /// What people call it; the id when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    /// The agent whose events belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text<'a>>,
    /// Its state already, when it is not pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<'a>>,
}
