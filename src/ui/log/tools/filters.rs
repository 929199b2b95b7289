//! What narrows the log: to an agent, a phase, a level.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

use super::{super::finder::Finder, option};
use crate::{
    activity::{Filter, Phase, PhaseFilter, printable},
    dialect::Level,
    session::Session,
    time::Instant,
    ui::{dom::Element, format::count, live::Live, words},
};

/// How often the choices of the filters, which show how many entries each has, are made anew.
const CHOICES_INTERVAL: Duration = Duration::from_secs(1);

/// A filter: what it offers, and what was chosen.
struct Choice {
    element: Element,
    select: HtmlSelectElement,
    /// The values and labels that it offers after that for all, as they are shown.
    offered: Vec<(String, String)>,
}

impl Choice {
    fn new(label: &str, all: &str) -> Self {
        let element = Element::new("select", "activity-field activity-tools__filter")
            .attribute("aria-label", label)
            .with(&[&option("", all)]);
        let select: HtmlSelectElement = element.raw().clone().unchecked_into();
        Self { element, select, offered: Vec::new() }
    }

    fn chosen(&self) -> Option<String> {
        Some(self.select.value()).filter(|value| !value.is_empty())
    }

    /// Offers these. What is chosen stays on offer, and while somebody is about to choose, what is
    /// offered stays as it is and where it is: only more can come.
    fn offer(&mut self, mut offers: Vec<(String, String)>) {
        let chosen = self.select.value();
        if !chosen.is_empty() && offers.iter().all(|(value, _)| *value != chosen) {
            offers.push((chosen.clone(), format!("{} (0)", printable(&chosen))));
        }
        if self.offered == offers {
            return;
        }
        if !self.element.has_focus() {
            self.select.set_length(1);
            self.offered.clear();
        }
        for offer in offers {
            if self.offered.iter().all(|(value, _)| *value != offer.0) {
                self.element.append(&option(&offer.0, &offer.1));
                self.offered.push(offer);
            }
        }
        self.select.set_value(&chosen);
    }
}

/// The filters by agent, phase and level, with how many entries each choice has.
pub(super) fn filters(live: &Live, finder: &Finder) -> [Element; 3] {
    let choices = [
        Choice::new("Agent", "All agents"),
        Choice::new("Phase", "All phases"),
        Choice::new("Level", "All levels"),
    ];
    let [agents, phases, levels] = choices.each_ref().map(|choice| choice.element.clone());
    let choices = Rc::new(RefCell::new(choices));
    for element in [&agents, &phases, &levels] {
        let (choices, finder) = (Rc::clone(&choices), finder.clone());
        let changed = move |session: &Session| {
            let [agent, phase, level] = choices.borrow().each_ref().map(Choice::chosen);
            let agent_of = |id: &str| {
                let phases = session.activity().phases.list();
                phases.iter().find(|phase| phase.id == id).and_then(|phase| phase.agent.clone())
            };
            finder.filter(
                session,
                Filter {
                    agent,
                    phase: phase.map(|id| PhaseFilter { agent: agent_of(&id), id }),
                    level: level.as_deref().and_then(Level::from_word),
                },
            );
        };
        live.on(element, "change", Box::new(move |driver, _| changed(&driver.session())));
    }
    let offered_at: Cell<Option<Instant>> = Cell::new(None);
    live.each(Box::new(move |session, clock| {
        if offered_at.get().is_some_and(|at| clock.now.since(at) < CHOICES_INTERVAL) {
            return;
        }
        offered_at.set(Some(clock.now));
        let tallies = session.activity().log.tallies();
        let label = |name: &str, number: u64| format!("{} ({})", printable(name), count(number));
        let [agents, phases, levels] = &mut *choices.borrow_mut();
        let is_agent = |name: &str, number: u64| number > 0 && !name.is_empty();
        agents.offer(
            tallies
                .names
                .iter()
                .filter(|tally| is_agent(tally.name, tally.agent))
                .map(|tally| (tally.name.to_owned(), label(tally.name, tally.agent)))
                .collect(),
        );
        let of = |phase: &Phase| tallies.of_phase(&phase.id, phase.agent.as_deref());
        phases.offer(
            session
                .activity()
                .phases
                .list()
                .iter()
                .map(|phase| (phase.id.clone(), label(&phase.label, of(phase))))
                .collect(),
        );
        levels.offer(
            Level::ALL
                .iter()
                .zip(tallies.levels)
                .map(|(level, number)| {
                    (level.name().to_owned(), label(words::level(*level), number))
                })
                .collect(),
        );
    }));
    [agents, phases, levels]
}
