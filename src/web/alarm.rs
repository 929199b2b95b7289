//! The one timer of a driver.

use std::{cell::RefCell, time::Duration};

use gloo_timers::callback::Timeout;

use crate::time::{Instant, whole_ms};

/// The longest wait that a browser's timer takes: it counts milliseconds in 31 bits, and fires at
/// once beyond them (HTML standard, timer initialisation steps).
const WAIT_MAX: Duration = Duration::from_millis(i32::MAX as u64 - 1);

/// One timer, armed again and again, and cancelled when dropped.
#[derive(Default)]
pub(super) struct Alarm(RefCell<Option<Armed>>);

struct Armed {
    at: Instant,
    _timeout: Timeout,
}

impl Alarm {
    /// Arms the alarm for `deadline`, or for nothing.
    ///
    /// An alarm that is armed for an earlier instant is left alone: it will find nothing due and be
    /// armed again then. A deadline that moves with every frame would otherwise cost two calls into
    /// the browser each time.
    pub(super) fn arm(
        &self,
        now: Instant,
        deadline: Option<Instant>,
        ring: impl FnOnce() + 'static,
    ) {
        let mut armed = self.0.borrow_mut();
        let Some(at) = deadline else {
            *armed = None;
            return;
        };
        if armed.as_ref().is_some_and(|armed| armed.at <= at) {
            return;
        }
        let wait = at.since(now).min(WAIT_MAX);
        // Rounded up: a timer that comes early would find nothing due.
        let wait_ms = u32::try_from(whole_ms(wait).saturating_add(1)).unwrap_or(u32::MAX);
        *armed = Some(Armed { at, _timeout: Timeout::new(wait_ms, ring) });
    }

    /// The alarm has rung: nothing is armed any more.
    pub(super) fn rang(&self) {
        *self.0.borrow_mut() = None;
    }
}
