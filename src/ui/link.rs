//! What the views hold of a followed session.

use std::{cell::Cell, rc::Rc};

use gloo_timers::callback::Interval;
use leptos::prelude::*;

use crate::{
    activity::LogBounds,
    connection::{Config, Endpoint, EndpointError},
    session::Session,
    time::Instant,
    web::{Driver, random_seed, wall_ms},
};

/// How often clocks on the page are looked at, in milliseconds. Twice a second, so that none of
/// them skips a second.
const TICK_MS: u32 = 500;

/// A followed session, for as long as the component that opened it is mounted.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    driver: StoredValue<Driver, LocalStorage>,
    revision: RwSignal<u64>,
}

/// The clocks that a view needs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The instant that the session's own instants compare with.
    pub now: Instant,
    /// The wall clock, in milliseconds since 1970, as running durations are to be shown: it stands
    /// still while the connection cannot vouch for what is shown.
    pub shown_ms: i64,
    /// When a message last came in, in milliseconds since 1970.
    pub heard_ms: Option<i64>,
}

impl Link {
    /// Starts to follow a session. It is let go when the present reactive owner is.
    #[must_use]
    pub fn open(config: Config, endpoint: Result<Endpoint, EndpointError>) -> Self {
        let revision = RwSignal::new(0);
        let session = Session::new(config, endpoint, LogBounds::default(), random_seed());
        let driver = Driver::new(session, once_per_frame(revision));
        driver.connect();
        let tick = Interval::new(TICK_MS, move || bump(revision));
        // Stored so that it ends with the owner.
        StoredValue::new_local(tick);
        Self { driver: StoredValue::new_local(driver), revision }
    }

    /// Reads the session as it stands; `None` once the link is let go.
    pub fn read<T>(self, read: impl FnOnce(&Session, Clock) -> T) -> Option<T> {
        self.driver.try_with_value(|driver| {
            let session = driver.session();
            let clock = clock(driver, &session);
            read(&session, clock)
        })
    }

    /// Has whoever calls this called again after every change, once per frame at the most.
    pub fn track(self) {
        self.revision.track();
    }

    /// Has whoever tracks the link called again, after a change of their own.
    pub fn touch(self) {
        bump(self.revision);
    }

    /// Attempts to connect now instead of when the wait is over.
    pub fn reconnect(self) {
        self.driver.try_with_value(Driver::reconnect);
    }
}

fn clock(driver: &Driver, session: &Session) -> Clock {
    let (now, wall) = (driver.now(), wall_ms());
    let heard_ms = session.heard_at().map(|heard| {
        let ago = now.since(heard);
        let ago_ms = ago.as_secs().saturating_mul(1_000) + u64::from(ago.subsec_millis());
        wall.saturating_sub_unsigned(ago_ms)
    });
    let shown_ms = if session.state().is_current() { wall } else { heard_ms.unwrap_or(wall) };
    Clock { now, shown_ms, heard_ms }
}

fn bump(revision: RwSignal<u64>) {
    // What is disposed of has nobody left who looks.
    revision.try_update(|revision| *revision += 1);
}

/// Bumps `revision` at the next frame, once, however often it is asked to before that.
///
/// A hidden page has no frames: what came in meanwhile is painted when it is looked at again.
fn once_per_frame(revision: RwSignal<u64>) -> impl Fn() {
    let is_scheduled = Rc::new(Cell::new(false));
    move || {
        if !is_scheduled.replace(true) {
            let is_scheduled = Rc::clone(&is_scheduled);
            request_animation_frame(move || {
                is_scheduled.set(false);
                bump(revision);
            });
        }
    }
}
