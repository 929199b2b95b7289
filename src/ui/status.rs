//! The connection, in words.

use leptos::prelude::*;

use super::{format, glyph::Glyph, link::Link, words};
use crate::connection::State;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    name: &'static str,
    word: &'static str,
    cause: String,
    countdown: Option<Countdown>,
    as_of: Option<String>,
    can_reconnect: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Countdown {
    seconds: u64,
    attempt: u32,
}

#[component]
pub(super) fn Status(link: Link) -> impl IntoView {
    let model = Memo::new(move |_| {
        link.read_with_clock(|session, clock| {
            let state = session.state();
            let (word, cause) = words::connection(state);
            Model {
                name: state.name(),
                word,
                cause,
                countdown: match state {
                    State::Waiting { attempt, at, .. } => Some(Countdown {
                        // A wait of half a second reads "1 s": nothing starts at zero.
                        seconds: u64::try_from(at.since(clock.now).as_millis().div_ceil(1_000))
                            .unwrap_or(u64::MAX),
                        attempt: *attempt,
                    }),
                    _ => None,
                },
                as_of: clock.heard_ms.filter(|_| !state.is_current()).map(format::time_of_day),
                can_reconnect: matches!(
                    state,
                    State::Suspect | State::Waiting { .. } | State::Failed(_)
                ),
            }
        })
    });
    move || {
        let Model { name, word, cause, countdown, as_of, can_reconnect } = model.get()?;
        let glyph = match name {
            "idle" => "pending",
            "greeting" => "connecting",
            "suspect" => "warning",
            "waiting" => "offline",
            "failed" => "error",
            same => same,
        };
        Some(view! {
            <div class="activity-status" data-connection=name>
                <Glyph name=glyph />
                <strong class="activity-status__state">{word}</strong>
                <span class="activity-status__cause">{cause}</span>
                <span class="activity-status__timing">
                    <span class="activity-status__next">
                        {countdown
                            .map(|Countdown { seconds, attempt }| {
                                view! {
                                    "Next attempt in "
                                    <span class="activity-status__seconds">{seconds}</span>
                                    " s (attempt "
                                    {attempt}
                                    ")"
                                }
                            })}
                    </span>
                    <span class="activity-status__as-of">
                        {as_of.map(|time| view! { "as of " <time>{time}</time> })}
                    </span>
                </span>
                {can_reconnect
                    .then(|| {
                        view! {
                            <button
                                class="activity-button activity-status__reconnect"
                                type="button"
                                on:click=move |_| link.reconnect()
                            >
                                "Reconnect now"
                            </button>
                        }
                    })}
            </div>
        })
    }
}
