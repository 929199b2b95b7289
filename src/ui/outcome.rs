//! How the run ended, or why there is nothing to follow.

use super::{
    deferred::Places,
    dom::{Element, Slot, glyph},
    format,
    live::Live,
    words,
};
use crate::{
    activity::{RunState, printable},
    connection::{Outcome, State},
    session::Session,
    web::{HttpError, Json, get},
};

pub(super) fn outcome(live: &Live, places: &Places) -> Element {
    let shape = glyph("unknown");
    live.attribute(&shape, "data-glyph", |session| looks(session).map(|looks| looks.glyph));
    let title = Element::new("h2", "activity-outcome__title");
    live.text(&title, |session, _| looks(session).map_or("", |looks| looks.title).to_owned());
    let duration = Element::new("p", "activity-outcome__duration");
    live.text(&duration, |session, _| duration_words(session));
    let message = Element::new("p", "activity-outcome__message").attribute("dir", "auto");
    let mut said = Slot::text(&message);
    let id = live.followed().session.clone();
    live.each(Box::new(move |session, _| said.set(Some(&message_words(session, &id)))));
    let advice = Element::new("p", "activity-outcome__advice");
    live.text(&advice, |session, _| match session.state() {
        State::Failed(failure) => words::failure_advice(failure),
        _ => String::new(),
    });

    let panel = Element::new("div", "activity-outcome").with(&[
        &shape,
        &title,
        &duration,
        &message,
        &advice,
        &result_place(live, places),
    ]);
    live.attribute(&panel, "data-outcome", |session| looks(session).map(|looks| looks.name));
    live.shown_if(&panel, |session| looks(session).is_some());
    panel
}

/// Where the session's result will be.
fn result_place(live: &Live, places: &Places) -> Element {
    let text = Element::new("pre", "")
        .attribute("tabindex", "0")
        .attribute("role", "region")
        .attribute("aria-label", "Result");
    let details = Element::new("details", "activity-outcome__result")
        .attribute("open", "")
        .attribute("hidden", "")
        .with(&[&Element::new("summary", "").says("Result"), &text]);
    if live.followed().is_own_server {
        let panel = details.clone();
        places.then(Box::new(move |views, live| (views.result)(live, panel, text)));
    }
    details
}

/// Once the run is complete, fetches the session's result, for `text` to say it and `panel` to be
/// shown.
pub(super) fn result(live: &Live, panel: Element, text: Element) {
    let path = format!("/api/strategy/result/{}", live.followed().session);
    let mut was_complete = false;
    live.each(Box::new(move |session, _| {
        let state = session.activity().run.state;
        let is_complete = state == RunState::Ended(Outcome::Complete);
        if is_complete && !was_complete {
            let (text, panel) = (text.clone(), panel.clone());
            let answered = move |answer: Result<Json, HttpError>| {
                if let Ok(result) = answer {
                    text.say(&printable(&result.pretty()));
                    panel.show_if(true);
                }
            };
            get(&path, Box::new(answered));
        }
        was_complete = is_complete;
    }));
}

struct Looks {
    name: &'static str,
    glyph: &'static str,
    title: &'static str,
}

/// `None` while there is nothing to say.
fn looks(session: &Session) -> Option<Looks> {
    let (name, glyph, title) = match (session.state(), session.activity().run.state) {
        (State::Failed(failure), _) => ("error", "error", words::failure_title(failure)),
        (_, RunState::Ended(outcome)) => {
            let (name, glyph) = match outcome {
                Outcome::Complete => ("complete", "done"),
                Outcome::Error => ("error", "error"),
                Outcome::Cancelled => ("cancelled", "cancelled"),
            };
            (name, glyph, words::outcome(outcome))
        }
        (_, RunState::Waiting) => ("waiting", "waiting", words::WAITING),
        (_, RunState::None | RunState::Running) => return None,
    };
    Some(Looks { name, glyph, title })
}

fn message_words(session: &Session, id: &str) -> String {
    match session.state() {
        State::Failed(failure) => words::failure(failure, id),
        _ => {
            let message = session.activity().run.message.as_deref().unwrap_or_default();
            printable(message).into_owned()
        }
    }
}

fn duration_words(session: &Session) -> String {
    let is_over = matches!(session.activity().run.state, RunState::Ended(_));
    match format::run_ms(&session.activity().run).filter(|_| is_over) {
        Some(milliseconds) => format!("Duration {}", format::duration(milliseconds)),
        None => String::new(),
    }
}
