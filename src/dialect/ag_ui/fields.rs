//! What the fields of an event say.

use std::borrow::Cow;

use crate::{
    time::Timestamp,
    wire::{Object, RawJson, Text, count, elements},
};

/// The latest time, in seconds since 1970, that is not one in milliseconds: the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The texts without which an event of this kind says nothing.
pub(super) fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "" => &["type"],
        "STEP_STARTED" | "STEP_FINISHED" => &["stepName"],
        "SUBAGENT_STARTED" | "SUBAGENT_FINISHED" | "SUBAGENT_ERROR" => &["subagentRunId"],
        "TEXT_MESSAGE_START" | "TEXT_MESSAGE_END" => &["messageId"],
        "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT" => &["messageId", "delta"],
        "TOOL_CALL_START" => &["toolCallId", "toolCallName"],
        "TOOL_CALL_ARGS" => &["toolCallId", "delta"],
        "TOOL_CALL_END" | "TOOL_CALL_RESULT" => &["toolCallId"],
        "RUN_ERROR" => &["message"],
        _ => &[],
    }
}

/// The word for how something ended: a text, or the `type` of an object.
pub(super) fn outcome<'a>(fields: &Object<'a>) -> Option<Cow<'a, str>> {
    let outcome = fields.get("outcome")?;
    let word = outcome.text().or_else(|| Object::read(outcome.as_str())?.text("type"))?;
    Some(Cow::Owned(word.into_owned()))
}

/// What a run that was finished for now waits for; `None` when it is over.
pub(super) fn waits_for(fields: &Object<'_>) -> Option<String> {
    let inner = fields.object("outcome");
    let all = |name: &str| {
        let list = inner.as_ref().and_then(|it| it.get(name)).or_else(|| fields.get(name))?;
        elements(list.as_str())
    };
    match outcome(fields).as_deref() {
        Some("interrupt") => {
            let first = all("interrupts").and_then(|all| Object::read(all.first()?.as_str()));
            let told = first.and_then(|it| it.text("message").or_else(|| it.text("reason")));
            Some(told.map_or_else(String::new, Text::into_owned))
        }
        Some("cancelled") => None,
        _ => {
            let is_any = all("pendingToolCallIds").is_some_and(|calls| !calls.is_empty());
            is_any.then(|| "The results of tools are to be sent.".to_owned())
        }
    }
}

/// How many tokens were used, in words.
pub(super) fn usage(fields: &Object<'_>) -> String {
    let all = fields.get("usage").and_then(|usage| elements(usage.as_str())).unwrap_or_default();
    let sum = |name: &str| -> u64 {
        let of = |one: &RawJson<'_>| count(&Object::read(one.as_str())?.text(name)?);
        all.iter().filter_map(of).fold(0, u64::saturating_add)
    };
    match (sum("inputTokens"), sum("outputTokens")) {
        (0, 0) => String::new(),
        (from, to) => format!("{from} tokens in, {to} out"),
    }
}

/// What a content says: a text, or parts, of which those that are no text are named.
pub(super) fn said(content: Option<RawJson<'_>>) -> String {
    let Some(content) = content else { return String::new() };
    if let Some(text) = content.text() {
        return text.into_owned();
    }
    let mut said = String::new();
    for part in elements(content.as_str()).unwrap_or_default() {
        let Some(part) = Object::read(part.as_str()) else { continue };
        if !said.is_empty() {
            said.push(' ');
        }
        match part.text("text") {
            Some(text) => said.push_str(&text),
            None => said.extend(["[", &*part.text("type").unwrap_or_default(), "]"]),
        }
    }
    said
}

/// A time, in milliseconds or in what can only be seconds.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    match Timestamp::parse(text)? {
        Timestamp::Utc(seconds) if seconds < SECONDS_MAX => {
            Some(Timestamp::Utc(seconds.saturating_mul(1_000)))
        }
        time => Some(time),
    }
}
