//! When each phase ran: a bar for each of its passes, all on one axis.

mod axis;

use std::{cell::Cell, rc::Rc};

use super::{
    dom::{Element, Slot},
    format::{stopwatch, utc_ms},
    live::{Clock, Live},
    words,
};
use crate::{
    activity::{Pass, Phase, PhaseState, printable},
    session::Session,
};
use axis::Axis;

/// What is opened and closed by its button. While it is closed, nothing of it is kept up to date.
pub(super) fn timeline(live: &Live) -> Element {
    let toggle = Element::new("button", "activity-timeline__toggle")
        .attribute("type", "button")
        .attribute("aria-expanded", "false")
        .says("Timeline");
    let list = Element::new("ol", "activity-timeline__list")
        .attribute("role", "list")
        .attribute("aria-label", "Timeline");
    let marks = Element::new("div", "activity-timeline__marks").attribute("aria-hidden", "true");
    let chart = Element::new("div", "activity-timeline__chart")
        .attribute("hidden", "")
        .with(&[&list, &marks]);

    let is_open = Rc::new(Cell::new(false));
    let (opened, pressed, shown) = (Rc::clone(&is_open), toggle.clone(), chart.clone());
    live.on(
        &toggle,
        "click",
        Box::new(move |_, _| {
            opened.set(!opened.get());
            pressed.set("aria-expanded", Some(if opened.get() { "true" } else { "false" }));
            shown.show_if(opened.get());
        }),
    );
    let mut view = Chart { list, marks, axis: None, rows: Vec::new() };
    live.each(Box::new(move |session, clock| {
        if is_open.get() {
            view.show(session, clock);
        }
    }));
    Element::new("div", "activity-timeline").with(&[&toggle, &chart])
}

/// The open timeline.
struct Chart {
    list: Element,
    marks: Element,
    /// The axis whose marks are shown.
    axis: Option<Axis>,
    rows: Vec<PhaseRow>,
}

impl Chart {
    fn show(&mut self, session: &Session, clock: Clock) {
        let phases = session.activity().phases.list();
        let spans: Vec<Vec<Span>> = phases.iter().map(|phase| spans(phase, clock)).collect();
        let all = || spans.iter().flatten();
        let start_ms = all().map(|span| span.start_ms).min();
        let end_ms = all().map(|span| span.end_ms).max();
        let axis = start_ms.zip(end_ms).map(|(start_ms, end_ms)| Axis::new(start_ms, end_ms));
        if self.axis != axis {
            self.axis = axis;
            self.marks.say("");
            if let Some(axis) = axis {
                for at_ms in axis.marks_ms() {
                    let mark = Element::new("span", "").says(&stopwatch(axis.elapsed_ms(at_ms)));
                    mark.style("inset-inline-start", &axis.place(at_ms));
                    self.marks.append(&mark);
                }
            }
        }
        while self.rows.len() > phases.len() {
            if let Some(row) = self.rows.pop() {
                row.item.remove();
            }
        }
        while self.rows.len() < phases.len() {
            let row = PhaseRow::new();
            self.list.append(&row.item);
            self.rows.push(row);
        }
        for ((row, phase), spans) in self.rows.iter_mut().zip(phases).zip(&spans) {
            row.show(phase, spans, axis);
        }
    }
}

/// A pass, or as much of it as there is yet.
struct Span {
    start_ms: i64,
    end_ms: i64,
    state: PhaseState,
}

/// All that is known of when the phase ran; nothing of passes whose server named no time.
fn spans(phase: &Phase, clock: Clock) -> Vec<Span> {
    let now = Pass { started: phase.started, ended: phase.ended, state: phase.state.clone() };
    let span = |pass: &Pass| {
        let start_ms = utc_ms(pass.started?);
        let running_ms = pass.state.is_open().then_some(clock.shown_ms);
        let end_ms = pass.ended.map(utc_ms).or(running_ms)?;
        Some(Span { start_ms, end_ms: end_ms.max(start_ms), state: pass.state.clone() })
    };
    phase.earlier.iter().chain([&now]).filter_map(span).collect()
}

/// One phase on the timeline.
struct PhaseRow {
    item: Element,
    label: Slot,
    time: Slot,
    words: Slot,
    track: Element,
    bars: Vec<Bar>,
}

impl PhaseRow {
    fn new() -> Self {
        let label = Element::new("span", "activity-timeline__label").attribute("dir", "auto");
        let time = Element::new("span", "activity-timeline__time");
        let words = Element::new("span", "activity-visually-hidden");
        let track =
            Element::new("span", "activity-timeline__track").attribute("aria-hidden", "true");
        let item =
            Element::new("li", "activity-timeline__row").with(&[&label, &time, &words, &track]);
        Self {
            label: Slot::text(&label),
            time: Slot::text(&time),
            words: Slot::text(&words),
            track,
            bars: Vec::new(),
            item,
        }
    }

    fn show(&mut self, phase: &Phase, spans: &[Span], axis: Option<Axis>) {
        self.label.set(Some(&printable(&phase.label)));
        let total_ms = spans.iter().fold(0, |total_ms: i64, span| {
            total_ms.saturating_add(span.end_ms.saturating_sub(span.start_ms))
        });
        let total = (!spans.is_empty()).then(|| stopwatch(total_ms));
        self.time.set(total.as_deref());
        let Some(axis) = axis else { return };
        self.words.set(Some(&in_words(spans, axis)));
        while self.bars.len() > spans.len() {
            if let Some(bar) = self.bars.pop() {
                bar.element.remove();
            }
        }
        while self.bars.len() < spans.len() {
            let element = Element::new("span", "activity-timeline__bar");
            self.track.append(&element);
            let state = Slot::attribute(&element, "data-state");
            self.bars.push(Bar { element, state, place: Default::default() });
        }
        for (bar, span) in self.bars.iter_mut().zip(spans) {
            bar.state.set(Some(span.state.name()));
            let place = (axis.place(span.start_ms), axis.place(span.end_ms));
            if bar.place != place {
                bar.element.style("inset-inline-start", &place.0);
                bar.element.style("inline-size", &format!("calc({} - {})", place.1, place.0));
                bar.place = place;
            }
        }
    }
}

/// One pass on the timeline.
struct Bar {
    element: Element,
    state: Slot,
    /// Where it begins and ends.
    place: (String, String),
}

/// What the bars say to those who do not see them.
fn in_words(spans: &[Span], axis: Axis) -> String {
    let mut text = String::new();
    for (index, span) in spans.iter().enumerate() {
        text.push_str(if index == 0 { ": " } else { "; " });
        let at = |at_ms| stopwatch(axis.elapsed_ms(at_ms));
        let state = printable(words::phase_state(&span.state)).into_owned();
        text.push_str(&format!("{state}, {} to {}", at(span.start_ms), at(span.end_ms)));
    }
    text
}
