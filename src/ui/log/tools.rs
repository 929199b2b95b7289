//! What helps to find something in the log, and to take it away.

mod download;
mod filters;

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, KeyboardEvent};

use super::{LogView, cursor, finder::Finder, permalink::lead_to_linked, times::Mode};
use crate::{
    session::Session,
    ui::{
        dom::{Element, Slot},
        format::{counted, utc_ms},
        live::Live,
    },
    web::{SessionUrl, copy_text},
};
use download::download;
use filters::filters;

/// What the button that folds does, for whoever wonders.
const FOLD_WORDS: &str = "Lines that repeat the one before them";

/// The tools of the log that is shown in `feed`.
pub(in crate::ui) fn tools(live: &Live, view: &Rc<LogView>, feed: &Element) -> Element {
    let finder = Finder::new(view);
    let (find, search) = search(live, &finder);
    let pressed = move |key: &KeyboardEvent| {
        // Asked for once more while it is there, it is the browser's own search.
        if (key.ctrl_key() || key.meta_key()) && key.key() == "f" && !search.has_focus() {
            key.prevent_default();
            search.focus();
        }
    };
    live.on(feed, "keydown", Box::new(move |_, event| pressed(event.unchecked_ref())));
    let copy = copier(&finder);
    cursor::listen(live, &finder, copy.clone());
    if let Some(url) = SessionUrl::of_page(&live.followed().session) {
        lead_to_linked(live, &finder, &url);
        finder.asked.link.replace(Some(url));
    }
    let choices = Element::new("div", "activity-tools__filters")
        .with(&filters(live, &finder).each_ref())
        .with(&[&timestamps(live, &finder)]);
    let actions = Element::new("div", "activity-tools__actions").with(&[
        finder.note.element(),
        &wrap(live, &finder),
        &fold(live, &finder),
        &pause(live, &finder),
        &copy_button(live, copy),
        &download(live, &finder),
    ]);
    Element::new("div", "activity-tools").with(&[&find, &actions, &choices])
}

fn search(live: &Live, finder: &Finder) -> (Element, Element) {
    let field = Element::new("input", "activity-field activity-tools__search")
        .attribute("type", "search")
        .attribute("placeholder", "Search activity")
        .attribute("aria-label", "Search activity");
    let found = Element::new("span", "activity-tools__found");
    let input: HtmlInputElement = field.raw().clone().unchecked_into();

    let (typed, searched) = (input.clone(), finder.clone());
    live.on(&field, "input", Box::new(move |_, _| searched.search(&typed.value())));
    let (keyed, gone) = (input.clone(), finder.clone());
    let pressed = move |session: &Session, key: &KeyboardEvent| match key.key().as_str() {
        "Enter" => {
            key.prevent_default();
            gone.go(session, !key.shift_key());
        }
        "Escape" => {
            key.prevent_default();
            keyed.set_value("");
            gone.search("");
            gone.focus();
        }
        _ => {}
    };
    live.on(
        &field,
        "keydown",
        Box::new(move |driver, event| pressed(&driver.session(), event.unchecked_ref())),
    );
    let step = |label: &'static str, sign: &'static str, is_forward: bool| {
        let button = Element::new("button", "activity-button activity-tools__step")
            .attribute("type", "button")
            .attribute("aria-label", label)
            .says(sign);
        let gone = finder.clone();
        live.on(
            &button,
            "click",
            Box::new(move |driver, _| gone.go(&driver.session(), is_forward)),
        );
        button
    };
    let (before, after) = (step("Previous match", "↑", false), step("Next match", "↓", true));
    let mut found_words = Slot::text(&found);
    let mut steps = [Slot::attribute(&before, "hidden"), Slot::attribute(&after, "hidden")];
    let read = finder.clone();
    live.each(Box::new(move |_, _| {
        let standing = read.found_words();
        for step in &mut steps {
            step.set(standing.is_none().then_some(""));
        }
        found_words.set(Some(standing.as_deref().unwrap_or_default()));
    }));
    let find = Element::new("div", "activity-tools__find")
        .attribute("role", "search")
        .with(&[&field, &found, &before, &after]);
    (find, field)
}

fn option(value: &str, label: &str) -> Element {
    Element::new("option", "").attribute("value", value).says(label)
}

/// How the log says when something happened.
fn timestamps(live: &Live, finder: &Finder) -> Element {
    let element = Element::new("select", "activity-field activity-tools__filter")
        .attribute("aria-label", "Timestamps")
        .with(&[
            &option("absolute", "Time of day"),
            &option("relative", "Relative time"),
            &option("elapsed", "Elapsed time"),
        ]);
    let select: HtmlSelectElement = element.raw().clone().unchecked_into();
    // So that a frame follows, in which it is looked at.
    live.on(&element, "change", Box::new(|_, _| {}));
    let finder = finder.clone();
    live.each(Box::new(move |session, clock| {
        let mode = match select.value().as_str() {
            "relative" => Mode::Relative,
            "elapsed" => Mode::Elapsed,
            _ => Mode::Absolute,
        };
        let started_ms = session.activity().run.started.map(utc_ms);
        if finder.asked.times.set(mode, clock.shown_ms, started_ms) {
            finder.asked.note_change();
        }
    }));
    element
}

fn button(label: &str) -> Element {
    Element::new("button", "activity-button").attribute("type", "button").says(label)
}

fn wrap(live: &Live, finder: &Finder) -> Element {
    let wrap = button("Wrap").attribute("aria-pressed", "false");
    let (finder, pressed) = (finder.clone(), wrap.clone());
    let toggle = move || {
        let wraps = !finder.asked.wraps.get();
        finder.set_wrap(wraps);
        pressed.set("aria-pressed", Some(if wraps { "true" } else { "false" }));
    };
    live.on(&wrap, "click", Box::new(move |_, _| toggle()));
    wrap
}

/// Whether rows that say the same are folded.
fn fold(live: &Live, finder: &Finder) -> Element {
    let fold = button("Fold").attribute("aria-pressed", "true").attribute("title", FOLD_WORDS);
    let (pressed, folded) = (fold.clone(), finder.clone());
    let toggle = move |session: &Session| {
        let folds = !folded.asked.lines.borrow().folds_repeats();
        folded.fold_repeats(session, folds);
        pressed.set("aria-pressed", Some(if folds { "true" } else { "false" }));
    };
    live.on(&fold, "click", Box::new(move |driver, _| toggle(&driver.session())));
    let renewed = finder.clone();
    live.each(Box::new(move |session, _| renewed.renew(session)));
    fold
}

fn pause(live: &Live, finder: &Finder) -> Element {
    let pause =
        Element::new("button", "activity-button activity-tools__pause").attribute("type", "button");
    let paused = finder.clone();
    live.on(&pause, "click", Box::new(move |driver, _| paused.toggle_pause(&driver.session())));
    let mut words = Slot::text(&pause);
    let read = finder.clone();
    live.each(Box::new(move |_, _| {
        words.set(Some(if read.is_paused() { "Resume" } else { "Pause" }));
    }));
    pause
}

/// What copies what is selected, else what is shown, and says so.
fn copier(finder: &Finder) -> impl Fn(&Session) + Clone + use<> {
    let finder = finder.clone();
    move |session| {
        let (text, entries) = finder.text_to_copy(session);
        finder.note.say(&match copy_text(&text) {
            true => format!("{} copied", counted(entries, "entry", "entries")),
            false => "This page may not copy; download instead".to_owned(),
        });
    }
}

fn copy_button(live: &Live, copy: impl Fn(&Session) + 'static) -> Element {
    let element = button("Copy");
    live.on(&element, "click", Box::new(move |driver, _| copy(&driver.session())));
    element
}
