//! A driver on its own, without a view.

use std::{cell::Cell, rc::Rc, time::Duration};

use agent_activity::{
    activity::LogBounds,
    connection::{Config, Delivery, Endpoint, EndpointError, State},
    dialect::DialectKind,
    session::Session,
    web::Driver,
};

use super::browser::{Browser, endpoint, turn};

/// A driver, and how often it said that something has changed.
pub(super) struct Driven {
    pub(super) driver: Driver,
    pub(super) changes: Rc<Cell<u32>>,
}

impl Driven {
    /// A driver that has begun to connect.
    pub(super) fn new(configure: impl FnOnce(&mut Config)) -> Self {
        let driven = Self::idle(endpoint(), configure);
        driven.driver.connect();
        driven
    }

    /// A driver that has not been asked to connect.
    pub(super) fn idle(
        endpoint: Result<Endpoint, EndpointError>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        config.backoff_floor(Duration::from_millis(20)).backoff_base(Duration::from_millis(10));
        configure(&mut config);
        let changes = Rc::new(Cell::new(0));
        let session = Session::new(config, DialectKind::Auto, endpoint, LogBounds::default(), 7);
        let driver = Driver::new(session, {
            let changes = Rc::clone(&changes);
            move || changes.set(changes.get() + 1)
        });
        Self { driver, changes }
    }

    /// A driver that is connected to a server with nothing of the past.
    pub(super) fn connected(browser: &Browser, configure: impl FnOnce(&mut Config)) -> Self {
        let driven = Self::new(configure);
        browser.socket().greet();
        driven
    }

    pub(super) fn state(&self) -> State {
        self.driver.session().state().clone()
    }

    /// The name of the state.
    pub(super) fn stands(&self) -> &'static str {
        self.driver.session().state().name()
    }

    pub(super) fn entries(&self) -> u64 {
        self.driver.session().activity().entries
    }

    /// Where the message of this id is.
    pub(super) fn delivery(&self, id: &str) -> Delivery {
        let session = self.driver.session();
        let written = session.messages().find(|written| written.id == id);
        written.expect("it was written here").delivery.clone()
    }

    /// Drops the driver, after which nothing is left, and nothing happens.
    pub(super) async fn drop_in(self, browser: &Browser) {
        let (changes, sockets) = (Rc::clone(&self.changes), browser.sockets().len());
        let changed = changes.get();
        drop(self);
        browser.check_nothing_left();
        turn().await;
        assert_eq!((changes.get(), browser.sockets().len()), (changed, sockets));
    }
}
