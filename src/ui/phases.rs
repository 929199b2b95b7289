//! The phases and how they stand.

use leptos::prelude::*;

use super::{format, glyph::Glyph, link::Link, words};
use crate::{
    activity::{Phase, PhaseState, printable},
    session::Session,
};

#[derive(Clone, Debug, PartialEq)]
struct Model {
    rows: Vec<PhaseRow>,
    summary: Summary,
}

#[derive(Clone, Debug, PartialEq)]
struct PhaseRow {
    id: String,
    state: String,
    glyph: &'static str,
    label: String,
    state_words: String,
    iteration: u32,
    time: String,
    progress: Option<f64>,
    is_current: bool,
}

/// Where the run is, for eyes in a few characters and for ears in a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Summary {
    shown: String,
    hidden: String,
    iteration: String,
}

#[component]
pub(super) fn PhasesView(link: Link) -> impl IntoView {
    let model = Memo::new(move |_| {
        link.read_with_clock(|session, clock| {
            let phases = &session.activity().phases;
            let current = phases.current();
            let rows = phases
                .list()
                .iter()
                .enumerate()
                .map(|(index, phase)| row(phase, current == Some(index), clock.shown_ms))
                .collect();
            Model { rows, summary: summary(session) }
        })
    });
    move || {
        let Model { rows, summary } = model.get()?;
        if rows.is_empty() {
            return None;
        }
        Some(view! {
            <div class="activity-phases">
                <div class="activity-phases__head">
                    <h2>"Phases"</h2>
                    <p class="activity-phases__summary">
                        {summary.shown} <span class="activity-visually-hidden">{summary.hidden}</span>
                        {summary.iteration}
                    </p>
                </div>
                <ol class="activity-phases__list" role="list" aria-label="Phases">
                    {rows.into_iter().map(phase_view).collect_view()}
                </ol>
            </div>
        })
    }
}

fn phase_view(row: PhaseRow) -> impl IntoView {
    let label = row.label.clone();
    view! {
        <li
            class="activity-phase"
            data-phase=row.id
            data-state=row.state
            aria-current=row.is_current.then_some("step")
        >
            <Glyph name=row.glyph />
            <span class="activity-phase__label" dir="auto">{row.label}</span>
            <span class="activity-phase__note">
                <span class="activity-phase__state">{row.state_words}</span>
                <span class="activity-phase__iteration">
                    {(row.iteration > 1).then(|| format!(", iteration {}", row.iteration))}
                </span>
            </span>
            <span class="activity-phase__time">{row.time}</span>
            {row.progress
                .map(|value| {
                    view! {
                        <progress
                            class="activity-phase__progress"
                            max="1"
                            value=value.to_string()
                            aria-label=label
                        ></progress>
                    }
                })}
        </li>
    }
}

fn row(phase: &Phase, is_current: bool, now_ms: i64) -> PhaseRow {
    let until = phase.ended.map(format::utc_ms).or_else(|| phase.state.is_open().then_some(now_ms));
    let time = phase.started.map(format::utc_ms).zip(until);
    PhaseRow {
        id: phase.id.clone(),
        state: phase.state.name().to_owned(),
        glyph: match &phase.state {
            PhaseState::Pending => "pending",
            PhaseState::Active => "active",
            PhaseState::Waiting => "waiting",
            PhaseState::Done => "done",
            PhaseState::Error => "error",
            PhaseState::Cancelled => "cancelled",
            PhaseState::NotReached => "not-reached",
            PhaseState::Other(_) => "unknown",
        },
        label: printable(&phase.label).into_owned(),
        state_words: printable(words::phase_state(&phase.state)).into_owned(),
        iteration: phase.iteration,
        time: time.map_or_else(String::new, |(from, to)| format::stopwatch(to - from)),
        progress: phase.progress,
        is_current,
    }
}

fn summary(session: &Session) -> Summary {
    let (phases, run) = (&session.activity().phases, &session.activity().run);
    let all = phases.list().len();
    let Some(current) = phases.current() else {
        let done = phases.list().iter().filter(|phase| phase.state == PhaseState::Done).count();
        return Summary { shown: format!("{done} of {all} done"), ..Summary::default() };
    };
    let phase = &phases.list()[current];
    Summary {
        shown: format!("{} of {all}", current + 1),
        hidden: format!(": {}, {}", printable(&phase.label), words::phase_state(&phase.state)),
        iteration: match (run.iteration, run.iterations_max) {
            (Some(iteration), Some(max)) if max > 1 => format!(", iteration {iteration} of {max}"),
            (Some(iteration), None) if iteration > 1 => format!(", iteration {iteration}"),
            _ => String::new(),
        },
    }
}
