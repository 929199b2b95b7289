//! Drafts: events that have no place in a history yet, and what makes a line one.
//!
//! Here it is decided what of a line of an agent or publisher is believed. What a draft does to a
//! session, and the numbers that it gets, are the session's.

mod object;

use agent_activity::wire::{self, Event, RawJson, Reading, kind};
use jiff::Timestamp;
use serde_json::value::RawValue;

use self::object::Object;
use crate::{lines::Line, message::Message};

/// The fields that are the gateway's to set, whatever a line says.
const GATEWAY_FIELDS: [&str; 4] = ["seq", "session", "epoch", "timestamp"];

/// The fields that are filled in where a line leaves them open.
const CONTEXT_FIELDS: [&str; 4] = ["phase", "agent", "iteration", "max_iterations"];

/// An event without `seq`, `session`, `epoch` and, unless its author gave one, `timestamp`.
#[derive(Clone, Debug)]
pub struct Draft {
    kind: String,
    timestamp: Option<String>,
    /// The other fields, as one JSON object that is not empty.
    object: String,
    /// The line as it was written, where the event is a result.
    result: Option<String>,
}

/// Whose output a line of an agent is.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The phase that the agent works on.
    pub phase: &'a str,
    /// The agent.
    pub agent: &'a str,
    /// The pass through the phases and how many there are, when there are several.
    pub iteration: Option<(u32, u32)>,
}

impl<'a> Context<'a> {
    /// An event of type `kind` in this context.
    #[must_use]
    pub fn event(&self, kind: &'static str) -> Event<'a> {
        Event {
            kind: kind.into(),
            agent: Some(self.agent.into()),
            phase: Some(self.phase.into()),
            iteration: self.iteration.map(|(iteration, _)| iteration),
            max_iterations: self.iteration.map(|(_, max)| max),
            ..Event::default()
        }
    }
}

impl Draft {
    /// A draft of an event of the gateway itself, which sets none of the fields that a draft lacks.
    #[must_use]
    pub fn of_gateway(event: &Event<'_>) -> Self {
        let object = serde_json::to_string(event).expect("an event is plain data");
        Self { kind: event.kind.to_string(), timestamp: None, object, result: None }
    }

    /// A draft of a message of a person.
    #[must_use]
    pub fn of_message(message: &Message) -> Self {
        let object = message.json().to_owned();
        Self { kind: kind::MESSAGE.to_owned(), timestamp: None, object, result: None }
    }

    /// What a line of an agent's output is: the event that it spells, or a `log`.
    ///
    /// A type that the agent may not send becomes a `log` with the object in its payload, and so
    /// does an object whose fields no reader would understand. So does a message that `is_stored`,
    /// by its id: an agent that copies its input does not write it a second time.
    #[must_use]
    pub fn of_agent(
        line: &Line,
        stream: &'static str,
        context: &Context<'_>,
        is_stored: impl Fn(&str) -> bool,
    ) -> Self {
        let object = (!line.truncated).then(|| serde_json::from_str::<Object<'_>>(&line.text).ok());
        let Some(object) = object.flatten().filter(|object| object.kind().is_some()) else {
            let bytes = format!(r#"{{"bytes":{}}}"#, line.bytes);
            return Self::of_gateway(&Event {
                message: Some(line.text.as_str().into()),
                stream: Some(stream.into()),
                truncated: line.truncated.then_some(true),
                payload: line.truncated.then_some(bytes.as_str()).and_then(raw),
                ..context.event(kind::LOG)
            });
        };
        let forbidden = |word: &str| {
            kind::ends_session(word) || word == kind::PLAN || object.is_copy(word, &is_stored)
        };
        Self::read(&object, &line.text, Some(context), forbidden).unwrap_or_else(|_| {
            let log = Event { stream: Some(stream.into()), ..context.event(kind::LOG) };
            Self::quote(&object, &line.text, log)
        })
    }

    /// What a line of a publisher is. While a workflow runs, only the workflow ends the session. A
    /// message that `is_stored`, by its id, becomes a `log`.
    ///
    /// # Errors
    ///
    /// What is wrong with the line, in words.
    pub fn of_publisher(
        line: &Line,
        workflow_runs: bool,
        is_stored: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        if line.truncated {
            return Err(format!("the line has {} bytes, which is too long", line.bytes));
        }
        let object: Object<'_> = serde_json::from_str(&line.text)
            .map_err(|error| format!("not a JSON object: {error}"))?;
        let Some(word) = object.kind() else {
            return Err("the object has no `type`, which must be a word".to_owned());
        };
        let forbidden = |word: &str| {
            workflow_runs && kind::ends_session(word) || object.is_copy(word, &is_stored)
        };
        match Self::read(&object, &line.text, None, forbidden) {
            Ok(draft) => Ok(draft),
            Err(Unfit::Reserved) => {
                let log = Event { kind: kind::LOG.into(), ..Event::default() };
                Ok(Self::quote(&object, &line.text, log))
            }
            Err(Unfit::Unreadable(reason)) => Err(format!("not an event of type {word}: {reason}")),
        }
    }

    /// The type of the event.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The text of the result, where the event is one.
    #[must_use]
    pub fn result(&self) -> Option<&str> {
        self.result.as_deref()
    }

    /// The event at its place in a history, as JSON. `session` and `epoch` need no escaping.
    #[must_use]
    pub fn placed(&self, seq: u64, session: &str, epoch: &str) -> String {
        let now;
        let timestamp = match &self.timestamp {
            Some(timestamp) => timestamp,
            None => {
                now = format!("{:.3}", Timestamp::now());
                &now
            }
        };
        let fields = &self.object[1..];
        format!(
            r#"{{"seq":{seq},"timestamp":"{timestamp}","session":"{session}","epoch":"{epoch}",{fields}"#
        )
    }

    /// The event that `object` spells, with what it leaves open filled in from `context`.
    fn read(
        object: &Object<'_>,
        line: &str,
        context: Option<&Context<'_>>,
        forbidden: impl Fn(&str) -> bool,
    ) -> Result<Self, Unfit> {
        let timestamp = object.text("timestamp").filter(|text| is_rfc3339(text));
        let object = event_text(object, context);
        let mut outcome = Err(Unfit::Reserved);
        wire::decode(&object, |message| {
            outcome = match message.reading {
                Reading::Event(event) if !forbidden(&event.kind) => Ok(event.kind.into_owned()),
                Reading::Event(_) | Reading::Control(_) => Err(Unfit::Reserved),
                Reading::Unreadable { reason, .. } => Err(Unfit::Unreadable(reason)),
            };
        });
        let kind = outcome?;
        let result = (kind == kind::RESULT).then(|| line.to_owned());
        Ok(Self { kind, timestamp, object, result })
    }

    /// `log` with the object as its payload, as it was written.
    fn quote(object: &Object<'_>, line: &str, log: Event<'_>) -> Self {
        let message = object.text("message").or_else(|| object.kind()).unwrap_or_default();
        Self::of_gateway(&Event { message: Some(message.into()), payload: raw(line), ..log })
    }
}

/// Why an object does not become the event that it spells.
enum Unfit {
    /// Its type is the protocol's, or the gateway's to send.
    Reserved,
    /// A field has a value that no reader would understand; the words say which.
    Unreadable(String),
}

/// The fields of `object` that are its author's to set, and those of `context` that it leaves open.
fn event_text(object: &Object<'_>, context: Option<&Context<'_>>) -> String {
    let mut text = String::from("{");
    let mut add = |name: &str, value: &str| {
        let comma = if text.len() > 1 { "," } else { "" };
        text.extend([comma, &quoted(name), ":", value]);
    };
    for (name, value) in object.fields() {
        let open = CONTEXT_FIELDS.contains(&name) && !object.has(name);
        if !open && !GATEWAY_FIELDS.contains(&name) {
            add(name, value);
        }
    }
    if let Some(context) = context {
        if !object.has("phase") {
            add("phase", &quoted(context.phase));
        }
        if !object.has("agent") {
            add("agent", &quoted(context.agent));
        }
        if let Some((iteration, max)) = context.iteration
            && !object.has("iteration")
            && !object.has("max_iterations")
        {
            add("iteration", &iteration.to_string());
            add("max_iterations", &max.to_string());
        }
    }
    text.push('}');
    text
}

fn raw(json: &str) -> Option<RawJson<'_>> {
    serde_json::from_str::<&RawValue>(json).ok().map(RawJson::from)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether `text` is a time as RFC 3339 writes it: of the many forms that a parser takes, the one
/// that every reader knows.
fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    separators.iter().all(|&(at, byte)| bytes.get(at) == Some(&byte))
        && !text.ends_with(']')
        && text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CONTEXT: Context<'_> = Context { phase: "p", agent: "a", iteration: None };

    fn line(text: &str) -> Line {
        Line { text: text.to_owned(), bytes: text.len(), truncated: false }
    }

    fn value(draft: &Draft) -> Value {
        let mut value: Value =
            serde_json::from_str(&draft.placed(7, "s", "e")).expect("a draft is JSON");
        let fields = value.as_object_mut().expect("an object");
        assert_eq!(fields.remove("seq"), Some(json!(7)));
        assert_eq!(fields.remove("session"), Some(json!("s")));
        assert_eq!(fields.remove("epoch"), Some(json!("e")));
        assert!(is_rfc3339(fields.remove("timestamp").expect("a time").as_str().expect("text")));
        value
    }

    fn check_agent(text: &str, expected: &Value) {
        assert_eq!(
            value(&Draft::of_agent(&line(text), "stdout", &CONTEXT, |_| false)),
            *expected,
            "{text}"
        );
    }

    fn check_log(text: &str) {
        check_agent(
            text,
            &json!({"type":"log", "message":text, "stream":"stdout", "phase":"p", "agent":"a"}),
        );
    }

    #[test]
    fn what_is_not_an_object_with_a_type_is_a_log() {
        for text in ["", " plain\r", "17", "[1]", "{}", r#"{"a":1}"#, r#"{"type":""}"#, "{\"type"] {
            check_log(text);
        }
    }

    #[test]
    fn an_object_with_a_type_is_that_event_with_all_its_fields() {
        check_agent(
            r#"{"n":1.50,"type":"tool_call","phase":"own","payload":{"b":1,"a":[2]}}"#,
            &json!({"type":"tool_call", "n":1.5, "phase":"own", "agent":"a",
                    "payload":{"b":1, "a":[2]}}),
        );
    }

    #[test]
    fn the_pass_is_filled_in_when_there_are_several() {
        let context = Context { iteration: Some((2, 3)), ..CONTEXT };
        let draft = Draft::of_agent(&line(r#"{"type":"x"}"#), "stdout", &context, |_| false);
        let expected =
            json!({"type":"x", "phase":"p", "agent":"a", "iteration":2, "max_iterations":3});
        assert_eq!(value(&draft), expected);
    }

    #[test]
    fn a_field_that_is_null_is_left_open() {
        check_agent(
            r#"{"type":"x","agent":null,"phase":null,"iteration":null,"other":null}"#,
            &json!({"type":"x", "phase":"p", "agent":"a", "other":null}),
        );
    }

    #[test]
    fn numbers_and_names_are_the_gateways_whatever_a_line_says() {
        check_agent(
            r#"{"seq":99,"type":"x","session":"no","epoch":5,"timestamp":"yesterday"}"#,
            &json!({"type":"x", "phase":"p", "agent":"a"}),
        );
    }

    #[test]
    fn a_valid_timestamp_is_kept_as_it_was_written() {
        for (timestamp, kept) in [
            ("2026-01-02T03:04:05Z", true),
            ("2026-01-02T03:04:05.123456+02:00", true),
            ("2026-01-02T03:04:05", false),
            ("2026-13-02T03:04:05Z", false),
            ("20260102T030405Z", false),
            ("2026-01-02T03:04:05+00:00[UTC]", false),
            ("", false),
        ] {
            let text = json!({"type":"x", "timestamp":timestamp}).to_string();
            let placed =
                Draft::of_agent(&line(&text), "stdout", &CONTEXT, |_| false).placed(1, "s", "e");
            assert_eq!(placed.contains(&format!("\"{timestamp}\"")), kept, "{timestamp}");
        }
    }

    #[test]
    fn what_an_agent_may_not_send_is_quoted_in_a_log() {
        for word in ["hello", "gap", "ready", "heartbeat", "plan", "complete", "error", "cancelled"]
        {
            let object = json!({"type":word, "message":"m", "from":1});
            check_agent(
                &object.to_string(),
                &json!({"type":"log", "message":"m", "stream":"stdout", "payload":object,
                        "phase":"p", "agent":"a"}),
            );
        }
    }

    #[test]
    fn an_object_that_no_reader_would_understand_is_quoted_in_a_log() {
        let object = json!({"type":"agent_progress", "progress":"half"});
        check_agent(
            &object.to_string(),
            &json!({"type":"log", "message":"agent_progress", "stream":"stdout",
                    "payload":object, "phase":"p", "agent":"a"}),
        );
    }

    #[test]
    fn of_fields_of_one_name_the_last_counts() {
        let text = r#"{"type":"complete","type":"x"}"#;
        check_agent(text, &json!({"type":"x", "phase":"p", "agent":"a"}));
    }

    #[test]
    fn a_cut_line_says_so_and_how_long_it_was() {
        let cut = Line { text: r#"{"type":"x"}"#.to_owned(), bytes: 9000, truncated: true };
        assert_eq!(
            value(&Draft::of_agent(&cut, "stderr", &CONTEXT, |_| false)),
            json!({"type":"log", "message":cut.text, "stream":"stderr", "truncated":true,
                   "payload":{"bytes":9000}, "phase":"p", "agent":"a"})
        );
    }

    #[test]
    fn a_result_keeps_the_line_as_it_was_written() {
        let text = r#"{"type":"result","answer":42}"#;
        let draft = Draft::of_agent(&line(text), "stdout", &CONTEXT, |_| false);
        assert_eq!((draft.kind(), draft.result()), ("result", Some(text)));
    }

    #[test]
    fn a_publisher_may_plan_and_may_end_only_without_a_workflow() {
        let kind_of = |text: &str, workflow_runs| {
            Draft::of_publisher(&line(text), workflow_runs, |id| id == "stored")
                .expect("a good line")
                .kind
        };
        assert_eq!(kind_of(r#"{"type":"complete"}"#, false), "complete");
        assert_eq!(kind_of(r#"{"type":"complete"}"#, true), "log");
        assert_eq!(kind_of(r#"{"type":"plan"}"#, true), "plan");
        assert_eq!(kind_of(r#"{"type":"ready"}"#, false), "log");
        assert_eq!(kind_of(r#"{"type":"message","content":"hi"}"#, false), "message");
        assert_eq!(kind_of(r#"{"type":"message","id":"new","content":"hi"}"#, false), "message");
        assert_eq!(kind_of(r#"{"type":"message","id":"stored","content":"hi"}"#, false), "log");
    }

    #[test]
    fn a_bad_line_of_a_publisher_is_refused_with_a_reason() {
        let long = Line { truncated: true, bytes: 9000, ..line("{}") };
        for (line, reason) in [
            (line("plain"), "not a JSON object"),
            (line("[1]"), "not a JSON object"),
            (line(r#"{"a":1}"#), "no `type`"),
            (line(r#"{"type":"log","progress":"x"}"#), "not an event of type log"),
            (long, "9000 bytes"),
        ] {
            let refusal = Draft::of_publisher(&line, false, |_| false).expect_err("a bad line");
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
