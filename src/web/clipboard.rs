//! Text that somebody has selected, or can paste elsewhere.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Node;

/// Puts `text` on the clipboard; whether this page may. Browsers let pages that are not encrypted,
/// and are not on this machine, do so no more than pages that nobody has clicked on.
pub fn copy_text(text: &str) -> bool {
    let copy = || {
        let navigator = web_sys::window()?.navigator();
        let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write: Function =
            Reflect::get(&clipboard, &"writeText".into()).ok()?.dyn_into().ok()?;
        let promise: js_sys::Promise =
            write.call1(&clipboard, &JsValue::from_str(text)).ok()?.dyn_into().ok()?;
        // What comes of it later is not waited for, and must not be thrown at the page: any function
        // takes the reason.
        let ignore: Function =
            Reflect::get(&js_sys::global(), &"Boolean".into()).ok()?.dyn_into().ok()?;
        let then: Function = Reflect::get(&promise, &"catch".into()).ok()?.dyn_into().ok()?;
        then.call1(&promise, &ignore).ok()
    };
    copy().is_some()
}

/// What is selected within this part of the page, if something is.
pub fn selected_text(within: &Node) -> Option<String> {
    let selection = web_sys::window()?.get_selection().ok()??;
    let anchor = selection.anchor_node()?;
    let text = within.contains(Some(&anchor)).then(|| selection.to_string())?;
    text.as_string().filter(|text| !text.is_empty())
}
