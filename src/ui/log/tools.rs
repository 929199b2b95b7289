//! What helps to find something in the log, and to take it away.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, KeyboardEvent};

use super::{LogView, cursor, finder::Finder, permalink::lead_to_linked, times::Mode};
use crate::{
    activity::{Filter, Phase, PhaseFilter, export::Format, printable},
    dialect::Level,
    session::Session,
    time::Instant,
    ui::{
        dom::{Element, Slot},
        format::{count, counted, utc_ms},
        live::Live,
        words,
    },
    web::{Download, SessionUrl, copy_text},
};

/// How often the choices of the filters, which show how many entries each has, are made anew.
const CHOICES_INTERVAL: Duration = Duration::from_secs(1);

/// What the button that folds does, for whoever wonders.
const FOLD_WORDS: &str = "Lines that repeat the one before them";

/// The tools of the log that is shown in `feed`.
pub(in crate::ui) fn tools(live: &Live, view: &Rc<LogView>, feed: &Element) -> Element {
    let finder = Finder::new(view);
    let (find, search) = search(live, &finder);
    let pressed = move |key: &KeyboardEvent| {
        // Asked for once more while it is there, it is the browser's own search.
        if (key.ctrl_key() || key.meta_key()) && key.key() == "f" && !search.has_focus() {
            key.prevent_default();
            search.focus();
        }
    };
    live.on(feed, "keydown", Box::new(move |_, event| pressed(event.unchecked_ref())));
    let copy = copier(&finder);
    cursor::listen(live, &finder, copy.clone());
    if let Some(url) = SessionUrl::of_page(&live.followed().session) {
        lead_to_linked(live, &finder, &url);
        finder.asked.link.replace(Some(url));
    }
    let choices = Element::new("div", "activity-tools__filters")
        .with(&filters(live, &finder).each_ref())
        .with(&[&timestamps(live, &finder)]);
    let actions = Element::new("div", "activity-tools__actions").with(&[
        finder.note.element(),
        &wrap(live, &finder),
        &fold(live, &finder),
        &pause(live, &finder),
        &copy_button(live, copy),
        &download(live, &finder),
    ]);
    Element::new("div", "activity-tools").with(&[&find, &actions, &choices])
}

fn search(live: &Live, finder: &Finder) -> (Element, Element) {
    let field = Element::new("input", "activity-field activity-tools__search")
        .attribute("type", "search")
        .attribute("placeholder", "Search activity")
        .attribute("aria-label", "Search activity");
    let found = Element::new("span", "activity-tools__found");
    let input: HtmlInputElement = field.raw().clone().unchecked_into();

    let (typed, searched) = (input.clone(), finder.clone());
    live.on(&field, "input", Box::new(move |_, _| searched.search(&typed.value())));
    let (keyed, gone) = (input.clone(), finder.clone());
    let pressed = move |session: &Session, key: &KeyboardEvent| match key.key().as_str() {
        "Enter" => {
            key.prevent_default();
            gone.go(session, !key.shift_key());
        }
        "Escape" => {
            key.prevent_default();
            keyed.set_value("");
            gone.search("");
            gone.focus();
        }
        _ => {}
    };
    live.on(
        &field,
        "keydown",
        Box::new(move |driver, event| pressed(&driver.session(), event.unchecked_ref())),
    );
    let step = |label: &'static str, sign: &'static str, is_forward: bool| {
        let button = Element::new("button", "activity-button activity-tools__step")
            .attribute("type", "button")
            .attribute("aria-label", label)
            .says(sign);
        let gone = finder.clone();
        live.on(
            &button,
            "click",
            Box::new(move |driver, _| gone.go(&driver.session(), is_forward)),
        );
        button
    };
    let (before, after) = (step("Previous match", "↑", false), step("Next match", "↓", true));
    let mut found_words = Slot::text(&found);
    let mut steps = [Slot::attribute(&before, "hidden"), Slot::attribute(&after, "hidden")];
    let read = finder.clone();
    live.each(Box::new(move |_, _| {
        let standing = read.found_words();
        for step in &mut steps {
            step.set(standing.is_none().then_some(""));
        }
        found_words.set(Some(standing.as_deref().unwrap_or_default()));
    }));
    let find = Element::new("div", "activity-tools__find")
        .attribute("role", "search")
        .with(&[&field, &found, &before, &after]);
    (find, field)
}

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

fn option(value: &str, label: &str) -> Element {
    Element::new("option", "").attribute("value", value).says(label)
}

fn filters(live: &Live, finder: &Finder) -> [Element; 3] {
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

/// How the log says when something happened.
fn timestamps(live: &Live, finder: &Finder) -> Element {
    let element = Element::new("select", "activity-field activity-tools__filter")
        .attribute("aria-label", "Timestamps")
        .with(&[
            &option("absolute", "Time of day"),
            &option("relative", "Relative time"),
            &option("elapsed", "Elapsed time"),
        ]);
    let select: HtmlSelectElement = element.raw().clone().unchecked_into();
    // So that a frame follows, in which it is looked at.
    live.on(&element, "change", Box::new(|_, _| {}));
    let finder = finder.clone();
    live.each(Box::new(move |session, clock| {
        let mode = match select.value().as_str() {
            "relative" => Mode::Relative,
            "elapsed" => Mode::Elapsed,
            _ => Mode::Absolute,
        };
        let started_ms = session.activity().run.started.map(utc_ms);
        if finder.asked.times.set(mode, clock.shown_ms, started_ms) {
            finder.asked.note_change();
        }
    }));
    element
}

fn button(label: &str) -> Element {
    Element::new("button", "activity-button").attribute("type", "button").says(label)
}

fn wrap(live: &Live, finder: &Finder) -> Element {
    let wrap = button("Wrap").attribute("aria-pressed", "false");
    let (finder, pressed) = (finder.clone(), wrap.clone());
    let toggle = move || {
        let wraps = !finder.asked.wraps.get();
        finder.set_wrap(wraps);
        pressed.set("aria-pressed", Some(if wraps { "true" } else { "false" }));
    };
    live.on(&wrap, "click", Box::new(move |_, _| toggle()));
    wrap
}

/// Whether rows that say the same are folded.
fn fold(live: &Live, finder: &Finder) -> Element {
    let fold = button("Fold").attribute("aria-pressed", "true").attribute("title", FOLD_WORDS);
    let (pressed, folded) = (fold.clone(), finder.clone());
    let toggle = move |session: &Session| {
        let folds = !folded.asked.lines.borrow().folds_repeats();
        folded.fold_repeats(session, folds);
        pressed.set("aria-pressed", Some(if folds { "true" } else { "false" }));
    };
    live.on(&fold, "click", Box::new(move |driver, _| toggle(&driver.session())));
    let renewed = finder.clone();
    live.each(Box::new(move |session, _| renewed.renew(session)));
    fold
}

fn pause(live: &Live, finder: &Finder) -> Element {
    let pause =
        Element::new("button", "activity-button activity-tools__pause").attribute("type", "button");
    let paused = finder.clone();
    live.on(&pause, "click", Box::new(move |driver, _| paused.toggle_pause(&driver.session())));
    let mut words = Slot::text(&pause);
    let read = finder.clone();
    live.each(Box::new(move |_, _| {
        words.set(Some(if read.is_paused() { "Resume" } else { "Pause" }));
    }));
    pause
}

/// What copies what is selected, else what is shown, and says so.
fn copier(finder: &Finder) -> impl Fn(&Session) + Clone + use<> {
    let finder = finder.clone();
    move |session| {
        let (text, entries) = finder.text_to_copy(session);
        finder.note.say(&match copy_text(&text) {
            true => format!("{} copied", counted(entries, "entry", "entries")),
            false => "This page may not copy; download instead".to_owned(),
        });
    }
}

fn copy_button(live: &Live, copy: impl Fn(&Session) + 'static) -> Element {
    let element = button("Copy");
    live.on(&element, "click", Box::new(move |driver, _| copy(&driver.session())));
    element
}

/// What can be downloaded: its label, whether it is all of the log, and its form.
const DOWNLOADS: [(&str, bool, Format); 4] = [
    ("NDJSON, all", true, Format::Ndjson),
    ("NDJSON, filtered", false, Format::Ndjson),
    ("Text, all", true, Format::Text),
    ("Text, filtered", false, Format::Text),
];

/// A button with a menu (ARIA Authoring Practices, menu button).
fn download(live: &Live, finder: &Finder) -> Element {
    let button = Element::new("button", "activity-button")
        .attribute("type", "button")
        .attribute("aria-haspopup", "menu")
        .attribute("aria-expanded", "false")
        .says("Download");
    let menu = Element::new("div", "activity-tools__menu")
        .attribute("role", "menu")
        .attribute("aria-label", "Download")
        .attribute("hidden", "");
    let open = {
        let (button, menu) = (button.clone(), menu.clone());
        move |is_open: bool| {
            button.set("aria-expanded", Some(if is_open { "true" } else { "false" }));
            menu.show_if(is_open);
        }
    };
    // The last file, until there is another or the component goes.
    let saved: Rc<RefCell<Option<Download>>> = Rc::default();
    let items = DOWNLOADS.map(|(label, is_all, format)| {
        let item = Element::new("button", "activity-tools__item")
            .attribute("type", "button")
            .attribute("role", "menuitem")
            .attribute("tabindex", "-1")
            .says(label);
        let (finder, saved, open, button) =
            (finder.clone(), Rc::clone(&saved), open.clone(), button.clone());
        let session_id = live.followed().session.clone();
        let chosen = move |session: &Session| {
            let (ending, media_type) = match format {
                Format::Ndjson => ("ndjson", "application/x-ndjson"),
                Format::Text => ("txt", "text/plain"),
            };
            let text = finder.text(session, is_all, format).0;
            let name = format!("activity-{session_id}.{ending}");
            *saved.borrow_mut() = Download::begin(&name, media_type, &text);
            open(false);
            button.focus();
        };
        live.on(&item, "click", Box::new(move |driver, _| chosen(&driver.session())));
        menu.append(&item);
        item
    });

    let (first, opened, shown) = (items[0].clone(), open.clone(), menu.clone());
    live.on(
        &button,
        "click",
        Box::new(move |_, _| {
            let is_open = shown.raw().has_attribute("hidden");
            opened(is_open);
            if is_open {
                first.focus();
            }
        }),
    );
    let (closed, back) = (open.clone(), button.clone());
    let pressed = move |key: &KeyboardEvent| {
        let at = items.iter().position(Element::has_focus).unwrap_or(0);
        let last = items.len() - 1;
        let to = match key.key().as_str() {
            "ArrowDown" => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            "ArrowUp" => {
                if at == 0 {
                    last
                } else {
                    at - 1
                }
            }
            "Home" => 0,
            "End" => last,
            "Escape" => {
                key.prevent_default();
                closed(false);
                return back.focus();
            }
            _ => return,
        };
        key.prevent_default();
        items[to].focus();
    };
    live.on(&menu, "keydown", Box::new(move |_, event| pressed(event.unchecked_ref())));
    // The focus goes elsewhere: nobody is about to choose any more.
    let left = menu.clone();
    live.on(
        &menu,
        "focusout",
        Box::new(move |_, event| {
            let to: &web_sys::FocusEvent = event.unchecked_ref();
            let target = to.related_target().and_then(|target| target.dyn_into().ok());
            if !left.raw().contains(target.as_ref()) {
                open(false);
            }
        }),
    );
    Element::new("div", "activity-tools__download").with(&[&button, &menu])
}
