//! What there is to know and say about a session.

use serde::Serialize;

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No workflow was started, and nothing published.
    Created,
    /// A workflow was started, or something published.
    Running,
    /// It ended well.
    Complete,
    /// It failed.
    Error,
    /// It was cancelled.
    Cancelled,
}

/// How far a session's history is; followers wait for it to move.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tip {
    /// The newest `seq`; 0 = none.
    pub newest: u64,
    /// The bytes of all events so far.
    pub bytes: u64,
    /// Whether nothing more will come.
    pub ended: bool,
}

/// What there is to say about a session.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its id.
    pub session_id: String,
    /// Where it is in its life.
    pub state: State,
    /// The incarnation of its history.
    pub epoch: String,
    /// The oldest `seq` that the history still has; 0 = none.
    pub oldest: u64,
    /// The newest `seq`; 0 = none.
    pub newest: u64,
    /// The workflow that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// What people call that workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The session has ended, and takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// Why a session does not take what came with a new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It has ended.
    Ended,
    /// It remembers as many ids as it may.
    TooMany,
}

impl From<Ended> for NotTaken {
    fn from(_: Ended) -> Self {
        Self::Ended
    }
}

/// Why a workflow could not be started in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// One has been before.
    AlreadyStarted,
    /// The session has ended.
    Ended,
}
