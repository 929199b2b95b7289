//! Says the few things that somebody who does not look should hear.
//!
//! Rows, timers and counts are never announced. A lost connection is once it has been lost for a
//! while, and its return only if its loss was: a connection that flaps is not worth a word each
//! time. What becomes of phases is said together for all that comes within a while, which does not
//! begin anew with each: however fast they change, something is said. Of the messages written here
//! only those are that did not arrive. What was said is cleared again, so that whoever reads the page
//! does not come across it. What is said is decided in the deferred part; the regions do not wait for
//! that.

mod news;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gloo_timers::callback::Timeout;

use super::{dom::Element, format, live::Live, words};
use crate::{
    activity::{RunState, printable},
    connection::{Delivery, Outcome, State},
    session::{Session, Written},
    time::{Instant, whole_ms},
};
use news::PhaseNews;

/// How long a connection must be lost before that is said, in milliseconds.
const LOSS_GRACE: Duration = Duration::from_secs(2);

/// How far apart two losses must be for both to be said.
const LOSSES_APART: Duration = Duration::from_secs(30);

/// How long the changes of phases are gathered, and how far apart two sentences on them are.
const GATHER: Duration = Duration::from_secs(1);
const NEWS_APART: Duration = Duration::from_secs(8);

/// How long what was said stays to be heard, in milliseconds.
const KEEP_MS: u32 = 7_000;

/// The longest text that is said, in characters; the page has the rest.
const TEXT_MAX: usize = 150;

/// A live region that is empty unless something has just been said.
#[derive(Clone)]
pub(super) struct Region {
    element: Element,
    clear: Rc<RefCell<Option<Timeout>>>,
}

impl Region {
    fn new(role: &str) -> Self {
        let element = Element::new("div", "activity-visually-hidden").attribute("role", role);
        Self { element, clear: Rc::default() }
    }

    /// The region's element.
    pub(super) const fn element(&self) -> &Element {
        &self.element
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

/// The polite and the assertive region, which are there from the beginning: regions that are added
/// to a page later are not heard by everybody.
pub(super) fn regions() -> [Region; 2] {
    ["status", "alert"].map(Region::new)
}

/// Says what is to be said in the polite and the assertive region.
pub(super) fn announce(live: &Live, [polite, assertive]: [Region; 2]) {
    let is_loss_said = Rc::new(Cell::new(false));
    let mut grace = None;
    let mut may_say_loss: Option<Instant> = None;
    let (news, mut may_say_news) = (Rc::new(RefCell::new(PhaseNews::default())), None);
    let gathering: Rc<RefCell<Option<Timeout>>> = Rc::default();
    // A connection that had failed before anybody could say so is news, too.
    let (mut standing_then, mut run_then, mut was_live) = (Standing::Starting, None, false);
    let mut undelivered_then = 0;
    live.each(Box::new(move |session, clock| {
        let standing = standing(session);
        if standing != std::mem::replace(&mut standing_then, standing) {
            grace = None;
            match standing {
                Standing::Starting => {}
                Standing::Lost => {
                    let (polite, is_loss_said) = (polite.clone(), Rc::clone(&is_loss_said));
                    let words = loss_words(session);
                    let wait = wait(clock.now, may_say_loss, LOSS_GRACE);
                    grace = Some(Timeout::new(wait, move || {
                        is_loss_said.set(true);
                        polite.say(&words);
                    }));
                }
                Standing::Current => {
                    if is_loss_said.replace(false) {
                        may_say_loss = Some(clock.now + LOSSES_APART);
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
        let mut phase_news = news.borrow_mut();
        phase_news.note(session.activity().phases.list(), was_live && session.is_live());
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
        if matches!(run, RunState::Ended(_)) {
            // How it ended says it for all of them.
            phase_news.take();
            gathering.take();
        } else if !phase_news.is_empty() && gathering.borrow().is_none() {
            let wait = wait(clock.now, may_say_news, GATHER);
            may_say_news = Some(clock.now + Duration::from_millis(wait.into()) + NEWS_APART);
            let (polite, news) = (polite.clone(), Rc::clone(&news));
            let gathered = Rc::clone(&gathering);
            let say = move || {
                polite.say(&news.borrow_mut().take());
                gathered.take();
            };
            *gathering.borrow_mut() = Some(Timeout::new(wait, say));
        }
        // Named so that the timer lives on in this closure between calls.
        let _ = &grace;
    }));
}

/// How long to wait, in milliseconds: at least so long, and until it is time.
fn wait(now: Instant, until: Option<Instant>, least: Duration) -> u32 {
    let wait = until.map_or(least, |until| until.since(now).max(least));
    u32::try_from(whole_ms(wait)).unwrap_or(u32::MAX)
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
