//! The record of the connection: for people to keep, and for scripts to read.

use std::cell::RefCell;

use js_sys::Reflect;
use wasm_bindgen::closure::Closure;

use super::{dom::Element, live::Live};
use crate::web::Download;

/// The name of the file.
const FILE: &str = "connection-record.json";

/// The property of the component's root by which a script reads the record: a function that returns
/// it as JSON text.
const PROPERTY: &str = "connectionRecord";

/// The button for the record, which does nothing yet.
pub(super) fn record_button() -> Element {
    Element::new("button", "activity-button activity-status__record")
        .attribute("type", "button")
        .attribute("disabled", "")
        .says("Connection record")
}

/// Has the button save the record as a file, and makes the record readable from scripts by a
/// property of `root`, for as long as the session is followed.
pub(super) fn record(live: &Live, root: &Element, button: &Element) {
    let read = live.record_reader();
    // The last one, until there is another or the component goes.
    let saved = RefCell::new(None);
    let save = move || *saved.borrow_mut() = Download::begin(FILE, "application/json", &read());
    live.on(button, "click", Box::new(move |_, _| save()));
    button.set("disabled", None);

    let read: Box<dyn Fn() -> String> = Box::new(live.record_reader());
    let exposed = Exposed { root: root.clone(), read: Closure::wrap(read) };
    // Fails only for an object that may not be changed.
    let _ = Reflect::set(root.raw(), &PROPERTY.into(), exposed.read.as_ref());
    live.keep(Box::new(exposed));
}

struct Exposed {
    root: Element,
    read: Closure<dyn Fn() -> String>,
}

impl Drop for Exposed {
    fn drop(&mut self) {
        // Fails only for an object that may not be changed.
        let _ = Reflect::delete_property(self.root.raw(), &PROPERTY.into());
    }
}
