//! Notifications of the system.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Notification, NotificationOptions, NotificationPermission, VisibilityState};

/// What the page may do with notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifying {
    /// There are none: the browser has none, or none for a page without encryption.
    Impossible,
    /// Somebody has to be asked first.
    Unasked,
    /// They are shown.
    Allowed,
    /// Somebody does not want them.
    Refused,
}

/// What the page may do with notifications at present.
#[must_use]
pub fn notifying() -> Notifying {
    let has_any = web_sys::window()
        .is_some_and(|window| Reflect::has(&window, &"Notification".into()).unwrap_or(false));
    if !has_any {
        return Notifying::Impossible;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Notifying::Allowed,
        NotificationPermission::Denied => Notifying::Refused,
        _ => Notifying::Unasked,
    }
}

/// Has the browser ask whoever is there; to be called when somebody has pressed something. `answered`
/// is called once, after [`notifying`] has changed, if it ever does.
pub fn ask_to_notify(answered: impl FnOnce() + 'static) {
    let answered: Function = Closure::once_into_js(move |_: JsValue| answered()).unchecked_into();
    // By the callback, which every browser takes: what promises take instead is more of the page.
    // Where it cannot ask, nothing changes.
    let _ = Notification::request_permission_with_permission_callback(&answered);
}

/// Whether nobody sees the page.
#[must_use]
pub fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
}

/// A notification, until the value is dropped.
#[derive(Debug)]
#[must_use = "dropping it takes the notification away again"]
pub struct Notice {
    notification: Notification,
    _clicked: Closure<dyn FnMut()>,
}

impl Notice {
    /// Shows these words; `None` when the browser does not. A click on it leads to the page.
    #[must_use]
    pub fn show(title: &str, text: &str) -> Option<Self> {
        let options = NotificationOptions::new();
        options.set_body(text);
        let notification = Notification::new_with_options(title, &options).ok()?;
        let clicked = Closure::<dyn FnMut()>::new(|| {
            if let Some(window) = web_sys::window() {
                // Fails where the browser does not let a page come to the front.
                let _ = window.focus();
            }
        });
        notification.set_onclick(Some(clicked.as_ref().unchecked_ref()));
        Some(Self { notification, _clicked: clicked })
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.notification.set_onclick(None);
        self.notification.close();
    }
}
