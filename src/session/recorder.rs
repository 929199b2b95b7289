//! What happened to the connection: the latest transitions with their reasons, and counters.
//!
//! For whoever has to find out afterwards why a page showed what it showed. No address, no token
//! and no text of the session is in it.

use crate::{
    connection::{CloseCode, Connection, Delivery, Event, Failure, LossCause, State},
    time::{Instant, whole_ms},
};

/// How many transitions are kept: a day of a bad network, at ten an hour.
const TRANSITIONS_MAX: usize = 256;

/// How many different close codes are counted apart; more are counted together.
const CODES_MAX: usize = 32;

/// One change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// The state entered.
    pub state: &'static str,
    /// Why, where there is a reason.
    pub reason: Option<&'static str>,
    /// The close code, where the reason is one.
    pub code: Option<CloseCode>,
    /// Which attempt it is about, where it is about one.
    pub attempt: Option<u32>,
}

/// What was counted since the session is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sockets that were to be opened.
    pub attempts: u64,
    /// Sockets that did open.
    pub opened: u64,
    /// Sockets of other pages that were joined in place of one of our own.
    pub joined: u64,
    /// Closes by the server, by code.
    pub closes: Vec<(CloseCode, u64)>,
    /// Closes with codes beyond those counted apart.
    pub closes_other: u64,
    /// Text frames received.
    pub frames_in: u64,
    /// Their UTF-8 bytes.
    pub bytes_in: u64,
    /// Text frames handed to the browser.
    pub frames_out: u64,
    /// Their UTF-8 bytes.
    pub bytes_out: u64,
    /// Events that were received before and not shown again.
    pub duplicates: u64,
    /// Events that are lost for good.
    pub missing: u64,
    /// Histories that began anew.
    pub epochs: u64,
    /// HTTP requests.
    pub fetches: u64,
    /// HTTP requests that nobody answered.
    pub fetches_mute: u64,
    /// Deadlines that came late, and were given some grace.
    pub late_timers: u64,
    /// Messages that the server has stored.
    pub acked: u64,
    /// Messages that became too old to be sent.
    pub expired: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Times that it became uncertain whether a message arrived.
    pub uncertain: u64,
    /// The longest smoothed round trip of a ping, in milliseconds.
    pub rtt_max_ms: u64,
}

/// Takes note of what happens.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    transitions: Vec<Transition>,
    pub(super) counters: Counters,
}

impl Recorder {
    pub(super) fn transitions(&self) -> impl DoubleEndedIterator<Item = &Transition> {
        self.transitions.iter()
    }

    pub(super) fn count_close(&mut self, code: CloseCode) {
        let closes = &mut self.counters.closes;
        if let Some((_, count)) = closes.iter_mut().find(|(known, _)| *known == code) {
            *count += 1;
        } else if closes.len() < CODES_MAX {
            closes.push((code, 1));
        } else {
            self.counters.closes_other += 1;
        }
    }

    pub(super) fn note(&mut self, now: Instant, event: &Event) {
        let counters = &mut self.counters;
        match event {
            Event::StateChanged(state) => self.enter(now, state),
            Event::Duplicate => counters.duplicates += 1,
            Event::EpochChanged => counters.epochs += 1,
            Event::Missing { from, to } => {
                counters.missing = counters.missing.saturating_add(to - from).saturating_add(1);
            }
            Event::WasLate { .. } => counters.late_timers += 1,
            Event::Delivery { delivery, .. } => match delivery {
                Delivery::Acked => counters.acked += 1,
                Delivery::Expired { .. } => counters.expired += 1,
                Delivery::Refused(_) => counters.refused += 1,
                Delivery::Uncertain => counters.uncertain += 1,
                Delivery::Queued | Delivery::Sent => {}
            },
            Event::Admitted
            | Event::Held
            | Event::Released
            | Event::Ready { .. }
            | Event::EndedUnsaid(_)
            | Event::Answered { .. } => {}
        }
    }

    fn enter(&mut self, at: Instant, state: &State) {
        let (mut reason, mut code, mut attempt) = (None, None, None);
        match state {
            State::Connecting { attempt: which } | State::Greeting { attempt: which } => {
                attempt = Some(*which);
            }
            State::Waiting { attempt: which, cause, .. }
            | State::Offline { attempt: which, cause }
            | State::Paused { attempt: which, cause } => {
                attempt = Some(*which);
                reason = Some(cause.name());
                code = cause.code();
            }
            State::Failed(failure) => {
                reason = Some(failure.kind().name());
                code = match failure {
                    Failure::Refused(code) | Failure::Protocol(code) => Some(*code),
                    Failure::AttemptsExhausted(cause) => cause.code(),
                    Failure::Denied(_) | Failure::Endpoint(_) => None,
                };
            }
            State::Suspect => reason = Some(LossCause::Silent.name()),
            State::Idle | State::Connected | State::Ended(_) => {}
        }
        if self.transitions.len() >= TRANSITIONS_MAX {
            self.transitions.remove(0);
        }
        self.transitions.push(Transition { at, state: state.name(), reason, code, attempt });
    }

    /// The record as JSON text. `now` and `wall_ms`, the same moment in milliseconds since 1970,
    /// date what happened.
    pub(super) fn to_json(&self, connection: &Connection, now: Instant, wall_ms: i64) -> String {
        let wall = |at: Instant| wall_ms.saturating_sub_unsigned(whole_ms(now.since(at)));
        let mut json = Object::begin();
        json.number("written_at_ms", wall_ms);
        json.text("state", connection.state().name());
        let smoothed_ms = connection.rtt().map_or(0, |rtt| signed(whole_ms(rtt)));
        json.number("rtt_ms", smoothed_ms);
        let queue = connection.queue();
        json.number("queued_messages", signed(queue.messages as u64));
        json.number("queued_bytes", signed(queue.bytes as u64));
        json.number("queued_age_ms", queue.since.map_or(0, |at| signed(whole_ms(now.since(at)))));
        for (name, count) in self.counters.named() {
            json.number(name, signed(count));
        }
        json.list("closes", self.counters.closes.iter(), |close, (code, count)| {
            close.number("code", i64::from(code.0));
            close.number("count", signed(*count));
        });
        json.list("transitions", self.transitions.iter(), |entry, transition| {
            entry.number("at_ms", wall(transition.at));
            entry.text("state", transition.state);
            if let Some(reason) = transition.reason {
                entry.text("reason", reason);
            }
            if let Some(code) = transition.code {
                entry.number("code", i64::from(code.0));
            }
            if let Some(attempt) = transition.attempt {
                entry.number("attempt", i64::from(attempt));
            }
        });
        json.end()
    }
}

impl Counters {
    fn named(&self) -> [(&'static str, u64); 19] {
        [
            ("attempts", self.attempts),
            ("opened", self.opened),
            ("joined", self.joined),
            ("closes_other", self.closes_other),
            ("frames_in", self.frames_in),
            ("bytes_in", self.bytes_in),
            ("frames_out", self.frames_out),
            ("bytes_out", self.bytes_out),
            ("duplicates", self.duplicates),
            ("missing", self.missing),
            ("epochs", self.epochs),
            ("fetches", self.fetches),
            ("fetches_mute", self.fetches_mute),
            ("late_timers", self.late_timers),
            ("acked", self.acked),
            ("expired", self.expired),
            ("refused", self.refused),
            ("uncertain", self.uncertain),
            ("rtt_max_ms", self.rtt_max_ms),
        ]
    }
}

/// Writes a JSON object. All that goes in needs no escaping: names, words of ours and numbers.
struct Object(String);

impl Object {
    fn begin() -> Self {
        Self("{".to_owned())
    }

    fn name(&mut self, name: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    fn number(&mut self, name: &str, number: i64) {
        self.name(name);
        self.0.push_str(&number.to_string());
    }

    fn text(&mut self, name: &str, text: &'static str) {
        self.name(name);
        self.0.push('"');
        self.0.push_str(text);
        self.0.push('"');
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.name(name);
        self.0.push('[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            let mut object = Self::begin();
            write(&mut object, item);
            self.0.push_str(&object.end());
        }
        self.0.push(']');
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Config;
    use std::time::Duration;

    #[test]
    fn the_record_is_json_and_bounded() {
        let mut recorder = Recorder::default();
        let at = |s| Instant::from_origin(Duration::from_secs(s));
        for attempt in 1..=300 {
            recorder.note(at(1), &Event::StateChanged(State::Connecting { attempt }));
            let cause = LossCause::Closed(CloseCode(1012));
            let waiting = State::Waiting { attempt, at: at(3), cause };
            recorder.note(at(2), &Event::StateChanged(waiting));
            recorder.count_close(CloseCode(4000 + u16::try_from(attempt).expect("small")));
        }
        recorder.note(at(3), &Event::Missing { from: 3, to: 7 });
        let endpoint = Err(crate::connection::EndpointError::NoOrigin { page: String::new() });
        let connection = Connection::new(Config::default(), endpoint, 1);
        let json = recorder.to_json(&connection, at(10), 20_000);
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let transitions = read["transitions"].as_array().expect("a list");
        assert_eq!(transitions.len(), TRANSITIONS_MAX);
        let last = transitions.last().expect("the last");
        assert_eq!(last["at_ms"], 12_000);
        assert_eq!((&last["state"], &last["reason"]), (&"waiting".into(), &"closed".into()));
        assert_eq!((&last["code"], &last["attempt"]), (&1012.into(), &300.into()));
        assert_eq!(read["missing"], 5);
        assert_eq!(read["closes"].as_array().map(Vec::len), Some(CODES_MAX));
        assert_eq!(read["closes_other"], 300 - CODES_MAX as u64);
    }
}
