//! A few words beside the tools on what one of them did.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::callback::Timeout;

use crate::ui::dom::Element;

/// How long it stays to be read, in milliseconds.
const NOTE_MS: u32 = 4_000;

/// The place for the words. Clones are the same place.
#[derive(Clone)]
pub(super) struct Note {
    element: Element,
    clear: Rc<RefCell<Option<Timeout>>>,
}

impl Note {
    /// Nothing to say yet.
    pub(super) fn new() -> Self {
        Self { element: Element::new("span", "activity-tools__note"), clear: Rc::default() }
    }

    pub(super) const fn element(&self) -> &Element {
        &self.element
    }

    /// Says so, for a while.
    pub(super) fn say(&self, words: &str) {
        self.element.say(words);
        let said = self.element.clone();
        *self.clear.borrow_mut() = Some(Timeout::new(NOTE_MS, move || said.say("")));
    }
}
