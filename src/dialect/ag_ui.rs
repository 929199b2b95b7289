//! The dialect of AG-UI 1.0, the protocol between agents and the pages of their users
//! (<https://docs.ag-ui.com>): one event per JSON object.
//!
//! AG-UI has neither numbers nor a way to resume. A server that adds a `seq` to its events is asked
//! for what comes after the last one; any other is believed to send what it has to send, once. What
//! it repeats in a snapshot of its messages is known by the messages' ids.
//!
//! A step is a phase, and so is a sub-agent. Whose they are is said in words: a sub-agent is called
//! by its path. A run that has no parent is the session's. Nothing sent is fetched: an image is a word.

mod fields;
mod names;
mod piece;

use std::borrow::Cow;

use super::{
    Entry, LateReader, Level, Operation, PhaseRef, Receiver, Verdict, native::show_unreadable,
};
use crate::{
    connection::{Followers, Intake, Liveness, Outcome, Policy, Resume, Signal},
    time::Timestamp,
    wire::{Object, RawJson, Text, count, elements, field},
};
use fields::{outcome, required, said, time, usage, waits_for};
use names::Names;
use piece::{Part, Piece, Stream, piece};

/// How a server that speaks AG-UI wants to be treated.
const POLICY: Policy = Policy {
    liveness: Liveness::Untold,
    resume: Resume::Nothing,
    intake: Intake::Nothing,
    greets: true,
    followers: Followers::Any,
};

/// The same, if it numbers its events.
const NUMBERING: Policy = Policy { resume: Resume::Sequence, ..POLICY };

/// Stands between an agent and its sub-agent in a path.
const BELOW: &str = " › ";

/// Whether a server whose first message this is speaks this dialect.
pub(super) fn is_first_message(message: &Object<'_>) -> bool {
    message.text("type").is_some_and(|kind| {
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

/// Greets with the first message on a socket. What is repeated is not told from what happens now.
pub(super) fn greet(first: &str, receiver: &mut dyn Receiver) {
    let policy = if field(first, "seq").is_some() { NUMBERING } else { POLICY };
    receiver.signal(Signal::Greeting { epoch: None, policy });
    receiver.signal(Signal::Ready);
}

/// Makes a reader.
#[must_use]
pub fn ag_ui() -> Box<dyn LateReader> {
    Box::new(AgUi::default())
}

/// What is known of the run.
#[derive(Clone, Debug, Default)]
struct AgUi {
    /// The run that is the session's.
    run: Option<String>,
    /// What each sub-agent is called, by its id.
    agents: Names,
    /// What each tool that was called is called, by the call's id.
    tools: Names,
    /// The phases that are open, by their owners' ids; those begun last are last.
    open: Names,
    /// The message that pieces without an id belong to.
    chunk: String,
    /// How many thoughts came without an id.
    thoughts: u64,
}

/// One event and what it is about.
#[derive(Clone, Copy)]
struct Event<'a> {
    kind: &'a str,
    fields: &'a Object<'a>,
    raw: &'a str,
    seq: Option<u64>,
    at: Option<Timestamp>,
    /// The sub-agent's id; empty for the agent itself.
    owner: &'a str,
}

impl LateReader for AgUi {
    fn copy(&self) -> Box<dyn LateReader> {
        Box::new(self.clone())
    }

    fn read(&mut self, raw: &str, receiver: &mut dyn Receiver) {
        let Some(fields) = Object::read(raw) else {
            return show_unreadable("not a JSON object", None, raw, receiver);
        };
        let seq = fields.text("seq").and_then(|seq| count(&seq));
        let kind = fields.text("type").unwrap_or_default();
        let missing = required(&kind).iter().find(|name| fields.text(name).is_none());
        if let Some(name) = missing {
            let reason = format!("`{name}` is missing, or no text");
            return show_unreadable(&reason, seq, raw, receiver);
        }
        let owner = fields.text("subagentRunId").unwrap_or_default();
        let at = fields.text("timestamp").and_then(|text| time(&text));
        let event = Event { kind: &kind, fields: &fields, raw, seq, at, owner: &owner };
        let signal = Signal::Event { seq, identity: None, ends: self.ends(event) };
        if receiver.signal(signal) == Verdict::Show {
            self.show(event, receiver);
        }
    }
}

impl AgUi {
    /// The end that an event brings to the session: not that of a run within it, nor one that only
    /// waits for somebody.
    fn ends(&self, event: Event<'_>) -> Option<Outcome> {
        let run = event.fields.text("runId");
        let is_other = self.run.is_some() && run.is_some() && self.run.as_deref() != run.as_deref();
        match (event.kind, is_other) {
            ("RUN_ERROR", false) => Some(Outcome::Error),
            ("RUN_FINISHED", false) => match waits_for(event.fields) {
                Some(_) => None,
                None if outcome(event.fields).as_deref() == Some("cancelled") => {
                    Some(Outcome::Cancelled)
                }
                None => Some(Outcome::Complete),
            },
            _ => None,
        }
    }

    /// Tells what the event does to the activity.
    fn show(&mut self, event: Event<'_>, receiver: &mut dyn Receiver) {
        let text = |name: &str| event.fields.text(name).unwrap_or_default();
        match event.kind {
            "RUN_STARTED" => {
                if event.fields.text("parentRunId").is_none() {
                    self.run = Some(text("runId").into_owned());
                }
                receiver.operate(Operation::RunStarted { at: event.at });
                // What waited for somebody waits no longer.
                let (phase, state) = (self.innermost(), Some("active"));
                receiver.operate(Operation::PhaseProgressed { phase, progress: None, state });
                self.append(event, Level::Info, "Run started", "", receiver);
            }
            "RUN_FINISHED" | "RUN_ERROR" => self.end_run(event, receiver),
            "STEP_STARTED" | "STEP_FINISHED" => self.step(event, &text("stepName"), receiver),
            "SUBAGENT_STARTED" | "SUBAGENT_FINISHED" | "SUBAGENT_ERROR" => {
                self.sub_agent(event, receiver);
            }
            "TOOL_CALL_RESULT" => {
                let said = said(event.fields.get("content"));
                let tool = self.tools.get(&text("toolCallId")).unwrap_or("A tool");
                let action = format!("{tool} answered");
                self.append(event, Level::Info, &action, &said, receiver);
            }
            "MESSAGES_SNAPSHOT" => self.restore(event, receiver),
            "STATE_DELTA" => {
                let delta = event.fields.get("delta").map_or("", RawJson::as_str);
                let changes = elements(delta).unwrap_or_default().into_iter();
                let paths =
                    changes.filter_map(|change| Object::read(change.as_str())?.text("path"));
                let paths: Vec<_> = paths.map(Text::into_owned).collect();
                self.append(event, Level::Debug, "State changed", &paths.join(" "), receiver);
            }
            // Not for people, and perhaps a secret.
            "REASONING_ENCRYPTED_VALUE" => {}
            kind => match piece(kind) {
                Some(piece) => self.stream(event, piece, receiver),
                None => self.append(event, Level::Debug, &text("name"), event.raw, receiver),
            },
        }
    }

    /// What an event of this owner belongs to.
    fn phase<'a>(&'a self, owner: &'a str) -> PhaseRef<'a> {
        let agent = (!owner.is_empty()).then(|| self.agents.get(owner).unwrap_or(owner));
        PhaseRef { id: self.open.get(owner), agent }
    }

    /// The phase begun last of those that are open.
    fn innermost(&self) -> PhaseRef<'_> {
        PhaseRef { id: self.open.last(), agent: None }
    }

    fn entry<'a>(&'a self, event: Event<'a>) -> Entry<'a> {
        let Event { kind, raw, seq, at, owner, .. } = event;
        Entry { seq, at, kind, phase: self.phase(owner), rest: raw, ..Entry::default() }
    }

    fn append(
        &self,
        event: Event<'_>,
        level: Level,
        action: &str,
        message: &str,
        receiver: &mut dyn Receiver,
    ) {
        let entry = Entry { level, action, message, ..self.entry(event) };
        receiver.operate(Operation::EntryAppended(entry));
    }

    fn end_run(&mut self, event: Event<'_>, receiver: &mut dyn Receiver) {
        let at = event.at;
        let usage = usage(event.fields);
        if let Some(message) = waits_for(event.fields) {
            self.append(event, Level::Warning, "Waiting for input", &message, receiver);
            let phase = self.innermost();
            return receiver.operate(Operation::RunSuspended { phase, message: &message });
        }
        let Some(outcome) = self.ends(event) else {
            return self.append(event, Level::Info, "A run within has ended", &usage, receiver);
        };
        let message = event.fields.text("message").unwrap_or_default();
        let message = match event.fields.text("code") {
            Some(code) => Cow::Owned(format!("{}: {}", &*code, &*message)),
            None => Cow::Borrowed(&*message),
        };
        let (level, action) = match outcome {
            Outcome::Complete => (Level::Info, "Finished"),
            Outcome::Error => (Level::Error, "Failed"),
            Outcome::Cancelled => (Level::Warning, "Cancelled"),
        };
        let told = if message.is_empty() { &usage } else { &*message };
        self.append(event, level, action, told, receiver);
        let phase = self.innermost();
        let message = (!message.is_empty()).then_some(&*message);
        receiver.operate(Operation::RunEnded { outcome, phase, message, at });
    }

    fn step(&mut self, event: Event<'_>, name: &str, receiver: &mut dyn Receiver) {
        let Event { kind, owner, at, .. } = event;
        let id = format!("{owner}/{name}");
        let is_start = kind == "STEP_STARTED";
        if is_start {
            let path = self.agents.get(owner).unwrap_or(owner);
            let label = if path.is_empty() { name.to_owned() } else { [path, name].join(BELOW) };
            self.start(owner, &id, &label, at, receiver);
        }
        let action = if is_start { "Step started" } else { "Step finished" };
        self.append(event, Level::Info, action, name, receiver);
        if !is_start {
            self.open.take(|(of, open)| of == owner && *open == id);
            end(&id, Outcome::Complete, at, receiver);
        }
    }

    fn sub_agent(&mut self, event: Event<'_>, receiver: &mut dyn Receiver) {
        let Event { kind, fields, owner, at, .. } = event;
        let text = |name: &str| fields.text(name).unwrap_or_default();
        if kind == "SUBAGENT_STARTED" {
            let parent = text("parentSubagentRunId");
            let above = self.agents.get(&parent).map(str::to_owned);
            let name = text("name").into_owned();
            let path = above.map_or_else(|| name.clone(), |above| [&*above, &*name].join(BELOW));
            self.agents.add(owner, path.clone());
            self.start(owner, owner, &path, at, receiver);
            return self.append(event, Level::Info, "Started", &text("description"), receiver);
        }
        let outcome = if kind == "SUBAGENT_ERROR" { Outcome::Error } else { Outcome::Complete };
        if outcome == Outcome::Complete && fields::outcome(fields).as_deref() == Some("suspended") {
            let (phase, state) = (PhaseRef { id: Some(owner), agent: None }, Some("waiting"));
            receiver.operate(Operation::PhaseProgressed { phase, progress: None, state });
            return self.append(event, Level::Warning, "Waiting for input", "", receiver);
        }
        let (level, action) = match outcome {
            Outcome::Error => (Level::Error, "Failed"),
            Outcome::Complete | Outcome::Cancelled => (Level::Info, "Finished"),
        };
        self.append(event, level, action, &text("message"), receiver);
        // The innermost step is the one that failed; those around it went no further.
        let mut how = outcome;
        while let Some(open) = self.open.take(|(of, _)| of == owner) {
            let is_itself = open == owner;
            end(&open, if is_itself { outcome } else { how }, at, receiver);
            if how == Outcome::Error {
                how = Outcome::Cancelled;
            }
        }
    }

    fn start(
        &mut self,
        owner: &str,
        id: &str,
        label: &str,
        at: Option<Timestamp>,
        receiver: &mut dyn Receiver,
    ) {
        let (label, phase) = (Some(label), PhaseRef { id: Some(id), agent: None });
        receiver.operate(Operation::PhaseDeclared { id, label, agent: None, state: None });
        receiver.operate(Operation::PhaseStarted { phase, iteration: None, at });
        self.open.add(owner, id.to_owned());
    }

    /// A piece of something that is told piece by piece.
    fn stream(&mut self, event: Event<'_>, piece: Piece, receiver: &mut dyn Receiver) {
        let Piece { what, part } = piece;
        let text = |name: &str| event.fields.text(name);
        let id = text(if what == Stream::Tool { "toolCallId" } else { "messageId" });
        match (id, part) {
            (Some(id), _) => id.as_str().clone_into(&mut self.chunk),
            // The older names of thoughts have no ids.
            (None, Part::Start) => {
                self.thoughts += 1;
                self.chunk = self.thoughts.to_string();
            }
            (None, Part::Content | Part::End) => {}
        }
        let id = what.row(&self.chunk);
        if part == Part::End {
            return receiver.operate(Operation::EntrySealed { id: &id });
        }
        let tool = text("toolCallName");
        if let Some(tool) = &tool {
            self.tools.add(&self.chunk, tool.to_string());
        }
        let role = text("role").unwrap_or_default();
        let action = match what {
            Stream::Text if *role == *"assistant" => String::new(),
            Stream::Text => role.into_owned(),
            Stream::Reasoning => "Thinking".to_owned(),
            Stream::Tool => calling(self.tools.get(&self.chunk)),
        };
        let entry = Entry { kind: what.kind(), action: &action, ..self.entry(event) };
        let delta = text("delta").unwrap_or_default();
        receiver.operate(Operation::EntryExtended { id: &id, delta: &delta, entry });
    }

    /// Messages as they stand: those that have no row get one.
    fn restore(&self, event: Event<'_>, receiver: &mut dyn Receiver) {
        let messages = event.fields.get("messages").map_or("[]", RawJson::as_str);
        for raw in elements(messages).unwrap_or_default() {
            let Some(message) = Object::read(raw.as_str()) else { continue };
            let text = |name: &str| message.text(name).unwrap_or_default();
            let (id, role) = (text("id"), text("role"));
            let what = if *role == *"reasoning" { Stream::Reasoning } else { Stream::Text };
            let action = if *role == *"assistant" { "" } else { &*role };
            let is_failed = message.get("error").is_some();
            let content = said(message.get("content"));
            let entry = Entry {
                kind: what.kind(),
                action,
                level: if is_failed { Level::Error } else { Level::Info },
                message: &content,
                rest: raw.as_str(),
                ..self.entry(event)
            };
            if !content.is_empty() {
                receiver.operate(Operation::EntryRestored { id: &what.row(&id), entry });
            }
            let calls = message.get("toolCalls").map_or("[]", RawJson::as_str);
            for raw in elements(calls).unwrap_or_default() {
                let call = Object::read(raw.as_str());
                let Some(call) = call else { continue };
                let function = call.object("function");
                let of_function =
                    |name: &str| function.as_ref().and_then(|it| it.text(name)).unwrap_or_default();
                let action = calling(Some(&of_function("name")));
                let arguments = of_function("arguments");
                let entry = Entry {
                    kind: Stream::Tool.kind(),
                    action: &action,
                    message: &arguments,
                    rest: raw.as_str(),
                    ..entry
                };
                let id = Stream::Tool.row(&call.text("id").unwrap_or_default());
                receiver.operate(Operation::EntryRestored { id: &id, entry });
            }
        }
    }
}

fn end(id: &str, outcome: Outcome, at: Option<Timestamp>, receiver: &mut dyn Receiver) {
    let phase = PhaseRef { id: Some(id), agent: None };
    receiver.operate(Operation::PhaseEnded { phase, outcome, at });
}

fn calling(tool: Option<&str>) -> String {
    format!("Calling {}", tool.unwrap_or("a tool"))
}
