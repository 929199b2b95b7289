//! One socket for all the pages of a browser that follow the same session, where its server bears
//! only one.
//!
//! Some servers hand each event to one socket alone, and forget the session when one is lost: a
//! second tab would take events away from the first. Whoever holds the lock of the session leads: it
//! opens the socket, keeps what it brings, and tells the others over a channel. To the connection
//! of a page that has joined, what the leader tells is a socket like any other, which is lost with
//! the leader; then there is another attempt, and one of the pages gets the lock.
//!
//! Of a server that has not spoken yet it is not known whether it bears more. Until then pages wait;
//! where it does, each opens a socket of its own.
//!
//! What is relied on: the lock is held by one page at a time, and let go when that page is gone; the
//! words of one page arrive at the others in their order. Nothing is relied on between the words of
//! two pages: a page that has joined listens to its leader alone.

use std::collections::VecDeque;

use crate::connection::{CloseCode, Followers, Token};

/// Names a page among those of its browser that follow the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageId(pub u64);

/// What the pages of one browser tell each other about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Another page wants to join.
    Ask,
    /// The speaker leads, and has something to tell to whoever asks.
    Lead,
    /// What the leader's socket has brought so far. Concerns whoever has asked.
    Past {
        /// How many frames before the first of these are no longer kept.
        missing: u64,
        /// Whether the socket was opened to go on after an earlier one.
        is_resumed: bool,
        /// The frames, oldest first.
        frames: Vec<String>,
    },
    /// A frame that came in just now.
    Frame(String),
    /// The leader's socket is closed.
    Closed(CloseCode),
    /// The server bears any number of sockets: each page opens its own.
    Free,
}

/// Where a socket goes, once it is this page's turn to open it.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) token: Option<Token>,
    /// Whether it is opened to go on after an earlier one.
    pub(super) is_resumed: bool,
}

/// The part that this page has in one shared socket.
#[derive(Clone, Debug)]
pub(super) enum Share {
    /// It has asked for the lock, and whether somebody leads.
    Asking(Address),
    /// It has the lock, and the socket is its own.
    Leading(Journal),
    /// It hears what this page tells, which leads.
    Joined(PageId),
    /// Its socket is its own and concerns nobody else.
    Alone,
}

/// What the leader's socket has brought.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    frames: VecDeque<String>,
    bytes: usize,
    bytes_max: usize,
    missing: u64,
    is_resumed: bool,
    /// Whether the server is known to bear only one socket.
    is_told: bool,
    /// Whether a page has asked: before that, nobody is there to tell each frame to.
    has_listeners: bool,
}

/// Something that matters to what is shared.
#[derive(Debug)]
pub(super) enum Happening<'a> {
    /// The lock is this page's.
    Granted,
    /// There is nobody to share with.
    Unshared,
    /// Another page says something.
    Heard(PageId, Word),
    /// This page's own socket has brought a frame.
    Frame(&'a str),
    /// The server of this page's own socket bears so many, as is known now.
    Bears(Followers),
    /// The socket is closed, by its server or by this page.
    Closed(CloseCode),
}

/// What is to be done about it.
#[derive(Debug)]
pub(super) enum Step {
    /// Open the socket.
    Open(Address),
    /// Open the socket, which concerns nobody else.
    OpenAlone(Address),
    /// Tell the other pages. After [`Word::Free`] there is nothing more to share.
    Tell(Word),
    /// The socket is another page's, and open.
    Join { missing: u64, is_resumed: bool, frames: Vec<String> },
    /// It has brought this.
    Read(String),
    /// It is closed.
    Close(CloseCode),
}

impl Share {
    /// Takes note of what has happened. A journal holds `bytes_max` at the most.
    pub(super) fn take(&mut self, happening: Happening<'_>, bytes_max: usize) -> Option<Step> {
        use Happening::{Bears, Closed, Frame, Granted, Heard, Unshared};

        match (&mut *self, happening) {
            (Self::Asking(address), Granted) => {
                let address = address.clone();
                *self = Self::Leading(Journal::new(bytes_max, address.is_resumed));
                Some(Step::Open(address))
            }
            (Self::Asking(address), Unshared | Heard(_, Word::Free)) => {
                let address = address.clone();
                *self = Self::Alone;
                Some(Step::OpenAlone(address))
            }
            (Self::Asking(_), Heard(_, Word::Lead)) => Some(Step::Tell(Word::Ask)),
            (Self::Asking(_), Heard(from, Word::Past { missing, is_resumed, frames })) => {
                *self = Self::Joined(from);
                Some(Step::Join { missing, is_resumed, frames })
            }

            // Whoever led is gone, and could not say so.
            (Self::Joined(_), Granted) => Some(Step::Close(CloseCode::ABNORMAL)),
            // Its next socket is heard before the last word on this one, or another's is.
            (Self::Joined(_), Heard(_, Word::Lead)) => Some(Step::Close(CloseCode::GOING_AWAY)),
            (Self::Joined(leader), Heard(from, Word::Frame(text))) if *leader == from => {
                Some(Step::Read(text))
            }
            (Self::Joined(leader), Heard(from, Word::Closed(code))) if *leader == from => {
                Some(Step::Close(code))
            }

            (Self::Leading(journal), Frame(text)) => {
                journal.push(text);
                journal.has_listeners.then(|| Step::Tell(Word::Frame(text.to_owned())))
            }
            (Self::Leading(journal), Heard(_, Word::Ask)) if journal.is_told => {
                journal.has_listeners = true;
                Some(Step::Tell(journal.past()))
            }
            (Self::Leading(journal), Bears(Followers::One)) if !journal.is_told => {
                journal.is_told = true;
                Some(Step::Tell(Word::Lead))
            }
            // What is shared already stays so.
            (Self::Leading(journal), Bears(Followers::Any)) if !journal.has_listeners => {
                *self = Self::Alone;
                Some(Step::Tell(Word::Free))
            }
            (Self::Leading(journal), Closed(code)) if journal.is_told => {
                *self = Self::Alone;
                Some(Step::Tell(Word::Closed(code)))
            }

            (Self::Asking(_) | Self::Joined(_) | Self::Leading(_) | Self::Alone, _) => None,
        }
    }
}

impl Journal {
    fn new(bytes_max: usize, is_resumed: bool) -> Self {
        Self {
            frames: VecDeque::new(),
            bytes: 0,
            bytes_max,
            missing: 0,
            is_resumed,
            is_told: false,
            has_listeners: false,
        }
    }

    fn push(&mut self, text: &str) {
        self.frames.push_back(text.to_owned());
        self.bytes += text.len();
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.frames.pop_front() else { break };
            self.bytes -= oldest.len();
            self.missing += 1;
        }
    }

    fn past(&self) -> Word {
        Word::Past {
            missing: self.missing,
            is_resumed: self.is_resumed,
            frames: self.frames.iter().cloned().collect(),
        }
    }
}
