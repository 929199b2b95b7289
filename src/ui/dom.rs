//! Elements of the document, made and changed by hand.
//!
//! Leptos mounts the components and owns what they hold. The elements in them are made here and not
//! by `view!`, since that makes every element a type of its own: with it this page's wasm weighed
//! 138 kB compressed, and most of that was the code of those types. Nothing here is generic over what it shows,
//! so one more element costs a few bytes.
//!
//! Text is only ever set as text. There is no way here to set HTML.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, FocusOptions, HtmlElement, Node};

/// An element of the document. Clones are the same element.
#[derive(Clone, Debug)]
pub(super) struct Element(HtmlElement);

impl Element {
    /// A new element of this name and class.
    pub(super) fn new(name: &str, class: &str) -> Self {
        let element = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.create_element(name).ok())
            .expect("views are made in a document, and of elements that HTML has");
        if !class.is_empty() {
            element.set_class_name(class);
        }
        Self(element.unchecked_into())
    }

    /// The first element of the document that this selector matches.
    pub(super) fn find(selector: &str) -> Option<Self> {
        let found = web_sys::window()?.document()?.query_selector(selector).ok()??;
        Some(Self(found.unchecked_into()))
    }

    /// The first element within this one that has this class.
    pub(super) fn child(&self, class: &str) -> Option<Self> {
        let found = self.0.get_elements_by_class_name(class).item(0)?;
        Some(Self(found.unchecked_into()))
    }

    /// With this attribute.
    pub(super) fn attribute(self, name: &str, value: &str) -> Self {
        self.set(name, Some(value));
        self
    }

    /// With this text.
    pub(super) fn says(self, text: &str) -> Self {
        self.say(text);
        self
    }

    /// With these children, after those that it has.
    pub(super) fn with(self, children: &[&Self]) -> Self {
        for child in children {
            self.append(child);
        }
        self
    }

    pub(super) fn append(&self, child: &Self) {
        // Fails only for a child that contains its parent.
        let _ = self.0.append_child(&child.0);
    }

    pub(super) fn prepend(&self, child: &Self) {
        // Fails only for a child that contains its parent.
        let _ = self.0.insert_before(&child.0, self.0.first_child().as_ref());
    }

    pub(super) fn remove(&self) {
        self.0.remove();
    }

    /// Has `other` in its place.
    pub(super) fn give_way(&self, other: &Self) {
        // Fails only for an element that contains this one.
        let _ = self.0.replace_with_with_node_1(&other.0);
    }

    /// Replaces all that is in the element by this text.
    pub(super) fn say(&self, text: &str) {
        self.0.set_text_content(Some(text));
    }

    /// Sets an attribute, or takes it away.
    pub(super) fn set(&self, name: &str, value: Option<&str>) {
        // Both fail only for names that are none.
        let _ = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    /// Whether the element is there for people.
    pub(super) fn show_if(&self, is_shown: bool) {
        self.set("hidden", (!is_shown).then_some(""));
    }

    /// Sets a property of the element's style, as script may where the page's policy forbids the
    /// attribute.
    pub(super) fn style(&self, property: &str, value: &str) {
        // Fails only for a style that is computed, and this one is the element's own.
        let _ = self.0.style().set_property(property, value);
    }

    /// Calls `handle` with every event of this name, for as long as the handler is kept.
    pub(super) fn on(&self, name: &'static str, handle: Box<dyn FnMut(Event)>) -> EventHandler {
        let closure = Closure::wrap(handle);
        // Fails only for a closure that is none.
        let _ = self.0.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        EventHandler { element: self.clone(), name, closure }
    }

    /// Gives it the focus.
    pub(super) fn focus(&self) {
        // What cannot have the focus does not get it.
        let _ = self.0.focus();
    }

    /// Gives it the focus, and leaves everything scrolled as it is.
    pub(super) fn focus_in_place(&self) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // What cannot have the focus does not get it.
        let _ = self.0.focus_with_options(&options);
    }

    /// Whether something within it has the focus.
    pub(super) fn has_focus_within(&self) -> bool {
        let document = web_sys::window().and_then(|window| window.document());
        let focused = document.and_then(|document| document.active_element());
        focused.is_some_and(|focused| self.0.contains(Some(&focused)) && !self.has_focus())
    }

    /// Whether it has the focus.
    pub(super) fn has_focus(&self) -> bool {
        let document = web_sys::window().and_then(|window| window.document());
        let focused = document.and_then(|document| document.active_element());
        focused.is_some_and(|focused| focused == *self.0.unchecked_ref::<web_sys::Element>())
    }

    /// The element itself.
    pub(super) const fn raw(&self) -> &HtmlElement {
        &self.0
    }
}

/// A directive: the element that Leptos mounts holds this one.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a directive")]
pub(super) fn hold(host: web_sys::Element, content: Element) {
    // Fails only for a child that contains its parent.
    let _ = host.append_child(&content.0);
}

/// What an element does at an event. Dropping it takes that away again.
#[derive(Debug)]
#[must_use = "dropping it takes the handler away"]
pub(super) struct EventHandler {
    element: Element,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Drop for EventHandler {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        // Taking away what is not there is no error.
        let _ = self.element.0.remove_event_listener_with_callback(self.name, callback);
    }
}

/// A text or an attribute of an element that changes, and what it shows: the document is touched
/// only where something is another than before.
#[derive(Debug)]
pub(super) struct Slot {
    place: Place,
    shown: Option<String>,
}

#[derive(Debug)]
enum Place {
    /// A piece of text is given other words. To put another piece in its place, as the text of an
    /// element does, makes a browser lay the element out from nothing: at full speed that was a
    /// third of all that the page did.
    Text(Node),
    Attribute(Element, &'static str),
}

impl Slot {
    /// The text of `element`, which has nothing else in it.
    pub(super) fn text(element: &Element) -> Self {
        // An empty text would be none.
        element.say(" ");
        let text = element.0.first_child().expect("an element has the text that it was given");
        text.set_text_content(None);
        Self { place: Place::Text(text), shown: None }
    }

    /// This attribute of `element`.
    pub(super) fn attribute(element: &Element, name: &'static str) -> Self {
        Self { place: Place::Attribute(element.clone(), name), shown: None }
    }

    /// Shows `value`; an attribute without one is absent, a text without one is empty.
    pub(super) fn set(&mut self, value: Option<&str>) {
        if self.shown.as_deref() == value {
            return;
        }
        match &self.place {
            Place::Text(text) => text.set_text_content(value),
            Place::Attribute(element, name) => element.set(name, value),
        }
        self.shown = value.map(str::to_owned);
    }
}

/// A shape of `style/glyph.css` by its name; always beside a word, and hidden from assistive
/// technology.
pub(super) fn glyph(name: &str) -> Element {
    Element::new("span", "activity-glyph")
        .attribute("aria-hidden", "true")
        .attribute("data-glyph", name)
}
