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
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Open the socket.
    Open(Address),
    /// Open the socket, which concerns nobody else.
    OpenAlone(Address),
    /// Tell the other pages.
    Tell(Word),
    /// The socket is another page's, and open.
    Join { missing: u64, is_resumed: bool, frames: Vec<String> },
    /// It has brought this.
    Read(String),
    /// It is closed.
    Close(CloseCode),
}

impl Share {
    /// The lock is this page's.
    pub(super) fn take_lead(&mut self, journal_bytes_max: usize) -> Option<Step> {
        match self {
            Self::Asking(address) => {
                let address = address.clone();
                *self = Self::Leading(Journal::new(journal_bytes_max, address.is_resumed));
                Some(Step::Open(address))
            }
            // Whoever led is gone, and could not say so.
            Self::Joined(_) => Some(Step::Close(CloseCode::ABNORMAL)),
            Self::Leading(_) | Self::Alone => None,
        }
    }

    /// Another page says something.
    pub(super) fn hear(&mut self, from: PageId, word: Word) -> Option<Step> {
        match (&mut *self, word) {
            (Self::Asking(_), Word::Lead) => Some(Step::Tell(Word::Ask)),
            (Self::Asking(_), Word::Past { missing, is_resumed, frames }) => {
                *self = Self::Joined(from);
                Some(Step::Join { missing, is_resumed, frames })
            }
            (Self::Asking(_), Word::Free) => self.give_up(),
            (Self::Joined(leader), Word::Frame(text)) if *leader == from => Some(Step::Read(text)),
            (Self::Joined(leader), Word::Closed(code)) if *leader == from => {
                Some(Step::Close(code))
            }
            // Its next socket is heard before the last word on this one, or another's is.
            (Self::Joined(_), Word::Lead) => Some(Step::Close(CloseCode::GOING_AWAY)),
            (Self::Leading(journal), Word::Ask) if journal.is_told => {
                Some(Step::Tell(journal.past()))
            }
            (Self::Asking(_) | Self::Joined(_) | Self::Leading(_) | Self::Alone, _) => None,
        }
    }

    /// There is nobody to share with.
    pub(super) fn give_up(&mut self) -> Option<Step> {
        let Self::Asking(address) = self else { return None };
        let address = address.clone();
        *self = Self::Alone;
        Some(Step::OpenAlone(address))
    }

    /// This page's own socket has brought something; what the others are told.
    pub(super) fn note_frame(&mut self, text: &str) -> Option<Word> {
        let Self::Leading(journal) = self else { return None };
        journal.push(text);
        journal.is_told.then(|| Word::Frame(text.to_owned()))
    }

    /// It is known how many sockets the server of this page's own socket bears; what the others are
    /// told. After [`Word::Free`] there is nothing more to share. What is shared already stays so.
    pub(super) fn note_followers(&mut self, followers: Followers) -> Option<Word> {
        match (&mut *self, followers) {
            (Self::Leading(journal), Followers::One) if !journal.is_told => {
                journal.is_told = true;
                Some(Word::Lead)
            }
            (Self::Leading(journal), Followers::Any) if !journal.is_told => {
                *self = Self::Alone;
                Some(Word::Free)
            }
            (Self::Leading(_) | Self::Asking(_) | Self::Joined(_) | Self::Alone, _) => None,
        }
    }

    /// The socket is closed, by its server or by this page; what the others are told, once.
    pub(super) fn note_close(&mut self, code: CloseCode) -> Option<Word> {
        match self {
            Self::Leading(journal) if journal.is_told => {
                *self = Self::Alone;
                Some(Word::Closed(code))
            }
            Self::Leading(_) | Self::Asking(_) | Self::Joined(_) | Self::Alone => None,
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
