//! The page as a whole: the start screen, or the session that the address names.

use leptos::prelude::*;

use super::{Follow, launcher::Launcher};
use crate::{activity::LogBounds, web::Page};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::current();
    match page.session.clone() {
        Some(session) => {
            let endpoint = page.resolve(&session);
            let is_own_server = page.endpoint.is_none();
            let (composer, title_status, notify) = (page.composer, page.title, page.notify);
            let bounds = page.entries.map(LogBounds::of_rows).unwrap_or_default();
            view! { <Follow endpoint session is_own_server composer title_status notify bounds /> }
                .into_any()
        }
        None => view! { <Launcher /> }.into_any(),
    }
}
