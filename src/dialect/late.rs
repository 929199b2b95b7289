//! A reader whose code may come later than the messages that it is to read.

use std::fmt;

use super::{Receiver, native::show_unreadable};

/// The most bytes of messages that wait for their reader. Those beyond are shown as they came.
const WAITING_BYTES_MAX: usize = 8 << 20;

/// Reads the messages of one dialect.
pub trait LateReader {
    /// Reads one message.
    fn read(&mut self, raw: &str, receiver: &mut dyn Receiver);

    /// Another one that knows the same.
    fn copy(&self) -> Box<dyn LateReader>;
}

/// Makes a reader.
pub type MakeReader = fn() -> Box<dyn LateReader>;

/// The reader, and until it is there the messages that wait for it.
///
/// It goes on from one socket to the next: what it knows of a run holds for all of the run.
#[derive(Default)]
pub(super) struct Late {
    make: Option<MakeReader>,
    reader: Option<Box<dyn LateReader>>,
    waiting: Vec<String>,
    waiting_bytes: usize,
}

impl Late {
    /// The reader can be made from now on.
    pub(super) fn learn(&mut self, make: MakeReader) {
        self.make = Some(make);
    }

    /// What was read and what waits is of another session.
    pub(super) fn forget(&mut self) {
        *self = Self { make: self.make, ..Self::default() };
    }

    /// Reads what has waited, if it can be read.
    pub(super) fn catch_up(&mut self, receiver: &mut dyn Receiver) {
        if let (None, Some(make)) = (&self.reader, self.make) {
            let reader = self.reader.insert(make());
            for raw in std::mem::take(&mut self.waiting) {
                reader.read(&raw, receiver);
            }
        }
    }

    /// Reads a message, or keeps it.
    pub(super) fn read(&mut self, raw: &str, receiver: &mut dyn Receiver) {
        self.catch_up(receiver);
        if let Some(reader) = &mut self.reader {
            reader.read(raw, receiver);
        } else if self.waiting_bytes + raw.len() <= WAITING_BYTES_MAX {
            self.waiting_bytes += raw.len();
            self.waiting.push(raw.to_owned());
        } else {
            show_unreadable("the code that reads it is not there", None, raw, receiver);
        }
    }
}

impl Clone for Late {
    fn clone(&self) -> Self {
        Self {
            make: self.make,
            reader: self.reader.as_ref().map(|reader| reader.copy()),
            waiting: self.waiting.clone(),
            waiting_bytes: self.waiting_bytes,
        }
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { make, reader, waiting, .. } = self;
        let there = (make.is_some(), reader.is_some());
        formatter.debug_tuple("Late").field(&there).field(&waiting.len()).finish()
    }
}
