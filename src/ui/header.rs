//! What is followed, how it stands, and since when.

use web_sys::Event;

use super::{
    deferred::{Places, Views},
    dom::{Element, Slot, glyph},
    format,
    live::{Clock, Live},
    words,
};
use crate::{
    activity::{RunState, printable},
    connection::State,
    session::Session,
    web::{Driver, HttpError, Json, confirm, get, post},
};

pub(super) fn header(live: &Live, places: &Places) -> Element {
    let followed = live.followed();
    let name = Element::new("span", "activity-header__name").says("Agent activity");
    let title =
        Element::new("h1", "activity-header__title").attribute("dir", "auto").says("Session");
    let heading = Element::new("div", "").with(&[&name, &title]);
    if followed.is_own_server {
        places.then(Box::new(move |views, live| (views.heading)(live, title)));
    }

    let shape = glyph("waiting");
    live.attribute(&shape, "data-glyph", |session| Some(run_words(session).1));
    let word = Element::new("span", "activity-badge__word");
    live.text(&word, |session, _| run_words(session).0.to_owned());
    let badge = Element::new("span", "activity-badge").with(&[&shape, &word]);
    live.attribute(&badge, "data-run", |session| Some(session.activity().run.state.name()));

    let session = Element::new("dd", "activity-header__session").says(&followed.session);
    let elapsed = Element::new("dd", "activity-header__elapsed");
    live.text(&elapsed, elapsed_words);
    let facts = Element::new("dl", "activity-header__facts")
        .with(&[&fact("Session", &session), &fact("Elapsed", &elapsed)]);

    Element::new("header", "activity-header").with(&[
        &heading,
        &badge,
        &facts,
        &actions(live, places),
    ])
}

fn fact(name: &str, value: &Element) -> Element {
    Element::new("div", "").with(&[&Element::new("dt", "").says(name), value])
}

fn actions(live: &Live, places: &Places) -> Element {
    let problem = Element::new("span", "activity-launcher__problem")
        .attribute("aria-live", "polite")
        .attribute("dir", "auto");
    let cancel = Element::new("button", "activity-button")
        .attribute("type", "button")
        .attribute("disabled", "")
        .says("Cancel run");
    let again =
        Element::new("a", "activity-button").attribute("href", "./").says("Start another run");
    let actions =
        Element::new("div", "activity-header__actions").with(&[&problem, &cancel, &again]);

    if live.followed().notifies {
        let make = |views: &Views, live: &Live| (views.notify)(live);
        actions.prepend(&places.place("activity-notify-place", Box::new(make)));
    }
    let is_own_server = live.followed().is_own_server;
    let mut cancel_hidden = Slot::attribute(&cancel, "hidden");
    let mut again_hidden = Slot::attribute(&again, "hidden");
    live.each(Box::new(move |session, _| {
        let can_cancel = is_own_server && session.activity().run.state.is_under_way();
        cancel_hidden.set((!can_cancel).then_some(""));
        again_hidden.set(can_cancel.then_some(""));
    }));
    places.then(Box::new(move |views, live| (views.cancel)(live, &cancel, problem)));
    actions
}

/// Has the button ask the gateway to cancel the run, if whoever pressed it means it, and `problem`
/// say what stands in the way.
pub(super) fn cancel(live: &Live, button: &Element, problem: Element) {
    let path = format!("/api/sessions/{}/cancel", live.followed().session);
    let asked = move |_: &Driver, _: &Event| {
        if confirm("Cancel this run? Its agents are stopped.") {
            let problem = problem.clone();
            let answered = move |answer: Result<Json, HttpError>| {
                problem.say(&answer.err().map_or_else(String::new, |error| error.to_string()));
            };
            post(&path, None, Box::new(answered));
        }
    };
    live.on(button, "click", Box::new(asked));
    button.set("disabled", None);
}

/// Asks the gateway what the session's workflow is called, for `title` to say so. A server without
/// this endpoint leaves the session without a title of its own, and that is all.
pub(super) fn heading(live: &Live, title: Element) {
    let answered = move |answer: Result<Json, HttpError>| {
        if let Ok(info) = answer
            && let Some(name) = info.text("label").or_else(|| info.text("workflow"))
        {
            title.say(&printable(&name));
        }
    };
    get(&format!("/api/sessions/{}", live.followed().session), Box::new(answered));
}

const fn run_words(session: &Session) -> (&'static str, &'static str) {
    match (session.state(), session.activity().run.state) {
        (State::Failed(_), RunState::None) => ("No run", "unknown"),
        (_, state) => words::run_state(state),
    }
}

fn elapsed_words(session: &Session, clock: Clock) -> String {
    let run = &session.activity().run;
    let until = match run.state {
        RunState::Ended(_) => run.latest.map(format::utc_ms),
        RunState::None | RunState::Running | RunState::Waiting => Some(clock.shown_ms),
    };
    let elapsed = run.started.map(format::utc_ms).zip(until).map(|(from, to)| to - from);
    format::stopwatch(elapsed.unwrap_or(0))
}
