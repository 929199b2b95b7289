//! States and kinds as shapes, always beside a word.

use leptos::prelude::*;

/// A shape of `style/glyph.css` by its name; hidden from assistive technology.
#[component]
pub(super) fn Glyph(
    /// The shape's name.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! { <span class="activity-glyph" data-glyph=name aria-hidden="true"></span> }
}
