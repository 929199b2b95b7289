//! How the run ended, or why there is nothing to follow.

use leptos::{prelude::*, task::spawn_local};

use super::{format, glyph::Glyph, link::Link, words};
use crate::{
    activity::{RunState, printable},
    connection::{Failure, Outcome, State},
    web::get_json,
};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Model {
    Ended { outcome: Outcome, message: Option<String>, duration: Option<String> },
    Failed(Failure),
}

#[component]
pub(super) fn OutcomeView(
    link: Link,
    session: StoredValue<String>,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    is_own_server: bool,
) -> impl IntoView {
    let result = RwSignal::new(None::<String>);
    let model = Memo::new(move |_| {
        link.read(|session| {
            if let State::Failed(failure) = session.state() {
                return Some(Model::Failed(failure.clone()));
            }
            let run = &session.activity().run;
            let RunState::Ended(outcome) = run.state else { return None };
            let from = run.started.map(format::utc_ms);
            let duration = from
                .zip(run.latest.map(format::utc_ms))
                .map(|(from, to)| format::duration(to - from));
            let message = run.message.as_deref().map(|text| printable(text).into_owned());
            Some(Model::Ended { outcome, message, duration })
        })
        .flatten()
    });
    let is_complete = Memo::new(move |_| {
        matches!(model.get(), Some(Model::Ended { outcome: Outcome::Complete, .. }))
    });
    Effect::new(move |_| {
        if is_complete.get() && is_own_server {
            spawn_local(async move {
                let path = format!("/api/strategy/result/{}", session.get_value());
                if let Ok(value) = get_json::<serde_json::Value>(&path).await {
                    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
                    result.try_set(Some(printable(&text).into_owned()));
                }
            });
        }
    });
    move || {
        model.get().map(|model| match model {
            Model::Ended { outcome, message, duration } => {
                let (name, glyph) = match outcome {
                    Outcome::Complete => ("complete", "done"),
                    Outcome::Error => ("error", "error"),
                    Outcome::Cancelled => ("cancelled", "cancelled"),
                };
                let result = result.get().filter(|_| outcome == Outcome::Complete);
                panel(
                    name,
                    glyph,
                    words::outcome(outcome),
                    duration.map(|words| format!("Duration {words}")),
                    message,
                    None,
                    result,
                )
            }
            Model::Failed(failure) => {
                let (sentence, advice) = words::failure(&failure, &session.get_value());
                let title = words::failure_title(&failure);
                panel("failed", "error", title, None, Some(sentence), Some(advice), None)
            }
        })
    }
}

fn panel(
    name: &'static str,
    glyph: &'static str,
    title: &'static str,
    duration: Option<String>,
    message: Option<String>,
    advice: Option<&'static str>,
    result: Option<String>,
) -> impl IntoView {
    view! {
        <div class="activity-outcome" data-outcome=name>
            <Glyph name=glyph />
            <h2 class="activity-outcome__title">{title}</h2>
            {duration.map(|words| view! { <p class="activity-outcome__duration">{words}</p> })}
            {message
                .map(|words| view! { <p class="activity-outcome__message" dir="auto">{words}</p> })}
            {advice.map(|words| view! { <p class="activity-outcome__advice">{words}</p> })}
            {result
                .map(|text| {
                    view! {
                        <details class="activity-outcome__result" open>
                            <summary>"Result"</summary>
                            <pre tabindex="0" role="region" aria-label="Result">
                                {text}
                            </pre>
                        </details>
                    }
                })}
        </div>
    }
}
