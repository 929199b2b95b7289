//! What goes on while nobody sees the page.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::callback::Interval;

use super::live::Live;
use crate::session::Session;

/// How often a page that nobody sees, and that therefore has no frames, is looked at, in
/// milliseconds. Browsers let such a page do so once a second, and after minutes once a minute.
const UNSEEN_MS: u32 = 1_000;

/// `look` is called as by [`Live::each`], and once a second though nobody sees the page, for as long
/// as the session is followed.
pub(super) fn each_unseen(live: &Live, look: impl FnMut(&Session) + 'static) {
    let look = Rc::new(RefCell::new(look));
    let (seen, followed) = (Rc::clone(&look), live.downgrade());
    live.each(Box::new(move |session, _| (seen.borrow_mut())(session)));
    live.keep(Box::new(Interval::new(UNSEEN_MS, move || {
        followed.read(|session| (look.borrow_mut())(session));
    })));
}
