//! The phases and how they stand.

use super::{
    deferred::{Places, Views},
    dom::{Element, Slot, glyph},
    format,
    live::{Clock, Live},
    words,
};
use crate::{
    activity::{Phase, PhaseState, printable},
    session::Session,
};

pub(super) fn phases(live: &Live, places: &Places) -> Element {
    let shown = Element::new("span", "");
    live.text(&shown, |session, _| summary(session).0);
    let hidden = Element::new("span", "activity-visually-hidden");
    live.text(&hidden, |session, _| summary(session).1);
    let iteration = Element::new("span", "");
    live.text(&iteration, iteration_words);
    let phase = Element::new("span", "activity-visually-hidden").says("Phase ");
    live.shown_if(&phase, |session| session.activity().phases.current().is_some());
    let summary =
        Element::new("p", "activity-phases__summary").with(&[&phase, &shown, &hidden, &iteration]);
    let head = Element::new("div", "activity-phases__head")
        .with(&[&Element::new("h2", "").says("Phases"), &summary]);

    let list = Element::new("ol", "activity-phases__list")
        .attribute("role", "list")
        .attribute("aria-label", "Phases");
    let mut rows: Vec<PhaseRow> = Vec::new();
    let shown_list = list.clone();
    live.each(Box::new(move |session, clock| {
        let phases = &session.activity().phases;
        while rows.len() > phases.list().len() {
            if let Some(row) = rows.pop() {
                row.item.remove();
            }
        }
        while rows.len() < phases.list().len() {
            let row = PhaseRow::new();
            shown_list.append(&row.item);
            rows.push(row);
        }
        for (index, (row, phase)) in rows.iter_mut().zip(phases.list()).enumerate() {
            row.show(phase, phases.current() == Some(index), clock);
        }
    }));

    let make = |views: &Views, live: &Live| (views.timeline)(live);
    let timeline = places.place("activity-timeline-place", Box::new(make));
    let view = Element::new("div", "activity-phases").with(&[&head, &list, &timeline]);
    live.shown_if(&view, |session| !session.activity().phases.list().is_empty());
    view
}

/// One phase in the document.
struct PhaseRow {
    item: Element,
    id: Slot,
    state: Slot,
    current: Slot,
    shape: Slot,
    label: Slot,
    words: Slot,
    iteration: Slot,
    time: Slot,
}

impl PhaseRow {
    fn new() -> Self {
        let shape = glyph("pending");
        let label = Element::new("span", "activity-phase__label").attribute("dir", "auto");
        let words = Element::new("span", "activity-phase__state");
        let iteration = Element::new("span", "activity-phase__iteration");
        let note = Element::new("span", "activity-phase__note").with(&[&words, &iteration]);
        let time = Element::new("span", "activity-phase__time");
        let item = Element::new("li", "activity-phase").with(&[&shape, &label, &note, &time]);
        Self {
            id: Slot::attribute(&item, "data-phase"),
            state: Slot::attribute(&item, "data-state"),
            current: Slot::attribute(&item, "aria-current"),
            shape: Slot::attribute(&shape, "data-glyph"),
            label: Slot::text(&label),
            words: Slot::text(&words),
            iteration: Slot::text(&iteration),
            time: Slot::text(&time),
            item,
        }
    }

    fn show(&mut self, phase: &Phase, is_current: bool, clock: Clock) {
        self.id.set(Some(&phase.id));
        self.state.set(Some(phase.state.name()));
        self.current.set(is_current.then_some("step"));
        self.shape.set(Some(shape_of(&phase.state)));
        self.label.set(Some(&printable(&phase.label)));
        self.words.set(Some(&state_words(phase)));
        let iteration =
            (phase.iteration > 1).then(|| format!(", iteration {}", u64::from(phase.iteration)));
        self.iteration.set(iteration.as_deref());
        self.time.set(time(phase, clock).as_deref());
    }
}

const fn shape_of(state: &PhaseState) -> &'static str {
    match state {
        PhaseState::Pending => "pending",
        PhaseState::Active => "active",
        PhaseState::Waiting => "waiting",
        PhaseState::Done => "done",
        PhaseState::Error => "error",
        PhaseState::Cancelled => "cancelled",
        PhaseState::NotReached => "not-reached",
        PhaseState::Other(_) => "unknown",
    }
}

fn state_words(phase: &Phase) -> String {
    let words = printable(words::phase_state(&phase.state)).into_owned();
    match phase.percent {
        Some(percent) if phase.state.is_open() => format!("{words}, {} %", u64::from(percent)),
        _ => words,
    }
}

fn time(phase: &Phase, clock: Clock) -> Option<String> {
    let until = phase
        .ended
        .map(format::utc_ms)
        .or_else(|| phase.state.is_open().then_some(clock.shown_ms))?;
    Some(format::stopwatch(until - format::utc_ms(phase.started?)))
}

/// Where the run is: in a few characters for eyes, and what to add for ears.
fn summary(session: &Session) -> (String, String) {
    let phases = &session.activity().phases;
    let all = phases.list().len();
    match phases.current().map(|index| (index, &phases.list()[index])) {
        Some((index, phase)) => (
            format!("{} of {all}", index + 1),
            format!(": {}, {}", printable(&phase.label), words::phase_state(&phase.state)),
        ),
        None => {
            let is_done = |phase: &&Phase| phase.state == PhaseState::Done;
            let done = phases.list().iter().filter(is_done).count();
            (format!("{done} of {all} done"), String::new())
        }
    }
}

fn iteration_words(session: &Session, _: Clock) -> String {
    let run = &session.activity().run;
    match (run.iteration.map(u64::from), run.iterations_max.map(u64::from)) {
        (Some(iteration), Some(max)) if max > 1 => format!(", iteration {iteration} of {max}"),
        (Some(iteration), None) if iteration > 1 => format!(", iteration {iteration}"),
        _ => String::new(),
    }
}
