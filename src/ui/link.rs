//! What the views hold of a followed session.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::*;

use crate::{
    activity::LogBounds,
    connection::{Config, Endpoint, EndpointError},
    session::Session,
    web::{Driver, random_seed, wall_ms},
};

/// How often clocks on the page are looked at, in milliseconds. Twice a second, so that none of
/// them skips a second.
const TICK_MS: u32 = 500;

/// A followed session, for as long as the component that made it is mounted.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    driver: StoredValue<Driver, LocalStorage>,
    revision: RwSignal<u64>,
    tick: RwSignal<u64>,
}

impl Link {
    /// Starts to follow a session. It is let go when the present reactive owner is.
    #[must_use]
    pub fn open(config: Config, endpoint: Result<Endpoint, EndpointError>) -> Self {
        let revision = RwSignal::new(0);
        let session = Session::new(config, endpoint, LogBounds::default(), random_seed());
        let driver = Driver::new(session, once_per_frame(revision));
        let link = Self {
            driver: StoredValue::new_local(driver.clone()),
            revision,
            tick: RwSignal::new(0),
        };
        driver.connect();
        let interval = gloo_timers::callback::Interval::new(TICK_MS, move || {
            link.tick.try_update(|tick| *tick += 1);
        });
        // The interval, too, ends with the owner.
        StoredValue::new_local(interval);
        link
    }

    /// Reads the session, and again whenever it has changed: at most once per frame.
    pub fn read<T>(self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.revision.track();
        self.driver.try_with_value(|driver| read(&driver.session()))
    }

    /// Reads the session and its clocks, and again whenever either has changed.
    pub fn read_with_clock<T>(self, read: impl FnOnce(&Session, Clock) -> T) -> Option<T> {
        self.revision.track();
        self.tick.track();
        self.driver.try_with_value(|driver| {
            let session = driver.session();
            let now = driver.now();
            let wall = wall_ms();
            let age = |instant| i64::try_from(now.since(instant).as_millis()).unwrap_or(i64::MAX);
            let heard_ms = session.heard_at().map(|heard| wall.saturating_sub(age(heard)));
            let shown_ms =
                if session.state().is_current() { wall } else { heard_ms.unwrap_or(wall) };
            read(&session, Clock { now, shown_ms, heard_ms })
        })
    }

    /// Attempts to connect now instead of when the wait is over.
    pub fn reconnect(self) {
        self.driver.try_with_value(Driver::reconnect);
    }
}

/// The clocks that a view needs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The instant that the session's own instants compare with.
    pub now: crate::time::Instant,
    /// The wall clock, in milliseconds since 1970, as running durations are to be shown: it stands
    /// still while the connection cannot vouch for what is shown.
    pub shown_ms: i64,
    /// When a message last came in, in milliseconds since 1970.
    pub heard_ms: Option<i64>,
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
                revision.try_update(|revision| *revision += 1);
            });
        }
    }
}
