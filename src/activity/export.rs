//! Rows of a log as text that can be taken away.

use super::{Marker, Phase, Row, RowEntry, printable};
use crate::{
    dialect::Level,
    time::{Timestamp, rfc3339},
    wire::{json_string, kind},
};

/// A form of text that a log can be written in. Times are in UTC in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line: the events as they were received, and each marker as one of type
    /// `marker`.
    Ndjson,
    /// One line for people each: time, agent, level where it is not `info`, and what was said.
    Text,
}

/// Appends `row` to `to`, with the end of its last line. `utc_ms` says what a time is in UTC, in
/// milliseconds since 1970.
pub fn write_row(row: Row<'_>, format: Format, utc_ms: &dyn Fn(Timestamp) -> i64, to: &mut String) {
    match (format, row) {
        (Format::Ndjson, Row::Entry(entry)) => write_json(&entry, utc_ms, to),
        (Format::Ndjson, Row::Marker(marker)) => {
            to.push_str("{\"type\":\"marker\",\"marker\":\"");
            to.push_str(marker.name());
            to.push('"');
            if let Some(count) = marker.count() {
                to.push_str(",\"count\":");
                to.push_str(&count.to_string());
            }
            if let Marker::End(outcome) = marker {
                to.push_str(",\"outcome\":\"");
                to.push_str(outcome.name());
                to.push('"');
            }
            to.push('}');
        }
        (Format::Text, Row::Entry(entry)) => write_text(&entry, utc_ms, to),
        (Format::Text, Row::Marker(marker)) => {
            to.push_str("-- ");
            to.push_str(marker.name());
            if let Some(count) = marker.count() {
                to.push(' ');
                to.push_str(&count.to_string());
            }
        }
    }
    to.push('\n');
}

/// Appends the phases to `to`, in their order, as a marker: what was planned is no row of the log, and
/// whoever reads it back shows them as they were.
pub fn write_plan(phases: &[Phase], to: &mut String) {
    if phases.is_empty() {
        return;
    }
    to.push_str("{\"type\":\"marker\",\"marker\":\"plan\",\"phases\":[");
    for (index, phase) in phases.iter().enumerate() {
        to.push_str(if index == 0 { "{\"id\":" } else { ",{\"id\":" });
        to.push_str(&json_string(&phase.id));
        to.push_str(",\"label\":");
        to.push_str(&json_string(&phase.label));
        if let Some(agent) = &phase.agent {
            to.push_str(",\"agent\":");
            to.push_str(&json_string(agent));
        }
        to.push('}');
    }
    to.push_str("]}\n");
}

fn write_json(entry: &RowEntry<'_>, utc_ms: &dyn Fn(Timestamp) -> i64, to: &mut String) {
    if entry.rest.starts_with('{') {
        // As it came, but for line breaks between its values, which would make it several lines.
        to.extend(entry.rest.chars().filter(|character| !matches!(character, '\n' | '\r')));
        return;
    }
    to.push('{');
    let mut field = |name: &str, value: &str| {
        if !to.ends_with('{') {
            to.push(',');
        }
        for part in ["\"", name, "\":", value] {
            to.push_str(part);
        }
    };
    field("type", &json_string(entry.kind));
    if let Some(seq) = entry.seq {
        field("seq", &seq.to_string());
    }
    if let Some(at) = entry.at {
        field("timestamp", &json_string(&rfc3339(utc_ms(at))));
    }
    if entry.level != Level::default() {
        field("level", &json_string(entry.level.name()));
    }
    // What a person wrote stands in a field of its own, which is one of the rest.
    let message = if entry.kind == kind::MESSAGE { "" } else { entry.message };
    for (name, value) in [
        ("agent", entry.agent),
        ("phase", entry.phase),
        ("action", entry.action),
        ("message", message),
        ("icon", entry.icon),
        ("stream", entry.stream),
    ] {
        if !value.is_empty() {
            field(name, &json_string(value));
        }
    }
    if !entry.payload.is_empty() {
        field("payload", entry.payload);
    }
    if entry.is_truncated {
        field("truncated", "true");
    }
    if !entry.rest.is_empty() {
        to.push(',');
        to.push_str(entry.rest);
    }
    to.push('}');
}

fn write_text(entry: &RowEntry<'_>, utc_ms: &dyn Fn(Timestamp) -> i64, to: &mut String) {
    let mut part = |text: &str| {
        if !text.is_empty() {
            if !to.is_empty() && !to.ends_with('\n') {
                to.push(' ');
            }
            to.push_str(text);
        }
    };
    part(&entry.at.map(|at| rfc3339(utc_ms(at))).unwrap_or_default());
    part(&printable(entry.agent));
    if entry.level != Level::default() {
        part(&format!("[{}]", entry.level.name()));
    }
    part(&said(entry));
}

/// What an entry says, for people: what was done, and what there is to say about it.
#[must_use]
pub fn said(entry: &RowEntry<'_>) -> String {
    let mut said = printable(entry.action).into_owned();
    if !entry.action.is_empty() && !entry.message.is_empty() {
        said.push_str(": ");
    }
    said.push_str(&printable(entry.message));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activity::Activity,
        connection::{Outcome, RequestId, Signal},
        dialect::{Dialect, DialectKind, Operation, Receiver, Verdict},
    };

    /// Shows everything.
    #[derive(Default)]
    struct Reader(Activity);

    impl Receiver for Reader {
        fn signal(&mut self, _: Signal) -> Verdict {
            Verdict::Show
        }

        fn hold(&mut self, _: &str) {}

        fn operate(&mut self, operation: Operation<'_>) {
            self.0.apply(operation);
        }

        fn reply(&mut self, _: RequestId, _: Result<&str, &str>) {}
    }

    fn written(frames: &[&str], format: Format) -> String {
        let mut reader = Reader::default();
        let mut dialect = Dialect::new(DialectKind::Native);
        for frame in frames {
            dialect.read(frame, &mut reader);
        }
        let (log, mut text) = (&reader.0.log, String::new());
        for index in 0..log.rows() {
            let row = log.row(index).expect("a row");
            write_row(row, format, &|at| at.to_utc_ms(3_600_000), &mut text);
        }
        text
    }

    #[test]
    fn an_event_is_written_as_it_was_received() {
        for event in [
            r#"{"type":"log","seq":7,"timestamp":"2026-11-20T12:08:10.646Z","level":"warning","agent":"a","phase":"p","action":"do","message":"say \"it\"\nagain","icon":"🎯","stream":"stderr","payload":{"x": [1, 2]},"truncated":true}"#,
            r#"{"type":"iteration_start","timestamp":"2026-11-20T12:08:10.000Z","message":"m","iteration":2,"max_iterations":5}"#,
            r#"{"type":"agent_progress","agent":"a","message":"m","progress":0.25,"usage":{"tokens":7},"x-new":[null,{"a":"b"}]}"#,
            r#"{"type":"message","seq":3,"timestamp":"2026-11-20T12:08:10.000Z","id":"m1","content":"Stop","sent_at":1795176490646}"#,
            r#"{"type":"unheard-of","what":{"ever":1}}"#,
            r#"{"type":"result","words":17}"#,
        ] {
            let line = written(&[event], Format::Ndjson);
            let [received, line] = [event, line.as_str()]
                .map(|json| serde_json::from_str::<serde_json::Value>(json).expect("JSON"));
            assert_eq!(line, received);
        }
    }

    #[test]
    fn a_streamed_text_is_written_as_one_event() {
        let line = written(
            &[
                r#"{"type":"log","id":"t","delta":"Hel"}"#,
                r#"{"type":"log","id":"t","delta":"lo"}"#,
            ],
            Format::Ndjson,
        );
        assert_eq!(line, "{\"type\":\"log\",\"message\":\"Hello\",\"id\":\"t\"}\n");
    }

    #[test]
    fn a_time_without_a_zone_is_written_in_utc() {
        let event = r#"{"type":"log","message":"m","timestamp":"2026-11-20T12:08:10.646348"}"#;
        assert!(written(&[event], Format::Ndjson).contains("\"2026-11-20T11:08:10.646Z\""));
    }

    #[test]
    fn lines_are_for_people_and_one_each() {
        let text = written(
            &[
                r#"{"type":"log","timestamp":"2026-11-20T12:08:10Z","agent":"coder","level":"error","action":"Build","message":"no \u202e space"}"#,
                r#"{"type":"log","message":"alone"}"#,
                r#"{"type":"complete"}"#,
            ],
            Format::Text,
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            ["2026-11-20T12:08:10.000Z coder [error] Build: no U+202E space", "alone"]
        );
        assert_eq!(lines.last(), Some(&"-- end"));
    }

    #[test]
    fn markers_are_objects_of_their_own_type() {
        let mut text = String::new();
        for marker in [Marker::Gap { count: 3 }, Marker::Epoch, Marker::End(Outcome::Error)] {
            write_row(Row::Marker(marker), Format::Ndjson, &|_| 0, &mut text);
        }
        assert_eq!(
            text,
            "{\"type\":\"marker\",\"marker\":\"gap\",\"count\":3}\n\
             {\"type\":\"marker\",\"marker\":\"epoch\"}\n\
             {\"type\":\"marker\",\"marker\":\"end\",\"outcome\":\"error\"}\n"
        );
    }
}
