//! The connection, in words.

use std::{cell::Cell, rc::Rc};

use super::{
    dom::{Element, Slot, glyph},
    format,
    live::{Clock, Live},
    words,
};
use crate::{connection::State, session::Session};

/// With the button for the record of the connection at its end.
pub(super) fn status(live: &Live, record: &Element) -> Element {
    let shape = glyph("pending");
    live.attribute(&shape, "data-glyph", |session| Some(shape_of(session.state())));
    let state = Element::new("strong", "activity-status__state");
    let cause = Element::new("span", "");
    let advice = Element::new("span", "activity-status__advice");
    let why = Element::new("p", "activity-status__why").with(&[&cause, &advice]);
    let (mut state_words, mut cause_words, mut advice_words) =
        (Slot::text(&state), Slot::text(&cause), Slot::text(&advice));
    live.each(Box::new(move |session, _| {
        let standing = words::connection(session.state());
        state_words.set(Some(standing.state));
        // Two sentences where there is something to add.
        let stop = if standing.advice.is_empty() { "" } else { ". " };
        cause_words.set(Some(&(standing.cause + stop)));
        advice_words.set(Some(standing.advice));
    }));
    let next = Element::new("span", "activity-status__next");
    live.text(&next, next_attempt);
    let as_of = Element::new("span", "activity-status__as-of");
    live.text(&as_of, as_of_words);
    let timing = Element::new("span", "activity-status__timing").with(&[&next, &as_of]);

    let strip = Element::new("div", "activity-status").with(&[
        &shape,
        &state,
        &why,
        &timing,
        &reconnect_button(live),
        record,
    ]);
    live.attribute(&strip, "data-connection", |session| Some(session.state().name()));
    strip
}

fn reconnect_button(live: &Live) -> Element {
    let button = Element::new("button", "activity-button activity-status__reconnect")
        .attribute("type", "button")
        .says("Reconnect now");
    // A button that somebody stands on is not taken away from under them.
    let has_focus = Rc::new(Cell::new(false));
    for (event, is_focus) in [("focus", true), ("blur", false)] {
        let has_focus = Rc::clone(&has_focus);
        live.on(&button, event, Box::new(move |_, _| has_focus.set(is_focus)));
    }
    live.on(&button, "click", Box::new(|driver, _| driver.reconnect()));
    let mut hidden = Slot::attribute(&button, "hidden");
    let mut disabled = Slot::attribute(&button, "aria-disabled");
    live.each(Box::new(move |session, _| {
        let is_useful = matches!(
            session.state(),
            State::Suspect
                | State::Waiting { .. }
                | State::Offline { .. }
                | State::Paused { .. }
                | State::Failed(_)
        );
        hidden.set((!is_useful && !has_focus.get()).then_some(""));
        disabled.set((!is_useful).then_some("true"));
    }));
    button
}

const fn shape_of(state: &State) -> &'static str {
    match state {
        State::Idle => "pending",
        State::Connecting { .. } | State::Greeting { .. } => "connecting",
        State::Connected => "connected",
        State::Suspect => "warning",
        State::Waiting { .. } | State::Paused { .. } => "waiting",
        State::Offline { .. } => "offline",
        State::Ended(_) => "ended",
        State::Failed(_) => "error",
    }
}

fn next_attempt(session: &Session, clock: Clock) -> String {
    let State::Waiting { attempt, at, .. } = session.state() else { return String::new() };
    let attempt = u64::from(*attempt);
    let wait = at.since(clock.now);
    // A wait of half a second reads "1 s": nothing starts at zero.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    format!("Next attempt in {seconds} s (attempt {attempt})")
}

fn as_of_words(session: &Session, clock: Clock) -> String {
    match clock.heard_ms {
        Some(heard) if !session.state().is_current() => {
            format!("as of {}", format::time_of_day(heard))
        }
        _ => String::new(),
    }
}
