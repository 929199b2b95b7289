//! A followed session, and what on the page follows it.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use gloo_timers::callback::Timeout;
use web_sys::Event;

use super::dom::{Element, Slot};
use crate::{
    activity::LogBounds,
    connection::{Config, Endpoint, EndpointError},
    dialect::DialectKind,
    session::Session,
    time::{Instant, whole_ms},
    web::{Driver, Frame, TokenProvider, random_seed, wall_ms},
};

/// How long the page is left alone, in milliseconds. Half a second, so that no clock on it skips a
/// second. A page that is hidden has no frames and is not looked at again before it is seen.
const TICK_MS: u32 = 500;

/// While the past comes in, faster than anybody reads, a picture of it stays this long: to lay out
/// and paint each frame's worth took a third of the time that the page needed for all of it.
const PAST_STAYS: Duration = Duration::from_millis(100);

/// How many rows since the last picture make it the past that comes in, and not a few latecomers.
const PAST_ROWS: u64 = 100;

/// A followed session, the parts of the page that follow it, and what the page's controls do.
///
/// Dropping it ends all of that: the socket, the timers, the handlers.
pub(super) struct Live(Rc<Inner>);

/// A session that may no longer be followed.
#[derive(Clone)]
pub(super) struct WeakLive(Weak<Inner>);

impl WeakLive {
    /// The session, if it is still followed.
    pub(super) fn upgrade(&self) -> Option<Live> {
        self.0.upgrade().map(Live)
    }

    /// Reads the session, if it is still followed.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        Some(read(&self.0.upgrade()?.driver.session()))
    }
}

/// What is followed, as far as the views need to know.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// The session's id.
    pub(super) session: String,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    pub(super) is_own_server: bool,
}

struct Inner {
    followed: Followed,
    driver: Driver,
    parts: RefCell<Vec<Part>>,
    last: RefCell<Option<Part>>,
    /// What lives for as long as the session is followed.
    kept: RefCell<Vec<Box<dyn Any>>>,
    frame: Frame,
    tick: RefCell<Option<Timeout>>,
    /// When the page was last brought up to date, and up to which row.
    painted: Cell<Option<(Instant, u64)>>,
}

/// Brings one part of the page up to date.
type Part = Box<dyn FnMut(&Session, Clock)>;

/// What is done at an event.
type Handle = Box<dyn FnMut(&Driver, &Event)>;

/// The clocks that a view needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The instant that the session's own instants compare with.
    pub(super) now: Instant,
    /// The wall clock, in milliseconds since 1970, as running durations are to be shown: it stands
    /// still while the connection cannot vouch for what is shown.
    pub(super) shown_ms: i64,
    /// When a message last came in, in milliseconds since 1970.
    pub(super) heard_ms: Option<i64>,
}

impl Live {
    /// A session that is to be followed once [`Self::start`] is called.
    pub(super) fn new(
        config: Config,
        dialect: DialectKind,
        endpoint: Result<Endpoint, EndpointError>,
        bounds: LogBounds,
        followed: Followed,
    ) -> Self {
        let session = Session::new(config, dialect, endpoint, bounds, random_seed());
        Self(Rc::new_cyclic(|inner: &Weak<Inner>| {
            let (painted, changed) = (inner.clone(), inner.clone());
            Inner {
                followed,
                driver: Driver::new(session, move || request_frame(&changed)),
                parts: RefCell::default(),
                last: RefCell::default(),
                kept: RefCell::default(),
                frame: Frame::new(move || {
                    if let Some(inner) = painted.upgrade() {
                        inner.paint();
                    }
                }),
                tick: RefCell::default(),
                painted: Cell::default(),
            }
        }))
    }

    /// What is followed.
    pub(super) fn followed(&self) -> &Followed {
        &self.0.followed
    }

    /// From now on, tokens come from there, if from anywhere.
    pub(super) fn set_token_provider(&self, provider: Option<TokenProvider>) {
        if let Some(provider) = provider {
            self.0.driver.set_token_provider(provider);
        }
    }

    /// Begins to follow, and shows how things stand.
    pub(super) fn start(&self) {
        self.0.driver.connect();
        self.0.paint();
    }

    /// The text of `element` follows the session.
    pub(super) fn text(&self, element: &Element, read: fn(&Session, Clock) -> String) {
        let mut slot = Slot::text(element);
        self.each(Box::new(move |session, clock| slot.set(Some(&read(session, clock)))));
    }

    /// An attribute of `element` follows the session; absent while there is no value.
    pub(super) fn attribute(
        &self,
        element: &Element,
        name: &'static str,
        read: fn(&Session) -> Option<&str>,
    ) {
        let mut slot = Slot::attribute(element, name);
        self.each(Box::new(move |session, _| slot.set(read(session))));
    }

    /// Whether `element` is there follows the session.
    pub(super) fn shown_if(&self, element: &Element, is_shown: fn(&Session) -> bool) {
        let mut slot = Slot::attribute(element, "hidden");
        self.each(Box::new(move |session, _| slot.set((!is_shown(session)).then_some(""))));
    }

    /// `part` is called once per frame in which the session, or something on the page, has changed.
    pub(super) fn each(&self, part: Part) {
        self.0.parts.borrow_mut().push(part);
    }

    /// As [`Self::each`], after all that is called so, now or later. There is one such part: it
    /// scrolls, for which the browser lays out all of the page, and would have to do so once more for
    /// whatever is changed after it.
    pub(super) fn last(&self, part: Part) {
        *self.0.last.borrow_mut() = Some(part);
    }

    /// `handle` is called with every event of this name on `element`, and the page brought up to
    /// date after it.
    pub(super) fn on(&self, element: &Element, name: &'static str, mut handle: Handle) {
        let inner = Rc::downgrade(&self.0);
        let handler = move |event: Event| {
            if let Some(inner) = inner.upgrade() {
                handle(&inner.driver, &event);
                inner.frame.request();
            }
        };
        self.keep(Box::new(element.on(name, Box::new(handler))));
    }

    /// The session, without following it.
    pub(super) fn downgrade(&self) -> WeakLive {
        WeakLive(Rc::downgrade(&self.0))
    }

    /// Brings the page up to date at the next frame, for as long as the session is followed.
    pub(super) fn toucher(&self) -> impl Fn() + use<> {
        let inner = Rc::downgrade(&self.0);
        move || request_frame(&inner)
    }

    /// Reads the record of the connection; empty once the session is no longer followed.
    pub(super) fn record_reader(&self) -> impl Fn() -> String + use<> {
        let inner = Rc::downgrade(&self.0);
        move || inner.upgrade().map_or_else(String::new, |it| it.driver.record())
    }

    /// Keeps something for as long as the session is followed.
    pub(super) fn keep(&self, something: Box<dyn Any>) {
        self.0.kept.borrow_mut().push(something);
    }
}

fn request_frame(inner: &Weak<Inner>) {
    if let Some(inner) = inner.upgrade() {
        inner.frame.request();
    }
}

impl Inner {
    fn paint(self: &Rc<Self>) {
        let session = self.driver.session();
        let clock = self.clock(&session);
        let end = session.activity().log.end();
        let is_past = !session.is_live()
            && self.painted.get().is_some_and(|(at, row)| {
                end.saturating_sub(row) >= PAST_ROWS && clock.now.since(at) < PAST_STAYS
            });
        if is_past {
            self.frame.request();
            return;
        }
        self.painted.set(Some((clock.now, end)));
        let (mut parts, mut last) = (self.parts.borrow_mut(), self.last.borrow_mut());
        for part in parts.iter_mut().chain(last.as_mut()) {
            part(&session, clock);
        }
        drop((parts, last));
        self.tick.borrow_mut().get_or_insert_with(|| {
            let inner = Rc::downgrade(self);
            Timeout::new(TICK_MS, move || {
                if let Some(inner) = inner.upgrade() {
                    inner.tick.take();
                    inner.frame.request();
                }
            })
        });
    }

    fn clock(&self, session: &Session) -> Clock {
        let (now, wall) = (self.driver.now(), wall_ms());
        let heard_ms = session
            .heard_at()
            .map(|heard| wall.saturating_sub_unsigned(whole_ms(now.since(heard))));
        let shown_ms = if session.state().is_current() { wall } else { heard_ms.unwrap_or(wall) };
        Clock { now, shown_ms, heard_ms }
    }
}
