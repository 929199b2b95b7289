//! Says the few things that somebody who does not look should hear.
//!
//! Rows, timers and counts are never announced. A lost connection is once it has been lost for a
//! while, and its return only if its loss was: a connection that flaps is not worth a word each
//! time. Of the messages written here only those are that did not arrive. What was said is cleared again, so that whoever reads the page does not come across it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;

use super::{dom::Element, format, live::Live, words};
use crate::{
    activity::{RunState, printable},
    connection::{Delivery, Outcome, State},
    session::{Session, Written},
};

/// How long a connection must be lost before that is said, in milliseconds.
const LOSS_GRACE_MS: u32 = 2_000;

/// How long what was said stays to be heard, in milliseconds.
const KEEP_MS: u32 = 7_000;

/// The longest text that is said, in characters; the page has the rest.
const TEXT_MAX: usize = 150;

/// A live region that is empty unless something has just been said.
#[derive(Clone)]
struct Region {
    element: Element,
    clear: Rc<RefCell<Option<Timeout>>>,
}

impl Region {
    fn new(role: &str) -> Self {
        let element = Element::new("div", "activity-visually-hidden").attribute("role", role);
        Self { element, clear: Rc::default() }
    }

    fn say(&self, text: &str) {
        self.element.say(&format::shortened(text, TEXT_MAX));
        let element = self.element.clone();
        *self.clear.borrow_mut() = Some(Timeout::new(KEEP_MS, move || element.say("")));
    }
}

/// How the connection stands, as far as that is worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The first connection is still to come.
    Starting,
    Current,
    Lost,
    Failed(&'static str),
}

/// The polite and the assertive region.
pub(super) fn announce(live: &Live) -> [Element; 2] {
    let (polite, assertive) = (Region::new("status"), Region::new("alert"));
    let regions = [polite.element.clone(), assertive.element.clone()];
    let is_loss_said = Rc::new(Cell::new(false));
    let mut grace = None;
    let (mut standing_then, mut run_then, mut was_live) = (None, None, false);
    let mut undelivered_then = 0;
    live.each(Box::new(move |session, _| {
        let standing = standing(session);
        let standing_before = standing_then.replace(standing).unwrap_or(standing);
        if standing != standing_before {
            grace = None;
            match standing {
                Standing::Starting => {}
                Standing::Lost => {
                    let (polite, is_loss_said) = (polite.clone(), Rc::clone(&is_loss_said));
                    let words = loss_words(session);
                    grace = Some(Timeout::new(LOSS_GRACE_MS, move || {
                        is_loss_said.set(true);
                        polite.say(&words);
                    }));
                }
                Standing::Current => {
                    if is_loss_said.replace(false) {
                        polite.say("Connection restored.");
                    }
                }
                Standing::Failed(title) => assertive.say(title),
            }
        }
        let undelivered: Vec<&Written> =
            session.messages().filter(|it| words::is_undelivered(&it.delivery)).collect();
        if undelivered.len() > std::mem::replace(&mut undelivered_then, undelivered.len())
            && let Some(message) = undelivered.last()
        {
            let why = words::delivery(&message.delivery, false, false);
            polite.say(&format!("A message was not delivered. {why}"));
        }
        // Nothing of the past is news but how it ended.
        let run = session.activity().run.state;
        let is_news = was_live || matches!(run, RunState::Ended(_));
        was_live = session.is_live();
        if run != run_then.replace(run).unwrap_or_default() && is_news {
            match run {
                RunState::None => {}
                RunState::Running => polite.say("The run has started."),
                RunState::Ended(Outcome::Error) => assertive.say(&end_words(session)),
                RunState::Ended(Outcome::Complete | Outcome::Cancelled) => {
                    polite.say(&end_words(session));
                }
            }
        }
        // Named so that the timer lives on in this closure between calls.
        let _ = &grace;
    }));
    regions
}

fn standing(session: &Session) -> Standing {
    match session.state() {
        State::Connected | State::Ended(_) => Standing::Current,
        State::Failed(failure) => Standing::Failed(words::failure_title(failure)),
        _ if session.heard_at().is_some() => Standing::Lost,
        _ => Standing::Starting,
    }
}

/// Which messages the loss leaves in doubt is said with it, and not for each of them.
fn loss_words(session: &Session) -> String {
    let is_in_doubt = |message: &&Written| message.delivery == Delivery::Uncertain;
    let number = session.messages().filter(is_in_doubt).count();
    let mut text = "Connection lost. Trying to reconnect.".to_owned();
    if number > 0 {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        text.push_str(" Not known whether ");
        text.push_str(&format::counted(number, "message", "messages"));
        text.push_str(" arrived.");
    }
    text
}

fn end_words(session: &Session) -> String {
    let run = &session.activity().run;
    let RunState::Ended(outcome) = run.state else { return String::new() };
    let mut text = words::outcome(outcome).to_owned();
    if let Some(milliseconds) = format::run_ms(run) {
        text.push_str(" after ");
        text.push_str(&format::duration(milliseconds));
    }
    if let Some(message) = run.message.as_deref().filter(|_| outcome == Outcome::Error) {
        text.push_str(": ");
        text.push_str(&printable(message));
    }
    text
}
