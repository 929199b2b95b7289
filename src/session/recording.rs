//! A session that was downloaded, read back from its file.

use std::{error::Error, fmt};

use super::Session;
use crate::{
    activity::{Marker, RunState},
    connection::Outcome,
    time::Instant,
    wire::{self, Object},
};

/// The most bytes of one line. The events of a session are far shorter, and what has no line breaks is
/// another kind of file.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Reads what [`write_row`](crate::activity::export::write_row) writes as NDJSON, piece by piece:
/// events as they were received, and markers. A line that is no event is shown as one that cannot be
/// read.
#[derive(Debug, Default)]
pub struct Recording {
    /// The beginning of a line that is not at its end yet.
    line: Vec<u8>,
    /// Whether its first line was one that a recording can have.
    is_recognised: bool,
}

/// Why a file cannot be read as a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingError {
    /// Its first line is no event.
    Foreign,
    /// A line is longer than 16 MiB.
    LongLine,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Foreign => {
                "This is no log that was downloaded as NDJSON: its first line is no event."
            }
            Self::LongLine => "This is no log that was downloaded as NDJSON: a line has no end.",
        })
    }
}

impl Error for RecordingError {}

impl Recording {
    /// Reads the next piece of the file into `session`, which is followed nowhere else. Pieces may
    /// begin and end anywhere.
    ///
    /// # Errors
    ///
    /// When the file is no recording. What was read of it stays.
    pub fn read(
        &mut self,
        session: &mut Session,
        now: Instant,
        piece: &[u8],
    ) -> Result<(), RecordingError> {
        let mut lines = piece.split(|byte| *byte == b'\n');
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            self.line.extend_from_slice(line);
            self.end_line(session, now)?;
        }
        self.line.extend_from_slice(last);
        if self.line.len() > LINE_BYTES_MAX {
            return Err(RecordingError::LongLine);
        }
        Ok(())
    }

    /// Reads the last line, which need not end with a line break.
    ///
    /// # Errors
    ///
    /// When the file is no recording, or has nothing in it.
    pub fn end(mut self, session: &mut Session, now: Instant) -> Result<(), RecordingError> {
        self.end_line(session, now)?;
        session.is_live = true;
        if self.is_recognised { Ok(()) } else { Err(RecordingError::Foreign) }
    }

    fn end_line(&mut self, session: &mut Session, now: Instant) -> Result<(), RecordingError> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let event = Object::read(line);
        let word = event.as_ref().and_then(|event| event.text("type"));
        self.is_recognised |= word.is_some();
        if !self.is_recognised {
            return Err(RecordingError::Foreign);
        }
        session.is_recorded = true;
        match event.filter(|_| word.as_deref() == Some("marker")) {
            Some(marker) => session.take_marker(now, &marker),
            None => session.read_recorded(now, line),
        }
        Ok(())
    }
}

impl Session {
    fn read_recorded(&mut self, now: Instant, event: &str) {
        self.with_dialect(now, None, |dialect, receiver| dialect.read(event, receiver));
    }

    fn take_marker(&mut self, now: Instant, marker: &Object<'_>) {
        let count = marker.text("count").and_then(|count| wire::count(&count)).unwrap_or(0);
        match marker.text("marker").as_deref() {
            Some("plan") => {
                if let Some(phases) = marker.get("phases") {
                    let plan = format!("{{\"type\":\"plan\",\"phases\":{}}}", phases.as_str());
                    self.read_recorded(now, &plan);
                }
            }
            Some("gap") => self.activity.log.mark(Marker::Gap { count }),
            Some("live") => self.activity.log.mark(Marker::Live { count }),
            Some("reconnected") => self.activity.log.mark(Marker::Reconnected { count }),
            Some("epoch") => {
                self.activity.begin_epoch();
                self.activity.log.mark(Marker::Epoch);
            }
            // Where an event has said so, the marker came with it.
            Some("end") if !matches!(self.activity.run.state, RunState::Ended(_)) => {
                let outcome = marker.text("outcome");
                if let Some(outcome) = outcome.and_then(|name| Outcome::named(&name)) {
                    self.end(outcome);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        activity::{
            LogBounds,
            export::{Format, write_plan, write_row},
        },
        connection::{Config, EndpointError},
        dialect::DialectKind,
    };

    const NATIVE: &str = r#"{"type":"marker","marker":"plan","phases":[{"id":"plan","label":"Plan it","agent":"planner"},{"id":"build","label":"Build","agent":"coder"},{"id":"publish","label":"publish"}]}
{"type":"marker","marker":"gap","count":7}
{"type":"agent_start","seq":8,"timestamp":"2026-11-20T12:00:00.000Z","agent":"planner","phase":"plan","message":"Plan"}
{"type":"log","seq":9,"timestamp":"2026-11-20T12:00:01.000Z","level":"warning","agent":"planner","phase":"plan","message":"é 🎯 \"quoted\"","stream":"stderr","payload":{"a":[1,2]}}
{"type":"marker","marker":"reconnected","count":1}
{"type":"agent_complete","seq":10,"timestamp":"2026-11-20T12:00:02.000Z","agent":"planner","phase":"plan","message":"Done"}
{"type":"marker","marker":"live","count":3}
{"type":"agent_start","seq":11,"timestamp":"2026-11-20T12:00:03.000Z","agent":"coder","phase":"build","message":"Build"}
{"type":"error","seq":12,"timestamp":"2026-11-20T12:00:04.000Z","level":"error","phase":"build","message":"no disk"}
{"type":"marker","marker":"end","outcome":"error"}
"#;

    fn session() -> Session {
        let nowhere = Err(EndpointError::NoHost { endpoint: String::new() });
        Session::new(Config::default(), DialectKind::Auto, nowhere, LogBounds::default(), 1)
    }

    /// What comes of a file that comes in pieces of so many bytes.
    fn read(file: &[u8], piece: usize) -> Result<Session, RecordingError> {
        let (mut session, mut recording, now) =
            (session(), Recording::default(), Instant::from_origin(Duration::ZERO));
        for piece in file.chunks(piece) {
            recording.read(&mut session, now, piece)?;
        }
        recording.end(&mut session, now).map(|()| session)
    }

    fn written(session: &Session) -> String {
        let activity = session.activity();
        let mut text = String::new();
        write_plan(activity.phases.list(), &mut text);
        for index in 0..activity.log.rows() {
            let row = activity.log.row(index).expect("a row");
            write_row(row, Format::Ndjson, &|at| at.to_utc_ms(0), &mut text);
        }
        text
    }

    #[test]
    fn a_recording_read_back_is_the_session_that_it_was_of_however_it_comes() {
        for piece in [1, 2, 3, 7, 64, 1 << 20] {
            let session = read(NATIVE.as_bytes(), piece).expect("it is one");
            assert_eq!(written(&session), NATIVE, "in pieces of {piece}");
            let activity = session.activity();
            assert_eq!((activity.entries, activity.run.state.name()), (5, "error"));
            assert_eq!(activity.run.message.as_deref(), Some("no disk"));
            let phases = activity.phases.list().iter();
            let phases: Vec<_> = phases.map(|it| (it.label.as_str(), it.state.name())).collect();
            let expected = [("Plan it", "done"), ("Build", "error"), ("publish", "not-reached")];
            assert_eq!(phases, expected);
            assert!(session.is_live());
            assert_eq!(session.state().name(), "idle");
        }
    }

    #[test]
    fn every_marker_comes_back_and_an_end_that_no_event_said_counts() {
        let file = "{\"type\":\"log\",\"message\":\"old\"}\n\
                    {\"type\":\"marker\",\"marker\":\"epoch\"}\n\
                    {\"type\":\"log\",\"message\":\"new\"}\n\
                    {\"type\":\"marker\",\"marker\":\"end\",\"outcome\":\"cancelled\"}\n";
        let session = read(file.as_bytes(), 100).expect("it is one");
        assert_eq!(written(&session), file);
        assert_eq!(session.activity().entries, 1, "a new history counts from its beginning");
        assert_eq!(session.activity().run.state.name(), "cancelled");
    }

    #[test]
    fn numbers_that_come_again_and_lines_that_are_damaged_are_shown_as_they_are() {
        let file = "\n{\"type\":\"log\",\"seq\":1}\r\n{\"type\":\"log\",\"seq\":1}\n{\"type\":\n{\"type\":\"marker\",\"marker\":\"other\"}";
        let session = read(file.as_bytes(), 10).expect("it is one");
        assert_eq!(session.activity().entries, 3);
        let not_utf8 = [b"{\"type\":\"log\"}\n".as_slice(), &[0xff, 0xfe]].concat();
        assert_eq!(read(&not_utf8, 3).expect("it is one").activity().entries, 2);
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        for file in ["", "\n\n", "hello", "{}", "[1]\n{\"type\":\"log\"}", "\u{89}PNG\r\n\u{1a}\n"]
        {
            let error = read(file.as_bytes(), 4).map(|_| ()).expect_err(file);
            assert_eq!(error, RecordingError::Foreign, "{file:?}");
            assert!(error.to_string().contains("first line is no event"), "{error}");
        }
        let endless = vec![b'x'; LINE_BYTES_MAX + 1];
        assert_eq!(read(&endless, 1 << 20).map(|_| ()), Err(RecordingError::LongLine));
    }

    #[test]
    fn what_ag_ui_says_is_read_by_its_own_rules() {
        let file = [
            r#"{"type":"RUN_STARTED","threadId":"t","runId":"r","timestamp":1795176490000}"#,
            r#"{"type":"STEP_STARTED","stepName":"plan","timestamp":1795176491000}"#,
            r#"{"type":"STEP_FINISHED","stepName":"plan","timestamp":1795176492000}"#,
            r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","timestamp":1795176493000}"#,
        ]
        .join("\n");
        let session = read(file.as_bytes(), 50).expect("it is one");
        let phases = session.activity().phases.list();
        assert_eq!((phases.len(), phases[0].state.name()), (1, "done"));
        assert_eq!(session.activity().run.state.name(), "complete");
        let again = written(&session);
        let session = read(again.as_bytes(), 50).expect("so is what is written of it");
        assert_eq!(written(&session), again);
    }
}
