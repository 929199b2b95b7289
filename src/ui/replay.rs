//! A session that was downloaded, opened again. It is looked at like any other; nothing of it happens
//! any more.

use std::{any::Any, rc::Rc};

use web_sys::File;

use super::{
    deferred::Places,
    dom::{Element, glyph},
    follow::{furnish, shell},
    format::counted,
    live::{Followed, Live},
};
use crate::{
    activity::{LogBounds, printable},
    connection::{Config, EndpointError},
    dialect::DialectKind,
    session::Recording,
    web::{FileEvent, FileReading, Page},
};

/// Shows the session that is in this file in place of `before`; what must be kept for as long as it is
/// looked at.
pub(super) fn replay(file: File, before: &Element) -> Box<dyn Any> {
    let name = file.name();
    let stem = name.strip_suffix(".ndjson").unwrap_or(&name);
    let session = stem.strip_prefix("activity-").unwrap_or(stem);
    let followed = Followed {
        session: printable(session).into_owned(),
        is_own_server: false,
        notifies: false,
    };
    let bounds = Page::current().entries.map(LogBounds::of_rows).unwrap_or_default();
    // It goes nowhere, and is never asked to.
    let nowhere = Err(EndpointError::NoHost { endpoint: String::new() });
    let live = Live::new(Config::default(), DialectKind::Auto, nowhere, bounds, followed);
    let strip = Rc::new(Strip::new(&name));
    let root = shell(&live);
    furnish(&root, &live, Places::default(), &strip.element, false);
    before.give_way(&root);
    live.show();
    // Where the field was that the file was chosen in.
    strip.element.focus_in_place();

    let (weak, told) = (live.downgrade(), Rc::clone(&strip));
    let mut recording = Recording::default();
    let take = move |event: FileEvent<'_>| {
        let Some(live) = weak.upgrade() else { return false };
        let outcome = match event {
            FileEvent::Piece(piece, percent) => {
                told.progress.say(&format!("{percent} % read"));
                live.replay(|session, now| recording.read(session, now, piece))
            }
            FileEvent::End => live.replay(|session, now| {
                std::mem::take(&mut recording).end(session, now)?;
                told.end(&counted(session.activity().entries, "entry", "entries"));
                Ok(())
            }),
            FileEvent::Unreadable => {
                told.fail("The file cannot be read. Choose it again.");
                return false;
            }
        };
        if let Err(error) = &outcome {
            told.fail(&error.to_string());
        }
        outcome.is_ok()
    };
    let reading = FileReading::begin(file, Box::new(take));
    if reading.is_none() {
        strip.fail("This browser cannot read files.");
    }
    Box::new((live, reading))
}

/// Where what is seen comes from, and how far it is read.
struct Strip {
    element: Element,
    shape: Element,
    progress: Element,
    /// What came of it in the end.
    outcome: Element,
}

impl Strip {
    fn new(name: &str) -> Self {
        let shape = glyph("ended");
        let state = Element::new("strong", "activity-status__state").says("Recording");
        let file = Element::new("bdi", "").says(&printable(name));
        let colon = Element::new("span", "").says(": ");
        let progress = Element::new("span", "activity-status__advice").says("Reading…");
        let outcome = Element::new("span", "activity-status__advice").attribute("role", "status");
        let why =
            Element::new("p", "activity-status__why").with(&[&file, &colon, &progress, &outcome]);
        let element = Element::new("div", "activity-status")
            .attribute("data-connection", "idle")
            .attribute("role", "group")
            .attribute("aria-label", "Recording")
            .attribute("tabindex", "-1")
            .with(&[&shape, &state, &why]);
        Self { element, shape, progress, outcome }
    }

    fn end(&self, words: &str) {
        self.progress.say("");
        self.outcome.say(words);
    }

    fn fail(&self, words: &str) {
        self.shape.set("data-glyph", Some("error"));
        self.end(words);
    }
}
