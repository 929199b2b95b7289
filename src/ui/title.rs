//! How the run stands, in the title of the page: for those who have it in another tab.

use super::{live::Live, unseen::each_unseen, words};
use crate::{
    activity::{RunState, printable},
    connection::{Outcome, State},
    session::Session,
    web::TitlePrefix,
};

/// Keeps the title up to date for as long as the session is followed, and then as it was before.
pub(super) fn title(live: &Live) {
    if let Some(mut title) = TitlePrefix::new() {
        each_unseen(live, move |session| title.set(&prefix(session)));
    }
}

/// The shape that stands for it first: of a tab little more is seen.
fn prefix(session: &Session) -> String {
    let run = session.activity().run.state;
    if let RunState::Ended(outcome) = run {
        let shape = match outcome {
            Outcome::Complete => '✓',
            Outcome::Error => '✕',
            Outcome::Cancelled => '■',
        };
        return format!("{shape} {} – ", words::outcome(outcome));
    }
    if run == RunState::Waiting {
        return format!("? {} – ", words::WAITING);
    }
    match session.state() {
        State::Connected | State::Ended(_) => {}
        State::Failed(failure) => return format!("✕ {} – ", words::failure_title(failure)),
        _ if session.heard_at().is_some() => return "⚠ Reconnecting – ".to_owned(),
        _ => return String::new(),
    }
    let phases = &session.activity().phases;
    match phases.current().and_then(|index| Some((index, phases.list().get(index)?))) {
        Some((index, phase)) => {
            let (place, all) = (index + 1, phases.list().len());
            format!("▶ {place}/{all} {} – ", printable(&phase.label))
        }
        None if run == RunState::Running => "▶ ".to_owned(),
        None => String::new(),
    }
}
