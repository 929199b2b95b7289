//! Views that the page can do without when it first shows something. Their places are there from the
//! beginning; their code may come later, as a part of the program of its own.
//!
//! Only a release page that was packed has such a part. It says so by an element in its head, and
//! loads it when that is clicked (`xtask/src/pack/entry.js`). Any other page has all of its program at
//! once.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    hint::black_box,
    rc::Rc,
};

use gloo_timers::callback::Timeout;

use super::{
    announcer::{Region, announce},
    composer::composer,
    dom::{Element, EventHandler},
    header::{cancel, heading},
    launcher::launcher,
    live::Live,
    log::{self, LogView},
    notify::notify,
    outcome::result,
    record::record,
    timeline::timeline,
    title::title,
};
use crate::{
    connection::State,
    dialect::{MakeReader, ag_ui},
};

/// The element that tells what becomes of the deferred part, until that is there.
const LOADER: &str = "meta[name=agent-activity-deferred]:not([data-loaded])";

/// How long a page that has heard nothing waits before it loads the deferred part, in milliseconds.
/// One that hears something shows that first: to make what is deferred takes longer.
const PATIENCE_MS: u32 = 1_000;

/// The views whose code may come later, and what reads a dialect that few servers speak.
pub(super) struct Views {
    pub(super) ag_ui: MakeReader,
    pub(super) announce: fn(&Live, [Region; 2]),
    /// Of the button and of what says why not.
    pub(super) cancel: fn(&Live, &Element, Element),
    pub(super) composer: fn(&Live) -> Element,
    pub(super) heading: fn(&Live, Element),
    /// Of the element that it is in; with what must be kept for as long as it is there.
    pub(super) launcher: fn(&Element) -> (Element, Box<dyn Any>),
    pub(super) log_tools: fn(&Live, &Rc<LogView>, &Element) -> Element,
    pub(super) notify: fn(&Live) -> Element,
    /// Of the component's root and the button for it.
    pub(super) record: fn(&Live, &Element, &Element),
    /// Of the panel and of the text in it.
    pub(super) result: fn(&Live, Element, Element),
    pub(super) timeline: fn(&Live) -> Element,
    pub(super) title: fn(&Live),
}

/// Where the deferred part begins: packing takes what only this leads to out of what is loaded
/// first, and knows it by its path (`xtask/src/pack/program.rs`). It must not be called by name.
#[inline(never)]
fn views() -> Views {
    Views {
        ag_ui,
        announce,
        cancel,
        composer,
        heading,
        launcher,
        log_tools: log::tools,
        notify,
        record,
        result,
        timeline,
        title,
    }
}

/// An attempt to load the deferred part.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The element that tells what becomes of it; none where there is nothing to load.
    loader: Option<Element>,
    is_made: Cell<bool>,
    has_failed: Rc<Cell<bool>>,
    _handlers: Vec<EventHandler>,
}

impl Attempt {
    /// Makes it, unless that was done.
    pub(super) fn make(&self) {
        if !self.is_made.replace(true) {
            self.repeat();
        }
    }

    /// Whether it has failed, and was not made again since.
    fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// Makes it again.
    fn repeat(&self) {
        self.has_failed.set(false);
        if let Some(loader) = &self.loader {
            loader.raw().click();
        }
    }
}

/// Calls `then` with the deferred views: now, or once the attempt was made and they are there, for as
/// long as it is kept. The element is shown while they could not be loaded, and offers to try again.
pub(super) fn load(then: Box<dyn FnOnce(&Views)>) -> (Element, Attempt) {
    let words = Element::new("span", "").attribute("role", "alert");
    let again =
        Element::new("button", "activity-button").attribute("type", "button").says("Try again");
    let notice =
        Element::new("div", "activity-deferred").attribute("hidden", "").with(&[&words, &again]);
    let (is_made, has_failed) = (Cell::new(false), Rc::new(Cell::new(false)));
    let Some(loader) = Element::find(LOADER) else {
        // Nobody who compiles or optimises this can tell what is called.
        then(&black_box(views as fn() -> Views)());
        return (notice, Attempt { loader: None, is_made, has_failed, _handlers: Vec::new() });
    };
    let mut then = Some(then);
    let (shown, ended) = (notice.clone(), Rc::clone(&has_failed));
    let loaded = loader.on(
        "load",
        Box::new(move |_| {
            ended.set(false);
            shown.show_if(false);
            if let Some(then) = then.take() {
                then(&black_box(views as fn() -> Views)());
            }
        }),
    );
    let (shown, ended) = (notice.clone(), Rc::clone(&has_failed));
    let failed = loader.on(
        "error",
        Box::new(move |_| {
            ended.set(true);
            shown.show_if(true);
            words.say("A part of this page could not be loaded.");
        }),
    );
    let asked = loader.clone();
    let clicked = again.on("click", Box::new(move |_| asked.raw().click()));
    let _handlers = vec![loaded, failed, clicked];
    (notice, Attempt { loader: Some(loader), is_made, has_failed, _handlers })
}

/// Makes what comes into a place.
type Make = Box<dyn FnOnce(&Views, &Live) -> Element>;

/// What is done once the deferred part is there.
type Then = Box<dyn FnOnce(&Views, &Live)>;

/// The places of views to come.
#[derive(Clone, Default)]
pub(super) struct Places(Rc<RefCell<Vec<Then>>>);

impl Places {
    /// A place for what `make` will make. The class keeps as much room free as that will need.
    pub(super) fn place(&self, class: &str, make: Make) -> Element {
        let place = Element::new("div", class);
        let kept = place.clone();
        self.then(Box::new(move |views, live| kept.give_way(&make(views, live))));
        place
    }

    /// Does something once the deferred part is there.
    pub(super) fn then(&self, then: Then) {
        self.0.borrow_mut().push(then);
    }

    /// Fills the places, now or once the deferred part is there, which is loaded once the session was
    /// heard of. The element that is returned is shown while it could not be loaded.
    pub(super) fn fill(self, live: &Live) -> Element {
        let (weak, touch) = (live.downgrade(), live.toucher());
        let (notice, attempt) = load(Box::new(move |views| {
            if let Some(live) = weak.upgrade() {
                live.learn(views.ag_ui);
                for then in self.0.take() {
                    then(views, &live);
                }
                touch();
            }
        }));
        let attempt = Rc::new(attempt);
        let late = Rc::clone(&attempt);
        live.keep(Box::new(Timeout::new(PATIENCE_MS, move || late.make())));
        // It is made again by itself once the server, which was out of reach since, is back.
        let mut was_cut_off = false;
        live.each(Box::new(move |session, _| {
            if !matches!(
                session.state(),
                State::Idle | State::Connecting { .. } | State::Greeting { .. }
            ) {
                attempt.make();
            }
            was_cut_off |= !session.state().is_current();
            if attempt.has_failed() && was_cut_off && session.state().is_current() {
                was_cut_off = false;
                attempt.repeat();
            }
        }));
        notice
    }
}
