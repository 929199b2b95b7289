//! What keeps a view up to date.

use std::cell::RefCell;

use leptos::prelude::*;
use web_sys::Event;

use super::{
    dom::{Element, EventHandler, Slot},
    link::{Clock, Link},
};
use crate::session::Session;

/// The parts of a view that follow the session, and what its controls do.
pub(super) struct Live {
    pub(super) link: Link,
    parts: Vec<Part>,
    handlers: Vec<EventHandler>,
}

/// Brings one part of a view up to date.
type Part = Box<dyn FnMut(&Session, Clock)>;

impl Live {
    pub(super) const fn new(link: Link) -> Self {
        Self { link, parts: Vec::new(), handlers: Vec::new() }
    }

    /// The text of `element` follows the session.
    pub(super) fn text(&mut self, element: &Element, read: fn(&Session, Clock) -> String) {
        let mut slot = Slot::text(element);
        self.each(move |session, clock| slot.set(Some(&read(session, clock))));
    }

    /// An attribute of `element` follows the session; absent while there is no value.
    pub(super) fn attribute(
        &mut self,
        element: &Element,
        name: &'static str,
        read: fn(&Session) -> Option<String>,
    ) {
        let mut slot = Slot::attribute(element, name);
        self.each(move |session, _| slot.set(read(session).as_deref()));
    }

    /// Whether `element` is there follows the session.
    pub(super) fn shown_if(&mut self, element: &Element, is_shown: fn(&Session) -> bool) {
        let mut slot = Slot::attribute(element, "hidden");
        self.each(move |session, _| slot.set((!is_shown(session)).then_some("")));
    }

    /// `refresh` is called whenever the session has changed, once per frame at the most.
    pub(super) fn each(&mut self, refresh: impl FnMut(&Session, Clock) + 'static) {
        self.parts.push(Box::new(refresh));
    }

    /// `handle` is called with every event of this name on `element`.
    pub(super) fn on(
        &mut self,
        element: &Element,
        name: &'static str,
        handle: impl FnMut(Event) + 'static,
    ) {
        self.handlers.push(element.on(name, Box::new(handle)));
    }

    /// Keeps all of it going until the present reactive owner is let go.
    pub(super) fn run(self) {
        let Self { link, parts, handlers } = self;
        let parts = RefCell::new(parts);
        StoredValue::new_local(handlers);
        Effect::new(move |_: Option<()>| {
            link.track();
            link.read(|session, clock| {
                for refresh in parts.borrow_mut().iter_mut() {
                    refresh(session, clock);
                }
            });
        });
    }
}
