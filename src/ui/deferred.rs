//! Views that the page can do without when it first shows something. Their places are there from the
//! beginning; their code may come later, as a part of the program of its own.
//!
//! Only a release page that was packed has such a part. It says so by an element in its head, and
//! loads it by itself (`xtask/src/pack/entry.js`). Any other page has all of its program at once.

use std::{
    cell::{Cell, RefCell},
    hint::black_box,
    rc::Rc,
};

use super::{
    composer::composer,
    dom::Element,
    live::Live,
    log::{self, LogView},
};

/// The element that tells what becomes of the deferred part, until that is there.
const LOADER: &str = "meta[name=agent-activity-deferred]:not([data-loaded])";

/// The views whose code may come later.
pub(super) struct Views {
    pub(super) composer: fn(&Live) -> Element,
    pub(super) log_tools: fn(&Live, &Rc<LogView>, &Element) -> Element,
}

/// Where the deferred part begins: packing takes what only this leads to out of what is loaded
/// first, and knows it by its path (`xtask/src/pack/program.rs`). It must not be called by name.
#[inline(never)]
fn views() -> Views {
    Views { composer, log_tools: log::tools }
}

/// An attempt to load the deferred part. It is made again by itself once the server, which was out of
/// reach since it began, is back.
#[derive(Default)]
struct Attempt {
    has_failed: Cell<bool>,
    was_cut_off: Cell<bool>,
}

/// Makes what comes into a place.
type Make = Box<dyn FnOnce(&Views, &Live) -> Element>;

/// The places of views to come.
#[derive(Clone, Default)]
pub(super) struct Places(Rc<RefCell<Vec<(Element, Make)>>>);

impl Places {
    /// A place for what `make` will make. The class keeps as much room free as that will need.
    pub(super) fn place(&self, class: &str, make: Make) -> Element {
        let place = Element::new("div", class);
        self.0.borrow_mut().push((place.clone(), make));
        place
    }

    /// Fills the places, now or once the deferred part is there. The element that is returned is
    /// shown while it could not be loaded, and offers to try again.
    pub(super) fn fill(self, live: &Live) -> Element {
        let words = Element::new("span", "").attribute("role", "alert");
        let again =
            Element::new("button", "activity-button").attribute("type", "button").says("Try again");
        let notice = Element::new("div", "activity-deferred")
            .attribute("hidden", "")
            .with(&[&words, &again]);
        let Some(loader) = Element::find(LOADER) else {
            self.make(live);
            return notice;
        };
        let attempt = Rc::new(Attempt::default());
        let (weak, shown, ended) = (live.downgrade(), notice.clone(), Rc::clone(&attempt));
        let load = move || {
            ended.has_failed.set(false);
            shown.show_if(false);
            if let Some(live) = weak.upgrade() {
                self.make(&live);
            }
        };
        live.on(&loader, "load", Box::new(move |_, _| load()));
        let (shown, ended) = (notice.clone(), Rc::clone(&attempt));
        let fail = move || {
            ended.has_failed.set(true);
            shown.show_if(true);
            words.say("A part of this page could not be loaded.");
        };
        live.on(&loader, "error", Box::new(move |_, _| fail()));
        let asked = loader.clone();
        live.on(&again, "click", Box::new(move |_, _| asked.raw().click()));
        live.each(Box::new(move |session, _| {
            if !session.state().is_current() {
                attempt.was_cut_off.set(true);
            } else if attempt.has_failed.get() && attempt.was_cut_off.replace(false) {
                attempt.has_failed.set(false);
                loader.raw().click();
            }
        }));
        notice
    }

    fn make(&self, live: &Live) {
        // Nobody who compiles or optimises this can tell what is called.
        let views = black_box(views as fn() -> Views)();
        for (place, make) in self.0.take() {
            place.give_way(&make(&views, live));
        }
    }
}
