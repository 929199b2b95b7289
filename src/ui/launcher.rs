//! The start screen: pick a workflow and start it, or follow a session by its id.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::{format::counted, glyph::Glyph};
use crate::{
    activity::printable,
    web::{HttpError, get_json, post_json},
    wire::is_valid_id,
};

/// A workflow that the gateway can run, or the reason why it cannot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Workflow {
    name: String,
    label: String,
    phases: Vec<WorkflowPhase>,
    error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct WorkflowPhase {
    id: String,
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    session_id: String,
}

#[derive(Serialize)]
struct Start {
    workflow: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Workflows {
    Loading,
    Unavailable(HttpError),
    Loaded(Vec<Workflow>),
}

#[component]
pub(super) fn Launcher(
    /// Called with the id of the session that is to be followed.
    follow: Callback<String>,
) -> impl IntoView {
    let workflows = RwSignal::new(Workflows::Loading);
    let chosen = RwSignal::new(String::new());
    let is_starting = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);

    let load = move || {
        workflows.set(Workflows::Loading);
        spawn_local(async move {
            let loaded = match get_json::<Vec<Workflow>>("/api/workflows").await {
                Ok(list) => {
                    if let Some(first) = list.iter().find(|workflow| workflow.error.is_none()) {
                        chosen.try_set(first.name.clone());
                    }
                    Workflows::Loaded(list)
                }
                Err(error) => Workflows::Unavailable(error),
            };
            workflows.try_set(loaded);
        });
    };
    load();

    let start = move |event: SubmitEvent| {
        event.prevent_default();
        if is_starting.get_untracked() {
            return;
        }
        is_starting.set(true);
        problem.set(None);
        spawn_local(async move {
            match start_run(chosen.get_untracked()).await {
                Ok(session) => follow.run(session),
                Err(error) => {
                    problem.try_set(Some(error.to_string()));
                    is_starting.try_set(false);
                }
            }
        });
    };

    let choices = move || match workflows.get() {
        Workflows::Loading => {
            notice("connecting", "Loading the workflows…", String::new(), None::<fn()>).into_any()
        }
        Workflows::Unavailable(HttpError::Unreachable) => notice(
            "offline",
            "The gateway cannot be reached",
            "It may not be running, or it is still starting.".to_owned(),
            Some(load),
        )
        .into_any(),
        Workflows::Unavailable(error) => {
            notice("error", "The workflows cannot be listed", error.to_string(), Some(load))
                .into_any()
        }
        Workflows::Loaded(list) if list.is_empty() => notice(
            "unknown",
            "No workflows yet",
            "Put a workflow file (.toml) into the gateway’s workflows folder, then try again."
                .to_owned(),
            Some(load),
        )
        .into_any(),
        Workflows::Loaded(list) => view! {
            <form class="activity-launcher__form" on:submit=start>
                <fieldset>
                    <legend class="activity-launcher__legend">"Workflow"</legend>
                    <div class="activity-launcher__choices">
                        {list.into_iter().map(|workflow| card(workflow, chosen)).collect_view()}
                    </div>
                </fieldset>
                <div class="activity-launcher__actions">
                    <button
                        class="activity-button activity-button--primary"
                        type="submit"
                        aria-disabled=move || is_starting.get().then_some("true")
                    >
                        {move || if is_starting.get() { "Starting…" } else { "Start" }}
                    </button>
                    <span class="activity-launcher__problem" role="alert" dir="auto">
                        {problem}
                    </span>
                </div>
            </form>
        }
        .into_any(),
    };

    view! {
        <div class="activity" data-agent-activity="" data-connection="idle" data-run="none">
            <div class="activity-launcher">
                <header>
                    <h1 class="activity-launcher__title">"Agent activity"</h1>
                    <p class="activity-launcher__intro">
                        "Start a multi-agent workflow and watch its phases and everything its agents \
                         do, live."
                    </p>
                </header>
                {choices}
                <FollowForm follow />
            </div>
        </div>
    }
}

#[component]
fn FollowForm(follow: Callback<String>) -> impl IntoView {
    let id = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<&'static str>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let id = id.get_untracked().trim().to_owned();
        if is_valid_id(&id) {
            follow.run(id);
        } else {
            problem.set(Some("A session id has 1 to 128 of: A–Z a–z 0–9 . _ ~ -"));
        }
    };
    view! {
        <form class="activity-launcher__follow" on:submit=submit>
            <h2>
                <label for="session">"Follow an existing session"</label>
            </h2>
            <div class="activity-launcher__row">
                <input
                    class="activity-field"
                    id="session"
                    name="session"
                    placeholder="Session id"
                    autocomplete="off"
                    spellcheck="false"
                    bind:value=id
                />
                <button class="activity-button" type="submit">
                    "Follow"
                </button>
            </div>
            <span class="activity-launcher__problem" role="alert">{problem}</span>
        </form>
    }
}

/// Creates a session, starts the workflow in it, and names it.
async fn start_run(workflow: String) -> Result<String, HttpError> {
    let Created { session_id } = post_json("/api/sessions", &serde_json::Map::new()).await?;
    let path = format!("/api/sessions/{session_id}/start");
    post_json::<serde_json::Value>(&path, &Start { workflow }).await?;
    Ok(session_id)
}

fn card(workflow: Workflow, chosen: RwSignal<String>) -> impl IntoView {
    let Workflow { name, label, phases, error } = workflow;
    let label = printable(&label).into_owned();
    if let Some(error) = error {
        return view! {
            <div class="activity-card">
                <Glyph name="error" />
                <span class="activity-card__label" dir="auto">{label} " cannot be used"</span>
                <span class="activity-card__error" dir="auto">{printable(&error).into_owned()}</span>
            </div>
        }
        .into_any();
    }
    let names: Vec<String> = phases
        .iter()
        .map(|phase| printable(phase.label.as_deref().unwrap_or(&phase.id)).into_owned())
        .collect();
    let number = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let summary = format!("{}: {}", counted(number, "phase", "phases"), names.join(", "));
    let choose = {
        let name = name.clone();
        move |_| chosen.set(name.clone())
    };
    let is_chosen = {
        let name = name.clone();
        move || chosen.get() == name
    };
    view! {
        <label class="activity-card">
            <input
                type="radio"
                name="workflow"
                value=name
                prop:checked=is_chosen
                on:change=choose
            />
            <span class="activity-card__label" dir="auto">{label}</span>
            <span class="activity-card__summary" dir="auto">{summary}</span>
        </label>
    }
    .into_any()
}

fn notice(
    glyph: &'static str,
    title: &'static str,
    text: String,
    again: Option<impl Fn() + 'static>,
) -> impl IntoView {
    view! {
        <div class="activity-card activity-card--notice">
            <Glyph name=glyph />
            <p class="activity-card__label">{title}</p>
            <p class="activity-card__summary">{text}</p>
            {again
                .map(|again| {
                    view! {
                        <button class="activity-button" type="button" on:click=move |_| again()>
                            "Try again"
                        </button>
                    }
                })}
        </div>
    }
}
