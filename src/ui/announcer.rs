//! Says the few things that somebody who does not look should hear.
//!
//! Rows, timers and counts are never announced. A lost connection is once it has been lost for a
//! while, and its return only if its loss was: a connection that flaps is not worth a word each
//! time. What becomes of phases is said together for all that comes within a while, which does not
//! begin anew with each: however fast they change, something is said. Of the messages written here
//! only those are that did not arrive. What was said is cleared again, so that whoever reads the page
//! does not come across it. What is said is decided in the deferred part; the regions do not wait for
//! that.

mod connection;
mod phases;

use std::time::Duration;

use super::{dom::Element, format, live::Live, note::Note, words};
use crate::{
    activity::{RunState, printable},
    connection::Outcome,
    session::{Session, Written},
    time::{Instant, whole_ms},
};

/// How long what was said stays to be heard, in milliseconds.
const KEEP_MS: u32 = 7_000;

/// The longest text that is said, in characters; the page has the rest.
const TEXT_MAX: usize = 150;

/// A live region that is empty unless something has just been said.
#[derive(Clone)]
pub(super) struct Region(Note);

impl Region {
    fn new(role: &str) -> Self {
        let element = Element::new("div", "activity-visually-hidden").attribute("role", role);
        Self(Note::new(element, KEEP_MS))
    }

    /// The region's element.
    pub(super) const fn element(&self) -> &Element {
        self.0.element()
    }

    fn say(&self, text: &str) {
        self.0.say(&format::shortened(text, TEXT_MAX));
    }
}

/// The polite and the assertive region, which are there from the beginning: regions that are added
/// to a page later are not heard by everybody.
pub(super) fn regions() -> [Region; 2] {
    ["status", "alert"].map(Region::new)
}

/// Says what is to be said in the polite and the assertive region.
pub(super) fn announce(live: &Live, [polite, assertive]: [Region; 2]) {
    connection::announce(live, polite.clone(), assertive.clone());
    announce_undelivered(live, polite.clone());
    phases::announce(live, polite.clone());
    // The last, as what it says stands for all that is said with it.
    announce_run(live, polite, assertive);
}

/// Says of messages written here that they did not arrive.
fn announce_undelivered(live: &Live, polite: Region) {
    let mut then = 0;
    live.each(Box::new(move |session, _| {
        let undelivered: Vec<&Written> =
            session.messages().filter(|it| words::is_undelivered(&it.delivery)).collect();
        if undelivered.len() > std::mem::replace(&mut then, undelivered.len())
            && let Some(message) = undelivered.last()
        {
            let why = words::delivery(&message.delivery, false, false);
            polite.say(&format!("A message was not delivered. {why}"));
        }
    }));
}

/// Says that the run has started, and how it ended.
fn announce_run(live: &Live, polite: Region, assertive: Region) {
    let (mut then, mut was_live) = (None, false);
    live.each(Box::new(move |session, _| {
        let run = session.activity().run.state;
        // Nothing of the past is news but how it ended, and what it waits for.
        let is_news = was_live || matches!(run, RunState::Waiting | RunState::Ended(_));
        was_live = session.is_live();
        let before = then.replace(run).unwrap_or_default();
        if run == before || !is_news {
            return;
        }
        match run {
            RunState::None => {}
            RunState::Running if before == RunState::Waiting => polite.say("The run goes on."),
            RunState::Running => polite.say("The run has started."),
            RunState::Waiting => assertive.say(&waiting_words(session)),
            RunState::Ended(Outcome::Error) => assertive.say(&end_words(session)),
            RunState::Ended(Outcome::Complete | Outcome::Cancelled) => {
                polite.say(&end_words(session));
            }
        }
    }));
}

fn waiting_words(session: &Session) -> String {
    let message = session.activity().run.message.as_deref().unwrap_or_default();
    format!("{}: {}", words::WAITING, printable(message))
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

/// How long to wait, in milliseconds: at least so long, and until it is time.
fn wait(now: Instant, until: Option<Instant>, least: Duration) -> u32 {
    let wait = until.map_or(least, |until| until.since(now).max(least));
    u32::try_from(whole_ms(wait)).unwrap_or(u32::MAX)
}
