//! The page as a whole: the start screen, or the session that the address names.

use leptos::{ev, prelude::*};

use super::{Follow, launcher::Launcher};
use crate::web::{Page, go_to_session};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = RwSignal::new(Page::current());
    let back = window_event_listener(ev::popstate, move |_| page.set(Page::current()));
    on_cleanup(move || back.remove());
    let follow = Callback::new(move |session: String| {
        go_to_session(&session);
        page.set(Page::current());
    });
    move || {
        let page = page.get();
        match page.session.clone() {
            Some(session) => {
                let endpoint = page.resolve(&session);
                let is_own_server = page.endpoint.is_none();
                view! { <Follow endpoint session is_own_server /> }.into_any()
            }
            None => view! { <Launcher follow /> }.into_any(),
        }
    }
}
