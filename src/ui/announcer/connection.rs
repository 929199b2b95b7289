//! That the connection is lost, is back, or has failed.

use std::{cell::Cell, rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;

use super::{Region, wait};
use crate::{
    connection::{Delivery, State},
    session::{Session, Written},
    time::Instant,
    ui::{format, live::Live, words},
};

/// How long a connection must be lost before that is said.
const LOSS_GRACE: Duration = Duration::from_secs(2);

/// How far apart two losses must be for both to be said.
const LOSSES_APART: Duration = Duration::from_secs(30);

/// How the connection stands, as far as that is worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The first connection is still to come.
    Starting,
    Current,
    Lost,
    Failed(&'static str),
}

/// Says losses and returns politely, and failures at once.
pub(super) fn announce(live: &Live, polite: Region, assertive: Region) {
    let is_loss_said = Rc::new(Cell::new(false));
    let mut grace = None;
    let mut may_say_loss: Option<Instant> = None;
    // A connection that had failed before anybody could say so is news, too.
    let mut then = Standing::Starting;
    live.each(Box::new(move |session, clock| {
        let standing = standing(session);
        if standing == std::mem::replace(&mut then, standing) {
            return;
        }
        // A loss that is over before it was said is not said.
        drop(grace.take());
        match standing {
            Standing::Starting => {}
            Standing::Lost => {
                let (polite, is_loss_said) = (polite.clone(), Rc::clone(&is_loss_said));
                let words = loss_words(session);
                grace = Some(Timeout::new(wait(clock.now, may_say_loss, LOSS_GRACE), move || {
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
    }));
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
