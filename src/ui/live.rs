//! A followed session, and what on the page follows it.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use gloo_timers::callback::Timeout;
use web_sys::Event;

use super::{
    dom::{Element, Slot},
    format::utc_ms,
    pace::{Due, Moment, Pace, REST_STAYS_MS},
};
use crate::{
    activity::{LogBounds, RunState},
    connection::{Config, Endpoint, EndpointError},
    dialect::{DialectKind, MakeReader},
    session::Session,
    time::{Instant, whole_ms},
    web::{Driver, Frame, TokenProvider, random_seed, wall_ms},
};

/// How long the page is left alone, in milliseconds. Half a second, so that no clock on it skips a
/// second. A page that is hidden has no frames and is not looked at again before it is seen.
const TICK_MS: u32 = 500;

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
    /// Whether somebody can ask to be notified of the run's end.
    pub(super) notifies: bool,
}

struct Inner {
    followed: Followed,
    driver: Driver,
    parts: RefCell<Vec<Part>>,
    last: RefCell<Option<Part>>,
    /// What lives for as long as the session is followed.
    kept: RefCell<Vec<Box<dyn Any>>>,
    frame: Frame,
    tick: RefCell<Option<Tick>>,
    pace: Cell<Pace>,
    /// Whether something on the page was touched since it was last brought up to date.
    is_touched: Cell<bool>,
}

/// The frame after which the page was left alone.
struct Tick {
    /// Whether something waits to be shown.
    is_behind: bool,
    _timer: Timeout,
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
    /// A session that is to be followed once [`Self::connect`] is called.
    pub(super) fn new(
        config: Config,
        dialect: DialectKind,
        endpoint: Result<Endpoint, EndpointError>,
        bounds: LogBounds,
        followed: Followed,
    ) -> Self {
        let session = Session::before_learning(config, dialect, endpoint, bounds, random_seed());
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
                pace: Cell::default(),
                is_touched: Cell::default(),
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

    /// AG-UI can be read from now on.
    pub(super) fn learn(&self, make: MakeReader) {
        self.0.driver.learn(make);
    }

    /// Begins to follow. What the browser does for that takes its time, and goes on while the page is
    /// made.
    pub(super) fn connect(&self) {
        self.0.driver.connect();
    }

    /// Has something read into the session, which is not followed.
    pub(super) fn replay<T>(&self, read: impl FnOnce(&mut Session, Instant) -> T) -> T {
        self.0.driver.replay(read)
    }

    /// Shows how things stand.
    pub(super) fn show(&self) {
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

    /// `part` is called after the session has changed, ten times a second at the most, and in the
    /// frame after something on the page was touched.
    pub(super) fn each(&self, part: Part) {
        self.0.parts.borrow_mut().push(part);
    }

    /// `part` is called once per frame in which the session, or something on the page, has changed,
    /// after all that [`Self::each`] is called with, now or later. There is one such part: it
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
                inner.touch();
            }
        };
        self.keep(Box::new(element.on(name, Box::new(handler))));
    }

    /// `handle` is called whenever `element` was scrolled, by somebody or by us, and says whether the
    /// page is to be brought up to date.
    pub(super) fn on_scroll(&self, element: &Element, handle: impl Fn() -> bool + 'static) {
        let touch = self.toucher();
        let handler = move |_| {
            if handle() {
                touch();
            }
        };
        self.keep(Box::new(element.on("scroll", Box::new(handler))));
    }

    /// The session, without following it.
    pub(super) fn downgrade(&self) -> WeakLive {
        WeakLive(Rc::downgrade(&self.0))
    }

    /// Brings the page up to date at the next frame, for as long as the session is followed.
    pub(super) fn toucher(&self) -> impl Fn() + Clone + use<> {
        let inner = Rc::downgrade(&self.0);
        move || {
            if let Some(inner) = inner.upgrade() {
                inner.touch();
            }
        }
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
    fn touch(&self) {
        self.is_touched.set(true);
        self.frame.request();
    }

    fn paint(self: &Rc<Self>) {
        let session = self.driver.session();
        let clock = self.clock(&session);
        let mut pace = self.pace.get();
        let due = pace.next(Moment {
            now: clock.now,
            end: session.activity().log.end(),
            is_live: session.is_live(),
            is_over: matches!(session.activity().run.state, RunState::Ended(_)),
            is_touched: self.is_touched.take(),
        });
        self.pace.set(pace);
        if due == Due::Nothing {
            self.frame.request();
            return;
        }
        if due == Due::All {
            for part in self.parts.borrow_mut().iter_mut() {
                part(&session, clock);
            }
        }
        if let Some(part) = self.last.borrow_mut().as_mut() {
            part(&session, clock);
        }
        self.come_back(due == Due::Log);
    }

    /// Looks at the page again after a while; soon where something is due to be shown.
    fn come_back(self: &Rc<Self>, is_behind: bool) {
        let mut tick = self.tick.borrow_mut();
        if tick.as_ref().is_some_and(|tick| tick.is_behind >= is_behind) {
            return;
        }
        let inner = Rc::downgrade(self);
        let timer = Timeout::new(if is_behind { REST_STAYS_MS } else { TICK_MS }, move || {
            if let Some(inner) = inner.upgrade() {
                inner.tick.take();
                inner.frame.request();
            }
        });
        *tick = Some(Tick { is_behind, _timer: timer });
    }

    fn clock(&self, session: &Session) -> Clock {
        let (now, wall) = (self.driver.now(), wall_ms());
        let heard_ms = session
            .heard_at()
            .map(|heard| wall.saturating_sub_unsigned(whole_ms(now.since(heard))));
        // In a recording nothing goes on after its last event.
        let latest_ms = || session.activity().run.latest.map(utc_ms);
        let shown_ms = if session.state().is_current() {
            wall
        } else {
            heard_ms.or_else(latest_ms).unwrap_or(wall)
        };
        Clock { now, shown_ms, heard_ms }
    }
}
