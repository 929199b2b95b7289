//! The dialect of `agent-gateway`, and of every server that numbers its events.
//!
//! `docs/protocol.md` describes it. A server that says `hello` answers pings; one whose first
//! message is something else is sent nothing.

use crate::{
    connection::{Frame, Liveness, Outcome, Signal},
    time::Timestamp,
    wire::{Control, Event, Message, RawJson, Reading, Text, decode, kind, ping},
};

use super::{Entry, Level, Operation, PhaseRef, Receiver};

/// What is known of the server on the present socket.
#[derive(Clone, Debug, Default)]
pub struct Native {
    greeted: bool,
}

impl Native {
    /// Starts over: a new socket speaks from the beginning.
    pub const fn reset(&mut self) {
        self.greeted = false;
    }

    /// Reads one text frame.
    pub fn read(&mut self, frame: &str, receiver: &mut impl Receiver) {
        decode(frame, |message| self.read_message(&message, receiver));
    }

    /// Words a frame of the connection's own.
    #[must_use]
    pub fn encode(frame: Frame) -> String {
        match frame {
            Frame::Ping { timestamp } => ping(timestamp),
        }
    }

    fn read_message(&mut self, message: &Message<'_>, receiver: &mut impl Receiver) {
        match &message.reading {
            Reading::Control(control) => self.read_control(control, receiver),
            Reading::Event(event) => {
                if !self.greeted {
                    let epoch = event.epoch.as_ref().map(ToString::to_string);
                    self.greet(epoch, Liveness::ReceiveOnly, receiver);
                }
                let ends = outcome(&event.kind);
                if receiver.signal(Signal::Event { seq: event.seq, ends }) {
                    operate(event, message.raw, receiver);
                }
            }
            Reading::Unreadable { reason, seq } => {
                if receiver.signal(Signal::Unreadable { seq: *seq }) {
                    receiver.operate(Operation::EntryAppended(Entry {
                        seq: *seq,
                        kind: "unreadable",
                        level: Level::Warning,
                        action: reason,
                        message: message.raw,
                        ..Entry::default()
                    }));
                }
            }
        }
    }

    fn read_control(&mut self, control: &Control<'_>, receiver: &mut impl Receiver) {
        let signal = match control {
            Control::Hello { epoch, .. } => {
                self.greet(Some(epoch.to_string()), Liveness::Ping, receiver);
                return;
            }
            Control::Gap { from, to, .. } => Signal::Gap { from: *from, to: *to },
            Control::Ready { .. } => Signal::Ready,
            Control::Heartbeat { newest } => Signal::Heartbeat { newest: *newest },
            Control::Pong { timestamp } => Signal::Pong { timestamp: *timestamp },
            Control::Ack { .. } | Control::Nack { .. } => Signal::Other,
        };
        receiver.signal(signal);
    }

    fn greet(&mut self, epoch: Option<String>, liveness: Liveness, receiver: &mut impl Receiver) {
        self.greeted = true;
        receiver.signal(Signal::Greeting { epoch, liveness });
    }
}

fn outcome(word: &str) -> Option<Outcome> {
    match word {
        kind::COMPLETE => Some(Outcome::Complete),
        kind::ERROR => Some(Outcome::Error),
        kind::CANCELLED => Some(Outcome::Cancelled),
        _ => None,
    }
}

fn operate(event: &Event<'_>, raw: &str, receiver: &mut impl Receiver) {
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
    match event {
        Event { id: Some(id), delta: Some(delta), .. } => {
            let entry = entry(event, raw, at, phase);
            receiver.operate(Operation::EntryExtended { id, delta, entry });
        }
        _ => receiver.operate(Operation::EntryAppended(entry(event, raw, at, phase))),
    }
    if let Some(outcome) = outcome(&event.kind) {
        let message = event.message.as_deref();
        receiver.operate(Operation::RunEnded { outcome, phase, message, at });
    }
}

fn entry<'a>(
    event: &'a Event<'_>,
    raw: &'a str,
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
    let (action, message) = match event {
        Event { kind, content: Some(content), .. } if kind.as_str() == kind::MESSAGE => {
            (text(&event.action), content.as_str())
        }
        // The result itself is shown with the end of the run.
        Event { kind, .. } if kind.as_str() == kind::RESULT => ("Result", text(&event.message)),
        // What says nothing in the fields that we know is shown as it came.
        Event { action: None, message: None, delta: None, .. } => ("", raw),
        _ => (text(&event.action), text(&event.message)),
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
        is_truncated: event.truncated.unwrap_or(false),
    }
}
