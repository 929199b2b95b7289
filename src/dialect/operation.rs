//! The operations that every dialect's frames come down to. Everything downstream knows only these.

use crate::{connection::Outcome, time::Timestamp};

/// One change of what is known about the workflow's activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation<'a> {
    /// There is, or will be, such a phase.
    PhaseDeclared {
        /// Names it within the session.
        id: &'a str,
        /// What people call it, if not by its id.
        label: Option<&'a str>,
        /// The agent whose events belong to it.
        agent: Option<&'a str>,
        /// The server's word for its state, if it is not pending.
        state: Option<&'a str>,
    },
    /// A phase began, or began again.
    PhaseStarted {
        /// Which.
        phase: PhaseRef<'a>,
        /// Which pass through it, where the server says.
        iteration: Option<u32>,
        /// When.
        at: Option<Timestamp>,
    },
    /// A phase is some way on.
    PhaseProgressed {
        /// Which.
        phase: PhaseRef<'a>,
        /// How far, 0 to 1.
        progress: Option<f64>,
        /// The server's own word for its state.
        state: Option<&'a str>,
    },
    /// A phase ended.
    PhaseEnded {
        /// Which.
        phase: PhaseRef<'a>,
        /// How.
        outcome: Outcome,
        /// When.
        at: Option<Timestamp>,
    },
    /// One more pass through the phases began.
    IterationStarted {
        /// Which, from 1.
        iteration: Option<u32>,
        /// How many there will be at the most.
        max: Option<u32>,
    },
    /// The log has one more entry.
    EntryAppended(Entry<'a>),
    /// A streamed text goes on. One that was never begun begins with this.
    EntryExtended {
        /// Names the text.
        id: &'a str,
        /// What comes next in it.
        delta: &'a str,
        /// The entry to begin, if there is none of that name.
        entry: Entry<'a>,
    },
    /// A streamed text is complete.
    EntrySealed {
        /// Names the text.
        id: &'a str,
    },
    /// What is repeated of the past: the log has one more entry, unless it has it.
    EntryRestored {
        /// Names it among the streamed texts.
        id: &'a str,
        /// What it is.
        entry: Entry<'a>,
    },
    /// The run begins, or goes on after it was suspended.
    RunStarted {
        /// When.
        at: Option<Timestamp>,
    },
    /// The run goes on only once somebody has done something.
    RunSuspended {
        /// The phase that waits for it.
        phase: PhaseRef<'a>,
        /// What the server says about it.
        message: &'a str,
    },
    /// The run is over.
    RunEnded {
        /// How.
        outcome: Outcome,
        /// The phase that failed, where the server names one.
        phase: PhaseRef<'a>,
        /// What the server says about it.
        message: Option<&'a str>,
        /// When.
        at: Option<Timestamp>,
    },
}

/// How an event names its phase: by its id, else by the agent whose phase it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseRef<'a> {
    /// The phase's id.
    pub id: Option<&'a str>,
    /// The agent.
    pub agent: Option<&'a str>,
}

/// One row of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number, from a server that numbers.
    pub seq: Option<u64>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The server's word for what kind of event it is.
    pub kind: &'a str,
    /// How grave it is.
    pub level: Level,
    /// Which phase it belongs to, and which agent did it.
    pub phase: PhaseRef<'a>,
    /// A symbol.
    pub icon: &'a str,
    /// What was done, in a few words.
    pub action: &'a str,
    /// What there is to say about it.
    pub message: &'a str,
    /// The output stream of a process that it was written to.
    pub stream: &'a str,
    /// Anything more, as JSON text.
    pub payload: &'a str,
    /// What else came with it, as the fields of a JSON object without its braces; the whole object,
    /// braces and all, where it is the message that is shown.
    pub rest: &'a str,
    /// Whether the server cut the message to its limit.
    pub is_truncated: bool,
}

/// How grave an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// Worth telling.
    #[default]
    Info,
    /// Not as it should be.
    Warning,
    /// Failed.
    Error,
}

impl Level {
    /// All of them, from the least grave on.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warning, Self::Error];

    /// The level that a server's word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "trace" | "debug" => Some(Self::Debug),
            "info" | "notice" => Some(Self::Info),
            "warn" | "warning" => Some(Self::Warning),
            "error" | "fatal" | "critical" => Some(Self::Error),
            _ => None,
        }
    }

    /// The level in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
