//! What is followed, how it stands, and since when.

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::{format, glyph::Glyph, link::Link, words};
use crate::{
    activity::RunState,
    web::{HttpError, confirm, get_json, post_json},
};

/// What the gateway says about a session.
#[derive(Deserialize)]
struct SessionInfo {
    workflow: Option<String>,
    label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    run: RunState,
    elapsed: Option<String>,
}

#[component]
pub(super) fn Header(
    link: Link,
    session: StoredValue<String>,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    is_own_server: bool,
) -> impl IntoView {
    let title = RwSignal::new(String::from("Session"));
    let problem = RwSignal::new(None::<String>);
    if is_own_server {
        spawn_local(async move {
            let path = format!("/api/sessions/{}", session.get_value());
            if let Ok(SessionInfo { workflow, label }) = get_json(&path).await
                && let Some(name) = label.or(workflow)
            {
                title.try_set(name);
            }
        });
    }
    let model = Memo::new(move |_| {
        link.read_with_clock(|session, clock| {
            let run = &session.activity().run;
            let started = run.started.map(format::utc_ms);
            let until = match run.state {
                RunState::Ended(_) => run.latest.map(format::utc_ms),
                RunState::None | RunState::Running => Some(clock.shown_ms),
            };
            let elapsed = started.zip(until).map(|(from, to)| format::stopwatch(to - from));
            Model { run: run.state, elapsed }
        })
    });
    let run = Memo::new(move |_| model.get().map_or(RunState::None, |model| model.run));
    let elapsed = move || model.get().and_then(|model| model.elapsed);
    let cancel = move |_| {
        if !confirm("Cancel this run? Its agents are stopped.") {
            return;
        }
        spawn_local(async move {
            let path = format!("/api/sessions/{}/cancel", session.get_value());
            let answer = post_json::<serde_json::Value>(&path, &serde_json::Map::new()).await;
            problem.try_set(answer.err().map(|error| words_of(&error)));
        });
    };

    view! {
        <header class="activity-header">
            <div>
                <span class="activity-header__name">"Agent activity"</span>
                <h1 class="activity-header__title" dir="auto">{title}</h1>
            </div>
            <span class="activity-badge" data-run=move || run.get().name()>
                {move || view! { <Glyph name=words::run_state(run.get()).1 /> }}
                <span class="activity-badge__word">{move || words::run_state(run.get()).0}</span>
            </span>
            <dl class="activity-header__facts">
                <div>
                    <dt>"Session"</dt>
                    <dd class="activity-header__session">{session.get_value()}</dd>
                </div>
                <div>
                    <dt>"Elapsed"</dt>
                    <dd class="activity-header__elapsed" role="timer">
                        {move || elapsed().unwrap_or_else(|| "0:00".to_owned())}
                    </dd>
                </div>
            </dl>
            <div class="activity-header__actions">
                <span class="activity-header__problem" role="alert">{problem}</span>
                {move || {
                    if run.get() == RunState::Running && is_own_server {
                        view! {
                            <button class="activity-button" type="button" on:click=cancel>
                                "Cancel run"
                            </button>
                        }
                            .into_any()
                    } else {
                        view! { <a class="activity-button" href="./">"Start another run"</a> }
                            .into_any()
                    }
                }}
            </div>
        </header>
    }
}

fn words_of(error: &HttpError) -> String {
    format!("Not cancelled: {error}")
}
