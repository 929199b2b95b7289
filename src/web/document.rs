//! The element that the component lives in.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// The element with this id, emptied of what stood in it while the page was loading.
#[must_use]
pub fn take_root(id: &str) -> Option<HtmlElement> {
    let root = web_sys::window()?.document()?.get_element_by_id(id)?;
    root.set_text_content(None);
    Some(root.unchecked_into())
}

/// Reports a panic, on the console and on the page.
///
/// A panic is a trap on this target: nothing is unwound, and callbacks that come later find a broken
/// instance. What stands on the page is no longer kept up to date, and it has to say so.
pub fn mark_crashed(message: &str) {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| show_crash(&document).ok());
    web_sys::console::error_1(&JsValue::from_str(message));
}

fn show_crash(document: &web_sys::Document) -> Result<(), JsValue> {
    let notice = document.create_element("p")?;
    notice.set_class_name("page-crashed");
    notice.set_attribute("role", "alert")?;
    notice.set_text_content(Some("This page has crashed. Load it again; the agents go on."));
    if let Some(body) = document.body() {
        body.prepend_with_node_1(&notice)?;
    }
    Ok(())
}
