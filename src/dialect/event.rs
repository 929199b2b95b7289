//! What an event does to the activity, in every dialect whose events have these fields.

use crate::{
    connection::Outcome,
    time::Timestamp,
    wire::{self, Event, RawJson, Text, kind},
};

use super::{Entry, Level, Operation, PhaseRef, Receiver};

/// The end that an event of this type brings to its session.
pub(super) fn outcome(word: &str) -> Option<Outcome> {
    match word {
        kind::COMPLETE => Some(Outcome::Complete),
        kind::ERROR => Some(Outcome::Error),
        kind::CANCELLED => Some(Outcome::Cancelled),
        _ => None,
    }
}

/// Tells what the event, whose text is `raw`, does to the activity.
pub(super) fn operate(event: &Event<'_>, raw: &str, receiver: &mut impl Receiver) {
    let at = event.timestamp.as_deref().and_then(Timestamp::parse);
    let phase = PhaseRef { id: event.phase.as_deref(), agent: event.agent.as_deref() };
    match event.kind.as_str() {
        kind::PLAN => {
            for planned in &event.phases {
                receiver.operate(Operation::PhaseDeclared {
                    id: &planned.id,
                    label: planned.label.as_deref(),
                    agent: planned.agent.as_deref(),
                    state: planned.state.as_deref(),
                });
            }
            // A plan is not something that happened: it is shown as the phases.
            return;
        }
        kind::AGENT_START => {
            receiver.operate(Operation::PhaseStarted { phase, iteration: event.iteration, at });
        }
        kind::AGENT_COMPLETE => {
            receiver.operate(Operation::PhaseEnded { phase, outcome: Outcome::Complete, at });
        }
        kind::AGENT_ERROR => {
            receiver.operate(Operation::PhaseEnded { phase, outcome: Outcome::Error, at });
        }
        kind::ITERATION_START => receiver.operate(Operation::IterationStarted {
            iteration: event.iteration,
            max: event.max_iterations,
        }),
        _ => {}
    }
    if event.progress.is_some() || event.state.is_some() {
        let (progress, state) = (event.progress, event.state.as_deref());
        receiver.operate(Operation::PhaseProgressed { phase, progress, state });
    }
    let rest = if event.has_more { wire::rest(raw) } else { String::new() };
    let entry = entry(event, raw, &rest, at, phase);
    receiver.operate(match event {
        Event { id: Some(id), delta: Some(delta), .. } => {
            Operation::EntryExtended { id, delta, entry }
        }
        _ => Operation::EntryAppended(entry),
    });
    if let Some(outcome) = outcome(&event.kind) {
        let message = event.message.as_deref();
        receiver.operate(Operation::RunEnded { outcome, phase, message, at });
    }
}

fn entry<'a>(
    event: &'a Event<'_>,
    raw: &'a str,
    rest: &'a str,
    at: Option<Timestamp>,
    phase: PhaseRef<'a>,
) -> Entry<'a> {
    let level = event.level.as_deref().and_then(Level::from_word).unwrap_or_else(|| {
        if matches!(event.kind.as_str(), kind::ERROR | kind::AGENT_ERROR) {
            Level::Error
        } else {
            Level::default()
        }
    });
    let text = |text: &'a Option<Text<'_>>| text.as_deref().unwrap_or_default();
    let (action, message, rest) = match event {
        Event { kind, content: Some(content), .. } if kind.as_str() == kind::MESSAGE => {
            (text(&event.action), content.as_str(), rest)
        }
        // The result itself is shown with the end of the run.
        Event { kind, .. } if kind.as_str() == kind::RESULT => {
            ("Result", text(&event.message), raw)
        }
        // What says nothing in the fields that we know is shown as it came.
        Event { action: None, message: None, delta: None, .. } => ("", raw, raw),
        _ => (text(&event.action), text(&event.message), rest),
    };
    Entry {
        seq: event.seq,
        at,
        kind: &event.kind,
        level,
        phase,
        icon: text(&event.icon),
        action,
        message,
        stream: text(&event.stream),
        payload: event.payload.map(RawJson::as_str).unwrap_or_default(),
        rest,
        is_truncated: event.truncated.unwrap_or(false),
    }
}
