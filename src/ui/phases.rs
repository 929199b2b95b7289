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

/// How long an agent at work must not be heard of for that to be said, in milliseconds.
const QUIET_MS: i64 = 60_000;

/// And how many times as long as it usually is not.
const QUIET_TIMES: i64 = 4;

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
    quiet: Slot,
    time: Slot,
}

impl PhaseRow {
    fn new() -> Self {
        let shape = glyph("pending");
        let label = Element::new("span", "activity-phase__label").attribute("dir", "auto");
        let words = Element::new("span", "activity-phase__state");
        let iteration = Element::new("span", "activity-phase__iteration");
        let quiet = Element::new("span", "activity-phase__quiet");
        let note = Element::new("span", "activity-phase__note").with(&[&words, &iteration, &quiet]);
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
            quiet: Slot::text(&quiet),
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
        self.quiet.set(quiet_words(phase, clock.shown_ms).as_deref());
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

/// How long nothing was heard of an agent that is at work, once that is longer than usual.
fn quiet_words(phase: &Phase, now_ms: i64) -> Option<String> {
    let started_ms = format::utc_ms(phase.started.filter(|_| phase.state == PhaseState::Active)?);
    let heard_ms = phase.heard.map_or(started_ms, format::utc_ms);
    let quiet_ms = now_ms.saturating_sub(heard_ms);
    // What is said once has no habits; it is usually the start of the agent.
    let usual_ms = (phase.heard_count > 1)
        .then(|| heard_ms.saturating_sub(started_ms) / i64::from(phase.heard_count));
    if quiet_ms < QUIET_MS.max(usual_ms.unwrap_or(0).saturating_mul(QUIET_TIMES)) {
        return None;
    }
    let mut words = format!(", quiet for {}", format::duration(quiet_ms));
    if let Some(usual_ms) = usual_ms {
        words.push_str(&format!(" (usually {})", format::duration(usual_ms)));
    }
    Some(words)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{activity::Phases, dialect::PhaseRef, time::Timestamp};

    const DRAFT: PhaseRef<'_> = PhaseRef { id: Some("draft"), agent: None };

    /// What is said after so many seconds of a phase that was heard of at these.
    fn check(heard_s: &[i64], now_s: i64, expected: Option<&str>) {
        let at = |seconds: i64| Some(Timestamp::Utc(seconds * 1_000));
        let mut phases = Phases::default();
        phases.start(DRAFT, None, at(0));
        for &second in heard_s {
            phases.hear(DRAFT, at(second));
        }
        let words = quiet_words(&phases.list()[0], now_s * 1_000);
        assert_eq!(words.as_deref(), expected, "heard at {heard_s:?}, at {now_s}");
    }

    #[test]
    fn an_agent_is_quiet_once_it_is_so_for_longer_than_usual() {
        check(&[], 59, None);
        check(&[], 60, Some(", quiet for 1 min 0 s"));
        check(&[5], 64, None);
        check(&[5], 95, Some(", quiet for 1 min 30 s"));
        check(&[12, 24, 36], 95, None);
        check(&[12, 24, 36], 126, Some(", quiet for 1 min 30 s (usually 12 s)"));
        check(&[50, 100, 150], 349, None);
        check(&[50, 100, 150], 350, Some(", quiet for 3 min 20 s (usually 50 s)"));
    }

    #[test]
    fn who_waits_or_is_done_is_not_called_quiet() {
        let mut phases = Phases::default();
        phases.start(DRAFT, None, Some(Timestamp::Utc(0)));
        phases.progress(DRAFT, None, Some("waiting"));
        assert_eq!(quiet_words(&phases.list()[0], 600_000), None);
        phases.end(DRAFT, crate::connection::Outcome::Complete, None);
        assert_eq!(quiet_words(&phases.list()[0], 600_000), None);
    }
}
