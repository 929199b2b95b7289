//! Says the few things that somebody who does not look should hear.
//!
//! Rows, timers and counts are never announced. A lost connection is once it has been lost for a
//! while, and its return only if its loss was: a connection that flaps is not worth a word each
//! time. What was said is cleared again, so that whoever reads the page does not come across it.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::{format, link::Link, words};
use crate::{
    activity::RunState,
    connection::{Outcome, State},
};

/// How long a connection must be lost before that is said, in milliseconds.
const LOSS_GRACE_MS: u32 = 2_000;

/// How long what was said stays to be heard, in milliseconds.
const KEEP_MS: u32 = 7_000;

/// The longest text that is said, in characters; the page has the rest.
const TEXT_MAX: usize = 150;

/// What may be worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    run: RunState,
    link: LinkState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LinkState {
    /// The first connection is still to come.
    Starting,
    Current,
    Lost,
    Failed(&'static str),
}

#[component]
pub(super) fn Announcer(link: Link) -> impl IntoView {
    let polite = RwSignal::new(String::new());
    let assertive = RwSignal::new(String::new());
    let loss_said = RwSignal::new(false);
    let grace = StoredValue::new_local(None::<Timeout>);
    let clear = StoredValue::new_local(None::<Timeout>);

    let say = move |region: RwSignal<String>, text: String| {
        region.set(shortened(&text));
        clear.set_value(Some(Timeout::new(KEEP_MS, move || {
            polite.try_set(String::new());
            assertive.try_set(String::new());
        })));
    };

    let model = Memo::new(move |_| {
        link.read(|session| {
            let has_heard = session.heard_at().is_some();
            Model {
                run: session.activity().run.state,
                link: match session.state() {
                    State::Connected | State::Ended(_) => LinkState::Current,
                    State::Failed(failure) => LinkState::Failed(words::failure_title(failure)),
                    _ if has_heard => LinkState::Lost,
                    _ => LinkState::Starting,
                },
            }
        })
    });
    Effect::new(move |before: Option<Option<Model>>| {
        let now = model.get();
        let (Some(before), Some(now)) = (before.flatten(), &now) else { return now };
        if before.link != now.link {
            grace.set_value(None);
            match now.link {
                LinkState::Starting => {}
                LinkState::Lost => {
                    grace.set_value(Some(Timeout::new(LOSS_GRACE_MS, move || {
                        loss_said.try_set(true);
                        say(polite, "Connection lost. Trying to reconnect.".to_owned());
                    })));
                }
                LinkState::Current => {
                    if loss_said.get_untracked() {
                        loss_said.set(false);
                        say(polite, "Connection restored.".to_owned());
                    }
                }
                LinkState::Failed(title) => say(assertive, format!("{title}.")),
            }
        }
        if before.run != now.run {
            match now.run {
                RunState::None => {}
                RunState::Running => say(polite, "The run has started.".to_owned()),
                RunState::Ended(outcome) => {
                    let text = untrack(|| link.read(end_words)).unwrap_or_default();
                    say(if outcome == Outcome::Error { assertive } else { polite }, text);
                }
            }
        }
        Some(now.clone())
    });

    view! {
        <div class="activity-visually-hidden" role="status">{polite}</div>
        <div class="activity-visually-hidden" role="alert">{assertive}</div>
    }
}

fn end_words(session: &crate::session::Session) -> String {
    let run = &session.activity().run;
    let RunState::Ended(outcome) = run.state else { return String::new() };
    let mut text = words::outcome(outcome).to_owned();
    if let Some((from, to)) = run.started.zip(run.latest) {
        text.push_str(" after ");
        text.push_str(&format::duration(format::utc_ms(to) - format::utc_ms(from)));
    }
    if let Some(message) = run.message.as_deref().filter(|_| outcome == Outcome::Error) {
        text.push_str(": ");
        text.push_str(message);
    }
    text
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
