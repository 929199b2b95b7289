//! The start screen: pick a workflow and start it, or follow a session by its id.

use std::{any::Any, cell::RefCell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

use super::{
    deferred::load,
    dom::{Element, EventHandler, glyph, hold},
    format::counted,
    replay::replay,
};
use crate::{
    activity::printable,
    web::{HttpError, Json, chosen_file, get, go_to_session, post},
    wire::is_valid_id,
};

/// The start screen.
#[component]
pub(super) fn Launcher() -> impl IntoView {
    let title = Element::new("h1", "activity-launcher__title").says("Agent activity");
    let intro = Element::new("p", "activity-launcher__intro")
        .says("Start a multi-agent workflow and watch what its agents do, live.");
    let place = Element::new("div", "");
    let launcher = Element::new("div", "activity-launcher")
        .with(&[&Element::new("header", "").with(&[&title, &intro]), &place]);
    let root = Element::new("div", "activity")
        .attribute("data-agent-activity", "")
        .attribute("data-connection", "idle")
        .attribute("data-run", "none")
        .with(&[&launcher]);
    let kept: Rc<RefCell<Option<Box<dyn Any>>>> = Rc::default();
    let (filled, keeps, offering) = (place.clone(), Rc::clone(&kept), root.clone());
    let (missing, attempt) = load(Box::new(move |views| {
        let (choices, kept) = (views.launcher)(&offering);
        filled.give_way(&choices);
        *keeps.borrow_mut() = Some(kept);
    }));
    attempt.make();
    launcher.append(&missing);
    // Let go of together with the component.
    StoredValue::new_local((attempt, kept));
    view! { <div use:hold=root></div> }
}

/// What the start screen, which is in `root`, offers, and what must be kept for as long as it is there.
pub(super) fn launcher(root: &Element) -> (Element, Box<dyn Any>) {
    let (session_form, handler) = session_form();
    let (recording_form, opened) = recording_form(root);
    let choices = Rc::new(Choices {
        host: Element::new("div", ""),
        shown: RefCell::default(),
        handlers: RefCell::default(),
    });
    choices.load();
    let offers = Element::new("div", "activity-launcher__offers").with(&[
        &choices.host,
        &session_form,
        &recording_form,
    ]);
    (offers, Box::new((choices, handler, opened)))
}

/// The workflows, or the reason why there are none to choose from.
struct Choices {
    host: Element,
    shown: RefCell<Option<Element>>,
    handlers: RefCell<Vec<EventHandler>>,
}

impl Choices {
    fn load(self: &Rc<Self>) {
        self.show(&[], notice("connecting", "Loading the workflows…", ""));
        let choices = Rc::clone(self);
        let answered = move |answer: Result<Json, HttpError>| match answer.map(|all| all.items()) {
            Ok(workflows) if workflows.is_empty() => choices.offer_again(
                "unknown",
                "No workflows yet",
                "Put a workflow file (.toml) into the gateway’s workflows folder.",
            ),
            Ok(workflows) => choices.show_form(&workflows),
            Err(HttpError::Unreachable) => choices.offer_again(
                "offline",
                "The gateway cannot be reached",
                "It may not be running, or it is still starting.",
            ),
            Err(HttpError::Refused(words)) => {
                choices.offer_again("error", "The workflows cannot be listed", &words);
            }
        };
        get("/api/workflows", Box::new(answered));
    }

    fn offer_again(self: &Rc<Self>, shape: &str, title: &str, text: &str) {
        let again =
            Element::new("button", "activity-button").attribute("type", "button").says("Try again");
        let choices = Rc::downgrade(self);
        let load = move |_: Event| {
            if let Some(choices) = choices.upgrade() {
                choices.load();
            }
        };
        let handler = again.on("click", Box::new(load));
        self.show(&[&again], notice(shape, title, text));
        *self.handlers.borrow_mut() = vec![handler];
    }

    fn show_form(&self, workflows: &[Json]) {
        let list = Element::new("div", "activity-launcher__choices");
        let mut inputs: Vec<HtmlInputElement> = Vec::new();
        for workflow in workflows {
            let label = workflow.text("label").unwrap_or_default();
            if let Some(reason) = workflow.text("error") {
                list.append(&refused_card(&label, &reason));
                continue;
            }
            let input = Element::new("input", "")
                .attribute("type", "radio")
                .attribute("name", "workflow")
                .attribute("value", &workflow.text("name").unwrap_or_default());
            list.append(&card(&label, &workflow.list("phases"), &input));
            inputs.push(input.raw().clone().unchecked_into());
        }
        if let Some(first) = inputs.first() {
            first.set_checked(true);
        }
        let legend = Element::new("legend", "activity-launcher__legend").says("Workflow");
        let fieldset = Element::new("fieldset", "").with(&[&legend, &list]);

        let start = Element::new("button", "activity-button activity-button--primary")
            .attribute("type", "submit")
            .says("Start");
        start.show_if(!inputs.is_empty());
        let problem = problem_line();
        let actions = Element::new("div", "activity-launcher__actions").with(&[&start, &problem]);
        let form = Element::new("form", "activity-launcher__form").with(&[&fieldset, &actions]);

        let submit = move |event: Event| {
            event.prevent_default();
            let Some(chosen) = inputs.iter().find(|input| input.checked()) else { return };
            if start.raw().has_attribute("aria-disabled") {
                return;
            }
            start.set("aria-disabled", Some("true"));
            start.say("Starting…");
            problem.say("");
            let (start, problem) = (start.clone(), problem.clone());
            let refused = move |error: HttpError| {
                problem.say(&printable(&error.to_string()));
                start.set("aria-disabled", None);
                start.say("Start");
            };
            start_run(chosen.value(), Box::new(refused));
        };
        let handler = form.on("submit", Box::new(submit));
        self.show(&[], form);
        *self.handlers.borrow_mut() = vec![handler];
    }

    fn show(&self, extra: &[&Element], element: Element) {
        let element = element.with(extra);
        self.host.append(&element);
        if let Some(before) = self.shown.borrow_mut().replace(element) {
            before.remove();
        }
    }
}

/// The form that follows a session by its id, and what it does.
fn session_form() -> (Element, EventHandler) {
    let label =
        Element::new("label", "").attribute("for", "session").says("Follow an existing session");
    let field = Element::new("input", "activity-field")
        .attribute("id", "session")
        .attribute("name", "session")
        .attribute("placeholder", "Session id")
        .attribute("autocomplete", "off")
        .attribute("spellcheck", "false");
    let button =
        Element::new("button", "activity-button").attribute("type", "submit").says("Follow");
    let problem = problem_line();
    let form = Element::new("form", "activity-launcher__follow").with(&[
        &Element::new("h2", "").with(&[&label]),
        &Element::new("div", "activity-launcher__row").with(&[&field, &button]),
        &problem,
    ]);
    let submit = move |event: Event| {
        event.prevent_default();
        let id = field.raw().unchecked_ref::<HtmlInputElement>().value();
        let id = id.trim_ascii();
        if is_valid_id(id) {
            go_to_session(id);
        } else {
            problem.say("A session id has 1 to 128 of: A–Z a–z 0–9 . _ ~ -");
        }
    };
    let handler = form.on("submit", Box::new(submit));
    (form, handler)
}

/// The form that opens a file in place of `root`, and what must be kept for that.
fn recording_form(root: &Element) -> (Element, Box<dyn Any>) {
    let label =
        Element::new("label", "").attribute("for", "recording").says("Open a downloaded log");
    let field = Element::new("input", "activity-field activity-launcher__file")
        .attribute("type", "file")
        .attribute("id", "recording")
        .attribute("accept", ".ndjson,application/x-ndjson")
        .attribute("aria-describedby", "recording-kind");
    let kind = Element::new("p", "activity-launcher__hint")
        .attribute("id", "recording-kind")
        .says("A file of the kind NDJSON. It stays on this device.");
    let form = Element::new("div", "activity-launcher__follow").with(&[
        &Element::new("h2", "").with(&[&label]),
        &field,
        &kind,
    ]);
    let opened: Rc<RefCell<Option<Box<dyn Any>>>> = Rc::default();
    let (chosen, shown, keeps) = (field.clone(), root.clone(), Rc::clone(&opened));
    let open = move |_: Event| {
        if let Some(file) = chosen_file(chosen.raw().unchecked_ref()) {
            *keeps.borrow_mut() = Some(replay(file, &shown));
        }
    };
    let handler = field.on("change", Box::new(open));
    (form, Box::new((handler, opened)))
}

/// Creates a session, starts the workflow in it, and goes to it.
fn start_run(workflow: String, refused: Box<dyn FnOnce(HttpError)>) {
    let created = move |answer: Result<Json, HttpError>| {
        let session = answer.and_then(|session| {
            let unnamed = || HttpError::Refused("The server named no session.".to_owned());
            session.text("sessionId").filter(|id| is_valid_id(id)).ok_or_else(unnamed)
        });
        let session = match session {
            Ok(session) => session,
            Err(error) => return refused(error),
        };
        let path = format!("/api/sessions/{session}/start");
        let started = move |answer: Result<Json, HttpError>| match answer {
            Ok(_) => go_to_session(&session),
            Err(error) => refused(error),
        };
        post(&path, Some(("workflow", &workflow)), Box::new(started));
    };
    post("/api/sessions", None, Box::new(created));
}

fn card(label: &str, phases: &[Json], input: &Element) -> Element {
    let names: Vec<String> = phases
        .iter()
        .filter_map(|phase| phase.text("label").or_else(|| phase.text("id")))
        .collect();
    let number = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let summary = format!("{}: {}", counted(number, "phase", "phases"), names.join(", "));
    Element::new("label", "activity-card").with(&[
        input,
        &said("activity-card__label", label),
        &said("activity-card__summary", &summary),
    ])
}

fn refused_card(label: &str, reason: &str) -> Element {
    Element::new("div", "activity-card").with(&[
        &glyph("error"),
        &said("activity-card__label", &format!("{label} cannot be used")),
        &said("activity-card__error", reason),
    ])
}

fn said(class: &str, text: &str) -> Element {
    Element::new("span", class).attribute("dir", "auto").says(&printable(text))
}

fn problem_line() -> Element {
    Element::new("span", "activity-launcher__problem")
        .attribute("role", "alert")
        .attribute("dir", "auto")
}

fn notice(shape: &str, title: &str, text: &str) -> Element {
    Element::new("div", "activity-card activity-card--notice").with(&[
        &glyph(shape),
        &Element::new("p", "activity-card__label").says(title),
        &Element::new("p", "activity-card__summary").says(&printable(text)),
    ])
}
