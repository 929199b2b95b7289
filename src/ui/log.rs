//! The log: only the rows on screen are in the document, however many there are.

use leptos::{html, prelude::*};

use super::{
    format::{count, counted},
    link::Link,
    log_row::LogRow,
};
use crate::{
    activity::{Log, Row},
    web::{ResizeWatch, computed_px},
};

/// Rows kept beyond each edge of what is seen, so that a scroll shows rows and not their absence.
const OVERSCAN: u64 = 8;

/// The height of a row until the style sheet has told it, in pixels.
const ROW_PX: f64 = 28.0;

/// What is seen of the log, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Viewport {
    top: f64,
    height: f64,
    row: f64,
}

/// The rows that there are, by their absolute numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    /// The first that is in memory.
    start: u64,
    /// The one after the last.
    end: u64,
}

/// Names a row in the document. A row that changes is another row: a text that is streamed, and the
/// count of those that are no longer here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RowKey {
    /// The row's absolute number.
    pub(super) number: u64,
    version: u64,
}

#[component]
pub(super) fn LogView(link: Link) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let list = NodeRef::<html::Ol>::new();
    let viewport = RwSignal::new(Viewport { top: 0.0, height: 0.0, row: ROW_PX });
    let is_following = RwSignal::new(true);
    // Where the log ended when it was last followed.
    let seen = RwSignal::new(0);

    let extent = Memo::new(move |_| {
        link.read(|session| extent_of(&session.activity().log)).unwrap_or_default()
    });
    let entries = Memo::new(move |_| link.read(|session| session.activity().entries).unwrap_or(0));
    let visible =
        Memo::new(move |_| visible_rows(extent.get(), viewport.get(), is_following.get()));
    let keys = move || {
        let range = visible.get();
        link.read(|session| row_keys(&session.activity().log, range)).unwrap_or_default()
    };

    let measure = move || {
        if let Some(element) = scroller.get_untracked() {
            let row = computed_px(&element, "--activity-row").filter(|px| *px > 0.0);
            viewport.try_update(|viewport| {
                viewport.height = f64::from(element.client_height());
                viewport.row = row.unwrap_or(viewport.row);
            });
        }
    };
    let watch = StoredValue::new_local(None::<ResizeWatch>);
    Effect::new(move |_| {
        if let Some(element) = scroller.get() {
            watch.set_value(ResizeWatch::new(&element, measure));
        }
    });

    // Height, place and scroll position are set together: a scroll event that comes later then
    // always finds them in keeping, and a position above the end is somebody's wish.
    Effect::new(move |before: Option<Extent>| {
        let (extent, range, viewport) = (extent.get(), visible.get(), viewport.get());
        let (Some(scroller), Some(list)) = (scroller.get(), list.get()) else { return extent };
        let px = |rows: u64| format!("{}px", pixels(rows, viewport.row));
        let style = |element: &web_sys::HtmlElement, property: &str, value: &str| {
            // Fails only for a style that is computed, and this one is the element's own.
            let _ = element.style().set_property(property, value);
        };
        style(&scroller, "--agent-activity-log-height", &px(extent.end - extent.start));
        style(&list, "transform", &format!("translateY({})", px(range.start - extent.start)));
        if is_following.get() {
            scroller.set_scroll_top(scroller.scroll_height());
            seen.set(extent.end);
        } else if let Some(before) = before
            && before.start < extent.start
        {
            let dropped = pixels(extent.start - before.start, viewport.row);
            #[expect(clippy::cast_possible_truncation, reason = "a browser's own coordinates")]
            scroller.set_scroll_top(scroller.scroll_top() - dropped as i32);
        }
        extent
    });

    let scrolled = move |_| {
        if let Some(element) = scroller.get_untracked() {
            let top = f64::from(element.scroll_top());
            let below = f64::from(element.scroll_height() - element.client_height()) - top;
            // Fractions of a pixel are rounded away by the browser.
            is_following.set(below < 2.0);
            viewport.update(|viewport| viewport.top = top);
        }
    };
    let jump = move |_| {
        is_following.set(true);
        if let Some(element) = scroller.get_untracked() {
            // The button goes away: its focus goes to what it was about.
            let _ = element.focus();
        }
    };
    let unseen = move || extent.get().end.saturating_sub(seen.get());

    view! {
        <div class="activity-feed">
            <div class="activity-feed__head">
                <h2>"Activity"</h2>
                <span class="activity-feed__count">
                    {move || counted(entries.get(), "entry", "entries")}
                </span>
                <span class="activity-feed__following">
                    {move || {
                        if is_following.get() {
                            "Following the latest"
                        } else {
                            "Not following: scrolled up"
                        }
                    }}
                </span>
            </div>
            <div
                class="activity-log"
                role="log"
                aria-live="off"
                aria-label="Activity"
                tabindex="0"
                data-following=move || is_following.get().then_some("")
                node_ref=scroller
                on:scroll=scrolled
            >
                <div class="activity-log__space">
                    <ol class="activity-log__rows" role="list" node_ref=list>
                        <For each=keys key=|key| *key let:key>
                            <LogRow link key total=Signal::derive(move || extent.get().end) />
                        </For>
                    </ol>
                </div>
            </div>
            {move || {
                (extent.get() == Extent::default())
                    .then(|| {
                        view! {
                            <p class="activity-feed__empty">
                                "No activity yet. Rows appear here as the agents report."
                            </p>
                        }
                    })
            }}
            <button
                class="activity-button activity-button--primary activity-log__jump"
                type="button"
                hidden=move || is_following.get()
                on:click=jump
            >
                {move || match unseen() {
                    0 => "Jump to latest".to_owned(),
                    new => format!("Jump to latest ({} new)", count(new)),
                }}
            </button>
        </div>
    }
}

fn extent_of(log: &Log) -> Extent {
    let rows = u64::try_from(log.rows()).unwrap_or(u64::MAX);
    Extent { start: log.offset(), end: log.offset() + rows }
}

#[expect(clippy::cast_precision_loss, reason = "no screen shows 2^53 rows")]
fn pixels(rows: u64, row: f64) -> f64 {
    rows as f64 * row
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float casts to the nearest number that there is, which is then held to the rows"
)]
fn visible_rows(extent: Extent, viewport: Viewport, is_following: bool) -> Extent {
    let on_screen = (viewport.height / viewport.row).ceil() as u64;
    let rows = extent.end - extent.start;
    let first = if is_following {
        rows.saturating_sub(on_screen)
    } else {
        ((viewport.top / viewport.row) as u64).min(rows)
    };
    Extent {
        start: extent.start + first.saturating_sub(OVERSCAN),
        end: extent.start + (first + on_screen + OVERSCAN).min(rows),
    }
}

fn row_keys(log: &Log, range: Extent) -> Vec<RowKey> {
    (range.start..range.end)
        .filter_map(|number| {
            let version = match row_at(log, number)? {
                Row::Entry(entry) => u64::try_from(entry.message.len()).unwrap_or(u64::MAX),
                Row::Marker(marker) => marker.count().unwrap_or(0),
            };
            Some(RowKey { number, version })
        })
        .collect()
}

/// The row of this absolute number.
pub(super) fn row_at(log: &Log, number: u64) -> Option<Row<'_>> {
    log.row(usize::try_from(number.checked_sub(log.offset())?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { start: 100, end: 1_100 };

    fn check(top: f64, is_following: bool, expected: (u64, u64)) {
        let range = visible_rows(EXTENT, Viewport { top, height: 280.0, row: 28.0 }, is_following);
        assert_eq!((range.start, range.end), expected, "top {top}");
    }

    #[test]
    fn what_is_seen_and_a_little_more_is_rendered() {
        check(0.0, false, (100, 118));
        check(28.0 * 500.0, false, (592, 618));
        check(28.0 * 990.0, false, (1_082, 1_100));
        check(f64::MAX, false, (1_092, 1_100));
        check(0.0, true, (1_082, 1_100));
    }

    #[test]
    fn few_rows_are_all_rendered() {
        let few = Extent { start: 0, end: 3 };
        let viewport = Viewport { top: 0.0, height: 280.0, row: 28.0 };
        assert_eq!(visible_rows(few, viewport, true), few);
        assert_eq!(visible_rows(few, viewport, false), few);
    }
}
