//! Messages to the agents: a field to write them in, and where each of them is.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlTextAreaElement, KeyboardEvent};

use super::{
    dom::{Element, Slot, glyph},
    format::shortened,
    live::Live,
    words,
};
use crate::{
    activity::printable,
    connection::{Content, Delivery, Intake, Policy, State},
    session::{Session, Written},
    web::{Driver, random_seed},
};

/// How many messages are listed, the newest.
const MESSAGES_SHOWN: usize = 20;

/// How much of a message is listed, in characters.
const TEXT_SHOWN: usize = 1_000;

/// The key code that browsers give to every key that an input method takes for itself; one of them
/// has told the end of the composition by the time that it tells the key which ended it.
const INPUT_METHOD_KEY: u32 = 229;

/// The attribute of a row's button that names the row's message.
const MESSAGE_ID: &str = "data-message";

pub(super) fn composer(live: &Live) -> Element {
    Element::new("div", "activity-composer").with(&[&messages(live), &form(live)])
}

/// Why nothing can be written, if nothing can.
fn closed(session: &Session) -> Option<&'static str> {
    let policy = session.connection().policy();
    let is_taken = match policy.intake {
        Intake::AckedMessages | Intake::Messages => true,
        Intake::Nothing | Intake::Requests => false,
    };
    if matches!(session.state(), State::Ended(_)) {
        Some("The session has ended: its agents get no more messages.")
    } else if !is_taken && policy != Policy::UNKNOWN {
        Some("This server takes no messages.")
    } else {
        None
    }
}

fn form(live: &Live) -> Element {
    let field = Element::new("textarea", "activity-field activity-composer__field")
        .attribute("rows", "1")
        .attribute("dir", "auto")
        .attribute("name", "message");
    // Several components may stand on one page.
    let hint_id = format!("activity-{:x}", random_seed());
    field.set("aria-describedby", Some(&hint_id));
    let hint = Element::new("p", "activity-composer__hint").attribute("id", &hint_id);
    let name = Element::new("span", "").says("Message");
    let label = Element::new("label", "activity-composer__label").with(&[&name, &field]);
    let button = Element::new("button", "activity-button activity-button--primary")
        .attribute("type", "submit")
        .says("Send");
    let form = Element::new("form", "activity-composer__form").with(&[&label, &button, &hint]);

    let text: HtmlTextAreaElement = field.raw().clone().unchecked_into();
    let send = move |driver: &Driver, event: &Event| {
        event.prevent_default();
        let written = text.value();
        let written = written.trim();
        if !written.is_empty() && closed(&driver.session()).is_none() {
            driver.send(written);
            text.set_value("");
        }
    };
    live.on(&form, "submit", Box::new(send.clone()));
    let pressed = move |driver: &Driver, event: &Event| {
        let key: &KeyboardEvent = event.unchecked_ref();
        let is_composing = key.is_composing() || key.key_code() == INPUT_METHOD_KEY;
        if key.key() == "Enter" && !key.shift_key() && !is_composing {
            send(driver, event);
        }
    };
    live.on(&field, "keydown", Box::new(pressed));

    // Not disabled: nobody who stands on one of them is to lose the place.
    let mut read_only = Slot::attribute(&field, "readonly");
    let mut disabled = [&field, &button].map(|it| Slot::attribute(it, "aria-disabled"));
    let mut words = Slot::text(&hint);
    live.each(Box::new(move |session, _| {
        let closed = closed(session);
        read_only.set(closed.map(|_| ""));
        for slot in &mut disabled {
            slot.set(closed.map(|_| "true"));
        }
        words.set(Some(closed.unwrap_or("Enter sends, Shift+Enter begins a new line.")));
    }));
    form
}

fn messages(live: &Live) -> Element {
    let list = Element::new("ol", "activity-composer__messages")
        .attribute("role", "list")
        .attribute("aria-label", "Messages")
        .attribute("tabindex", "0");
    live.shown_if(&list, |session| session.messages().len() > 0);

    let again = move |driver: &Driver, event: &Event| {
        let pressed = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let Some(id) = pressed.and_then(|it| it.get_attribute(MESSAGE_ID)) else { return };
        let text = driver.session().messages().find(|it| it.id == id).and_then(text_of);
        if let Some(text) = text {
            driver.send(&text);
        }
    };
    live.on(&list, "click", Box::new(again));

    let mut rows: Vec<Row> = Vec::new();
    let mut newest = None;
    let scroller = list.clone();
    live.each(Box::new(move |session, _| {
        let count = session.messages().len();
        let shown = session.messages().skip(count.saturating_sub(MESSAGES_SHOWN));
        while rows.len() < count.min(MESSAGES_SHOWN) {
            let row = Row::new();
            scroller.append(&row.item);
            rows.push(row);
        }
        for (row, message) in rows.iter_mut().zip(shown) {
            row.show(message, session);
        }
        let last = session.messages().next_back().map(|message| &message.id);
        if last != newest.as_ref() {
            newest = last.cloned();
            scroller.raw().set_scroll_top(i32::MAX);
        }
    }));
    list
}

fn text_of(message: &Written) -> Option<String> {
    match &message.content {
        Content::Text(text) => Some(text.clone()),
        Content::Cancel => None,
    }
}

/// One message in the document.
struct Row {
    item: Element,
    /// The message that is shown. What it says never changes.
    id: Option<String>,
    delivery: Slot,
    shape: Slot,
    text: Element,
    state: Slot,
    again: Slot,
    again_hidden: Slot,
}

impl Row {
    fn new() -> Self {
        let shape = glyph("pending");
        let text = Element::new("span", "activity-message__text").attribute("dir", "auto");
        let state = Element::new("span", "activity-message__state").attribute("dir", "auto");
        let again = Element::new("button", "activity-button activity-message__again")
            .attribute("type", "button")
            .says("Send again");
        let item = Element::new("li", "activity-message").with(&[&shape, &text, &state, &again]);
        Self {
            id: None,
            delivery: Slot::attribute(&item, "data-delivery"),
            shape: Slot::attribute(&shape, "data-glyph"),
            text,
            state: Slot::text(&state),
            again: Slot::attribute(&again, MESSAGE_ID),
            again_hidden: Slot::attribute(&again, "hidden"),
            item,
        }
    }

    fn show(&mut self, message: &Written, session: &Session) {
        if self.id.as_ref() != Some(&message.id) {
            self.id = Some(message.id.clone());
            self.again.set(Some(&message.id));
            match &message.content {
                Content::Text(text) => self.text.say(&shortened(&printable(text), TEXT_SHOWN)),
                Content::Cancel => self.text.say("Cancel run"),
            }
        }
        let (name, shape) = looks(&message.delivery);
        self.delivery.set(Some(name));
        self.shape.set(Some(shape));
        let has_ended = matches!(session.state(), State::Ended(_));
        let is_queued = !has_ended && session.connection().is_queued(&message.id);
        let is_connected = session.state() == &State::Connected;
        let words = words::delivery(&message.delivery, is_queued, is_connected);
        self.state.set(Some(&words));
        let is_offered = words::is_undelivered(&message.delivery)
            && closed(session).is_none()
            && message.content != Content::Cancel;
        self.again_hidden.set((!is_offered).then_some(""));
    }
}

/// The delivery's name, as the page's `data-delivery` has it, and the shape beside it.
const fn looks(delivery: &Delivery) -> (&'static str, &'static str) {
    match delivery {
        Delivery::Queued => ("queued", "waiting"),
        Delivery::Sent => ("sent", "pending"),
        Delivery::Acked => ("acked", "done"),
        Delivery::Expired { .. } => ("expired", "cancelled"),
        Delivery::Refused(_) => ("refused", "error"),
        Delivery::Uncertain => ("uncertain", "unknown"),
    }
}
