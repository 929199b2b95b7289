//! Words that are there for a while.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::callback::Timeout;

use super::dom::Element;

/// An element that is empty unless something has just been said in it. Clones are the same place.
#[derive(Clone)]
pub(super) struct Note {
    element: Element,
    /// How long what was said stays, in milliseconds.
    keep_ms: u32,
    clear: Rc<RefCell<Option<Timeout>>>,
}

impl Note {
    /// Nothing has been said yet.
    pub(super) fn new(element: Element, keep_ms: u32) -> Self {
        Self { element, keep_ms, clear: Rc::default() }
    }

    /// The element.
    pub(super) const fn element(&self) -> &Element {
        &self.element
    }

    /// Says this, instead of what is still there.
    pub(super) fn say(&self, words: &str) {
        self.element.say(words);
        let said = self.element.clone();
        *self.clear.borrow_mut() = Some(Timeout::new(self.keep_ms, move || said.say("")));
    }
}
