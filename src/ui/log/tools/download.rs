//! The log as a file.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::super::finder::Finder;
use crate::{
    activity::export::Format,
    session::Session,
    ui::{dom::Element, live::Live},
    web::Download,
};

/// What can be downloaded: its label, whether it is all of the log, and its form.
const DOWNLOADS: [(&str, bool, Format); 4] = [
    ("NDJSON, all", true, Format::Ndjson),
    ("NDJSON, filtered", false, Format::Ndjson),
    ("Text, all", true, Format::Text),
    ("Text, filtered", false, Format::Text),
];

/// A button with a menu (ARIA Authoring Practices, menu button).
pub(super) fn download(live: &Live, finder: &Finder) -> Element {
    let button = Element::new("button", "activity-button")
        .attribute("type", "button")
        .attribute("aria-haspopup", "menu")
        .attribute("aria-expanded", "false")
        .says("Download");
    let menu = Element::new("div", "activity-tools__menu")
        .attribute("role", "menu")
        .attribute("aria-label", "Download")
        .attribute("hidden", "");
    let open = {
        let (button, menu) = (button.clone(), menu.clone());
        move |is_open: bool| {
            button.set("aria-expanded", Some(if is_open { "true" } else { "false" }));
            menu.show_if(is_open);
        }
    };
    // The last file, until there is another or the component goes.
    let saved: Rc<RefCell<Option<Download>>> = Rc::default();
    let items = DOWNLOADS.map(|(label, is_all, format)| {
        let item = Element::new("button", "activity-tools__item")
            .attribute("type", "button")
            .attribute("role", "menuitem")
            .attribute("tabindex", "-1")
            .says(label);
        let (finder, saved, open, button) =
            (finder.clone(), Rc::clone(&saved), open.clone(), button.clone());
        let session_id = live.followed().session.clone();
        let chosen = move |session: &Session| {
            let (ending, media_type) = match format {
                Format::Ndjson => ("ndjson", "application/x-ndjson"),
                Format::Text => ("txt", "text/plain"),
            };
            let text = finder.text(session, is_all, format).0;
            let name = format!("activity-{session_id}.{ending}");
            *saved.borrow_mut() = Download::begin(&name, media_type, &text);
            open(false);
            button.focus();
        };
        live.on(&item, "click", Box::new(move |driver, _| chosen(&driver.session())));
        menu.append(&item);
        item
    });

    let (first, opened, shown) = (items[0].clone(), open.clone(), menu.clone());
    live.on(
        &button,
        "click",
        Box::new(move |_, _| {
            let is_open = shown.raw().has_attribute("hidden");
            opened(is_open);
            if is_open {
                first.focus();
            }
        }),
    );
    let (closed, back) = (open.clone(), button.clone());
    let pressed = move |key: &KeyboardEvent| {
        let at = items.iter().position(Element::has_focus).unwrap_or(0);
        let last = items.len() - 1;
        let to = match key.key().as_str() {
            "ArrowDown" => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            "ArrowUp" => {
                if at == 0 {
                    last
                } else {
                    at - 1
                }
            }
            "Home" => 0,
            "End" => last,
            "Escape" => {
                key.prevent_default();
                closed(false);
                return back.focus();
            }
            _ => return,
        };
        key.prevent_default();
        items[to].focus();
    };
    live.on(&menu, "keydown", Box::new(move |_, event| pressed(event.unchecked_ref())));
    // The focus goes elsewhere: nobody is about to choose any more.
    let left = menu.clone();
    live.on(
        &menu,
        "focusout",
        Box::new(move |_, event| {
            let to: &web_sys::FocusEvent = event.unchecked_ref();
            let target = to.related_target().and_then(|target| target.dyn_into().ok());
            if !left.raw().contains(target.as_ref()) {
                open(false);
            }
        }),
    );
    Element::new("div", "activity-tools__download").with(&[&button, &menu])
}
