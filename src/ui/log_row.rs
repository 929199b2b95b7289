//! One row of the log.

use std::borrow::Cow;

use leptos::prelude::*;

use super::{
    format,
    glyph::Glyph,
    link::Link,
    log::{RowKey, row_at},
    words,
};
use crate::{
    activity::{Marker, Row, RowEntry, printable},
    dialect::Level,
    wire::kind,
};

#[component]
pub(super) fn LogRow(
    link: Link,
    key: RowKey,
    /// How many rows there are, those no longer in memory included.
    total: Signal<u64>,
) -> impl IntoView {
    untrack(|| {
        link.read(|session| {
            row_at(&session.activity().log, key.number).map(|row| match row {
                Row::Entry(entry) => entry_row(&entry, key.number, total).into_any(),
                Row::Marker(marker) => marker_row(marker, key.number, total).into_any(),
            })
        })
        .flatten()
    })
}

fn marker_row(marker: Marker, number: u64, total: Signal<u64>) -> impl IntoView {
    view! {
        <li
            class="activity-log__row"
            data-marker=marker.name()
            data-count=marker.count().map(|count| count.to_string())
            aria-posinset=(number + 1).to_string()
            aria-setsize=move || total.get().to_string()
        >
            <span class="activity-log__words">{words::marker(marker)}</span>
        </li>
    }
}

fn entry_row(entry: &RowEntry<'_>, number: u64, total: Signal<u64>) -> impl IntoView {
    let (kind, glyph) = looks(entry);
    let tags = [
        (entry.stream == "stderr").then_some("stderr"),
        match entry.level {
            Level::Error => Some("Error"),
            Level::Warning => Some("Warning"),
            Level::Debug | Level::Info => None,
        },
        entry.is_truncated.then_some("cut"),
    ];
    let time = entry.at.map(|at| format::time_of_day(format::utc_ms(at)));
    let icon = if entry.icon.is_empty() {
        view! { <Glyph name=glyph /> }.into_any()
    } else {
        let icon = printable(entry.icon).into_owned();
        view! { <span class="activity-log__icon" aria-hidden="true">{icon}</span> }.into_any()
    };
    view! {
        <li
            class="activity-log__row"
            data-seq=entry.seq.map(|seq| seq.to_string())
            data-kind=kind
            data-level=entry.level.name()
            aria-posinset=(number + 1).to_string()
            aria-setsize=move || total.get().to_string()
        >
            <span class="activity-log__meta">
                <time class="activity-log__time">{time}</time>
                {icon}
                <span class="activity-log__agent" dir="auto">
                    {printable(entry.agent).into_owned()}
                </span>
            </span>
            <span class="activity-log__message">
                {tags
                    .into_iter()
                    .flatten()
                    .map(|tag| view! { <span class="activity-log__tag">{tag}</span> })
                    .collect_view()} <bdi class="activity-log__text">{text_of(entry)}</bdi>
            </span>
        </li>
    }
}

/// What the row says, on one line.
fn text_of(entry: &RowEntry<'_>) -> String {
    let mut text = String::with_capacity(entry.action.len() + entry.message.len() + 2);
    text.push_str(entry.action);
    if !entry.action.is_empty() && !entry.message.is_empty() {
        text.push_str(": ");
    }
    text.push_str(entry.message);
    match printable(&text) {
        Cow::Borrowed(line) if !line.contains('\n') => text,
        visible => visible.replace('\n', " ↵ "),
    }
}

/// How the style sheet tells the entry from others, and its shape.
fn looks(entry: &RowEntry<'_>) -> (&'static str, &'static str) {
    let name = match entry.kind {
        kind::AGENT_START => "start",
        kind::AGENT_COMPLETE | kind::COMPLETE | kind::RESULT => "done",
        kind::AGENT_ERROR | kind::ERROR => "error",
        kind::AGENT_PROGRESS => "progress",
        kind::ITERATION_START | kind::REFINEMENT => "iteration",
        kind::CANCELLED => "cancelled",
        kind::MESSAGE => "message",
        kind::LOG => "log",
        _ => "unknown",
    };
    let glyph = match entry.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Debug | Level::Info => name,
    };
    (name, glyph)
}
