//! What happens to the page: whether it is seen, has a network, is left and comes back.

use std::collections::VecDeque;

use js_sys::Function;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    EventTarget, PageTransitionEvent, SecurityPolicyViolationEvent,
    SecurityPolicyViolationEventDisposition, VisibilityState,
};

use super::inbox::Event;
use crate::{connection::PageEvent, session::Input};

const OF_WINDOW: [&str; 4] = ["online", "offline", "pagehide", "pageshow"];

/// That a page is frozen is not listened to: it hears of nothing and does nothing until it is
/// resumed, and that is what tells.
const OF_DOCUMENT: [&str; 3] = ["visibilitychange", "resume", "securitypolicyviolation"];

/// Listens to the page until it is dropped.
///
/// Not to `beforeunload` or `unload`: people may still decide to stay, and a page with such a
/// listener is not kept for the way back.
pub(super) struct Lifecycle(Closure<dyn Fn(web_sys::Event)>);

impl Lifecycle {
    /// Calls `tell` with what happens from now on; never during this call.
    pub(super) fn watch(tell: impl Fn(Event) + 'static) -> Self {
        let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            if let Some(event) = read(&event) {
                tell(event);
            }
        });
        each(listener.as_ref().unchecked_ref(), |target, name, listener| {
            // Fails only for a listener that is none.
            let _ = target.add_event_listener_with_callback(name, listener);
        });
        Self(listener)
    }
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        each(self.0.as_ref().unchecked_ref(), |target, name, listener| {
            // Taking away what is not there is no error.
            let _ = target.remove_event_listener_with_callback(name, listener);
        });
    }
}

/// What has happened already: a page is taken to be seen and to have a network.
pub(super) fn so_far() -> VecDeque<Event> {
    let is_offline = web_sys::window().is_some_and(|window| !window.navigator().on_line());
    let hidden = Some(PageEvent::Hidden).filter(|_| is_hidden());
    let offline = Some(PageEvent::Offline).filter(|_| is_offline);
    hidden.into_iter().chain(offline).map(page).collect()
}

fn each(listener: &Function, act: fn(&EventTarget, &str, &Function)) {
    let Some(window) = web_sys::window() else { return };
    for name in OF_WINDOW {
        act(&window, name, listener);
    }
    let Some(document) = window.document() else { return };
    for name in OF_DOCUMENT {
        act(&document, name, listener);
    }
}

fn read(event: &web_sys::Event) -> Option<Event> {
    Some(page(match event.type_().as_str() {
        "visibilitychange" if is_hidden() => PageEvent::Hidden,
        "visibilitychange" => PageEvent::Shown,
        "online" => PageEvent::Online,
        "offline" => PageEvent::Offline,
        "pagehide" => PageEvent::Left,
        // Every page is shown once after it was loaded; one that persisted comes back.
        "pageshow" => {
            let event: &PageTransitionEvent = event.unchecked_ref();
            event.persisted().then_some(PageEvent::Returned)?
        }
        "resume" => PageEvent::Returned,
        _ => return blocked(event.unchecked_ref()),
    }))
}

/// What may be a socket's address; a policy that only reports does not keep it from opening.
fn blocked(event: &SecurityPolicyViolationEvent) -> Option<Event> {
    let is_enforced = event.disposition() == SecurityPolicyViolationEventDisposition::Enforce;
    (is_enforced && event.effective_directive() == "connect-src")
        .then(|| Event::Blocked(event.blocked_uri()))
}

fn page(event: PageEvent) -> Event {
    Event::Input(Input::Page(event))
}

fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
}
