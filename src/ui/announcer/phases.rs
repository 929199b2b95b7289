//! What becomes of phases, said together for all that comes within a while.

mod news;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gloo_timers::callback::Timeout;

use super::{Region, wait};
use crate::{activity::RunState, time::Instant, ui::live::Live};
use news::PhaseNews;

/// How long the changes of phases are gathered.
const GATHER: Duration = Duration::from_secs(1);

/// How far apart two sentences on phases are.
const NEWS_APART: Duration = Duration::from_secs(8);

/// Says the changes of phases politely, until the run ends: how it ended says it for all of them.
pub(super) fn announce(live: &Live, polite: Region) {
    let news = Rc::new(RefCell::new(PhaseNews::default()));
    let is_gathering = Rc::new(Cell::new(false));
    let mut gathering = None;
    let mut may_say: Option<Instant> = None;
    let mut was_live = false;
    live.each(Box::new(move |session, clock| {
        let is_live = session.is_live();
        let is_news = std::mem::replace(&mut was_live, is_live) && is_live;
        let mut changes = news.borrow_mut();
        changes.note(session.activity().phases.list(), is_news);
        if matches!(session.activity().run.state, RunState::Ended(_)) {
            changes.take();
            drop(gathering.take());
            is_gathering.set(false);
        } else if !changes.is_empty() && !is_gathering.replace(true) {
            let wait = wait(clock.now, may_say, GATHER);
            may_say = Some(clock.now + Duration::from_millis(wait.into()) + NEWS_APART);
            let (polite, news) = (polite.clone(), Rc::clone(&news));
            let is_gathering = Rc::clone(&is_gathering);
            gathering = Some(Timeout::new(wait, move || {
                is_gathering.set(false);
                polite.say(&news.borrow_mut().take());
            }));
        }
    }));
}
