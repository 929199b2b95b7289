//! The log: only the rows on screen are in the document, however many there are.

mod asked;
mod cursor;
mod details;
mod export;
mod finder;
mod gather;
mod heights;
mod permalink;
mod query;
mod rich;
mod row;
mod rows;
mod times;
mod tools;
mod window;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{
    deferred::{Places, Views},
    dom::{Element, Slot},
    format::{count, counted},
    live::Live,
};
use crate::{
    session::Session,
    web::{ResizeWatch, computed_px},
};
use query::{Everything, Query};
use rows::Rows;
pub(super) use tools::tools;
use window::{Extent, Viewport, Window};

/// How far below the end a position may be and still count as the end, in pixels: browsers round
/// fractions away.
const END_PX: i32 = 2;

pub(super) fn log(live: &Live, places: &Places) -> Element {
    let number = Element::new("span", "activity-feed__count");
    live.text(&number, |session, _| counted(session.activity().entries, "entry", "entries"));
    let following = Element::new("span", "activity-feed__following");
    let head = Element::new("div", "activity-feed__head").with(&[
        &Element::new("h2", "").says("Activity"),
        &number,
        &following,
    ]);

    let list = Element::new("ol", "activity-log__rows").attribute("role", "list");
    let scroller = Element::new("div", "activity-log")
        .attribute("role", "log")
        .attribute("aria-live", "off")
        .attribute("aria-label", "Activity")
        .attribute("tabindex", "0")
        .with(&[&list]);
    let place = Element::new("div", "activity-log-place").with(&[&scroller]);
    let empty = Element::new("p", "activity-feed__empty").says("No activity yet");
    let mut empty_hidden = Slot::attribute(&empty, "hidden");
    let jump =
        Element::new("button", "activity-button activity-button--primary activity-log__jump")
            .attribute("type", "button");

    let view = Rc::new(LogView {
        viewport: Cell::new(Viewport::default()),
        is_following: Cell::new(true),
        extent: Cell::new(Extent::default()),
        entries: Cell::new(0),
        seen: Cell::new(0),
        top_px: Cell::new(0),
        query: RefCell::new(Rc::new(Everything)),
        paused_at: Cell::new(None),
        rows: RefCell::new(Rows::new(list)),
        scroller: scroller.clone(),
    });
    let scrolled = Rc::clone(&view);
    // What stays in sight beside a long line does so only then: each such element is a layer of its
    // own, which took a tenth of what the page did at full speed.
    let aside = RefCell::new(Slot::attribute(&scroller, "data-aside"));
    live.on_scroll(&scroller, move || {
        let is_aside = scrolled.scroller.raw().scroll_left() != 0;
        aside.borrow_mut().set(is_aside.then_some(""));
        scrolled.scrolled()
    });
    let jumped = Rc::clone(&view);
    live.on(&jump, "click", Box::new(move |_, _| jumped.follow()));
    let (measured, touch, touch_again) = (Rc::clone(&view), live.toucher(), live.toucher());
    live.keep(Box::new(ResizeWatch::new(scroller.raw(), move || {
        measured.measure();
        if measured.is_following.get() {
            // In the frame in which it became lower: the last row never leaves.
            measured.scroll_to_end();
        }
        touch();
    })));

    let tooled = Rc::clone(&view);
    let mut marked = Slot::attribute(&scroller, "data-following");
    let mut following_words = Slot::text(&following);
    let mut jump_hidden = Slot::attribute(&jump, "hidden");
    let mut jump_words = Slot::text(&jump);
    live.last(Box::new(move |session, _| {
        view.count(session);
        let follows = view.is_following.get();
        marked.set(follows.then_some(""));
        following_words.set(Some(if follows {
            "Following the latest"
        } else if view.is_paused() {
            "Paused"
        } else {
            "Scrolled up"
        }));
        jump_hidden.set(follows.then_some(""));
        jump_words.set(Some(&match view.unseen() {
            0 => "Jump to latest".to_owned(),
            new => format!("Jump to latest ({} new)", count(new)),
        }));
        empty_hidden.set((session.activity().log.rows() > 0).then_some(""));
        if view.show(session) {
            touch_again();
        }
    }));
    let feed = Element::new("div", "activity-feed");
    let make = {
        let feed = feed.clone();
        move |views: &Views, live: &Live| (views.log_tools)(live, &tooled, &feed)
    };
    let tools = places.place("activity-tools-place", Box::new(make));
    feed.with(&[&head, &tools, &place, &empty, &jump])
}

/// What is seen of the log.
pub(super) struct LogView {
    viewport: Cell<Viewport>,
    is_following: Cell<bool>,
    extent: Cell<Extent>,
    /// How many entries there are, and were when the log was last followed.
    entries: Cell<u64>,
    seen: Cell<u64>,
    /// The position in which the log was last left, by us or by somebody.
    top_px: Cell<i32>,
    /// Which rows are shown, and what in them is marked.
    query: RefCell<Rc<dyn Query>>,
    /// The line after the last that is shown while nothing new is.
    paused_at: Cell<Option<u64>>,
    rows: RefCell<Rows>,
    scroller: Element,
}

impl LogView {
    /// Writes rows, height and scroll position in one pass: a scroll event that comes later then
    /// always finds them in keeping, and a position above the end is somebody's wish. Whether there
    /// is more to be searched.
    fn show(&self, session: &Session) -> bool {
        let log = &session.activity().log;
        let query = self.query.borrow();
        let is_searching = query.update(log);
        let Extent { start, end } = query.extent(log);
        let end = self.paused_at.get().map_or(end, |paused_at| end.min(paused_at)).max(start);
        let (extent, viewport) = (Extent { start, end }, self.viewport.get());
        let follows = self.is_following.get();
        let before = self.extent.get();
        let dropped_px = query.pixels(before.start..extent.start, viewport.row_px);
        let window = Window::of(extent, viewport, follows, &**query);
        query.will_show(self, window);
        self.extent.set(extent);
        let mut rows = self.rows.borrow_mut();
        rows.show(log, &**query, window, viewport.row_px, follows);
        query.has_shown(self, &mut rows, window);
        let scroller = self.scroller.raw();
        if follows {
            self.scroll_to_end();
        } else {
            if before.start < extent.start {
                // Older rows were dropped: what is being read stays where it is.
                scroller.set_scroll_top(scroller.scroll_top() - dropped_px);
            }
            self.top_px.set(scroller.scroll_top());
        }
        rows.keep_width(viewport.width_px);
        is_searching
    }

    fn scroll_to_end(&self) {
        let scroller = self.scroller.raw();
        // As far down as it goes.
        scroller.set_scroll_top(i32::MAX);
        self.top_px.set(scroller.scroll_top());
    }

    fn is_paused(&self) -> bool {
        self.paused_at.get().is_some()
    }

    /// The row that stands at the top of what is seen.
    fn row_at_top(&self) -> u64 {
        let (viewport, extent) = (self.viewport.get(), self.extent.get());
        let query = self.query.borrow();
        let line = query.line_at(extent.start, viewport.top_px, viewport.row_px);
        query.row(line.min(extent.end.saturating_sub(1))).unwrap_or(0)
    }

    /// Scrolls so that this line stands so far below the top.
    fn scroll_to(&self, line: u64, below_px: i32) {
        let (viewport, Extent { start, .. }) = (self.viewport.get(), self.extent.get());
        let line_px = self.query.borrow().pixels(start..line, viewport.row_px);
        self.scroll_to_px(line_px.saturating_sub(below_px).max(0));
    }

    fn scroll_to_px(&self, top_px: i32) {
        let viewport = self.viewport.get();
        self.viewport.set(Viewport { top_px, ..viewport });
        self.scroller.raw().set_scroll_top(top_px);
        self.top_px.set(top_px);
    }

    /// Takes note of how many entries there are, and have been seen.
    fn count(&self, session: &Session) {
        let (entries, follows) = (session.activity().entries, self.is_following.get());
        // A new epoch counts from the beginning.
        if follows || entries < self.entries.get() {
            self.seen.set(if follows { entries } else { 0 });
        }
        self.entries.set(entries);
    }

    /// Takes note of where the log is; whether other rows may be seen, or is followed no longer.
    fn scrolled(&self) -> bool {
        let scroller = self.scroller.raw();
        let top_px = scroller.scroll_top();
        let below_px = scroller.scroll_height() - scroller.client_height() - top_px;
        // Off the end without having gone up, the log has become longer or its place on the page
        // smaller, and nobody wished for anything.
        let went_up = top_px < self.top_px.replace(top_px);
        let is_at_end = below_px < END_PX && !self.is_paused();
        let was_following = self.is_following.get();
        let follows = is_at_end || (was_following && !went_up);
        self.is_following.set(follows);
        self.viewport.set(Viewport { top_px, ..self.viewport.get() });
        !(follows && was_following)
    }

    /// Goes to the end and stays there.
    fn follow(&self) {
        self.is_following.set(true);
        self.paused_at.set(None);
        // The button goes away, and the focus with it to what it was about.
        let _ = self.scroller.raw().focus();
    }

    fn measure(&self) {
        let scroller = self.scroller.raw();
        let before = self.viewport.get();
        self.viewport.set(Viewport {
            width_px: scroller.client_width(),
            height_px: scroller.client_height(),
            row_px: computed_px(scroller, "--activity-row")
                .filter(|px| *px > 0)
                .unwrap_or(before.row_px),
            ..before
        });
    }

    fn unseen(&self) -> u64 {
        self.entries.get().saturating_sub(self.seen.get())
    }
}
