//! Why a command ends without success: one sentence that says what is wrong and what to do.

use std::{fmt, process::ExitCode};

/// What every fallible function here returns.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// The end of a command that did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// What is wrong, and what to do about it.
    Sentence(String),
    /// A signal asked us to stop, by its number.
    Signal(i32),
}

impl Failure {
    /// A failure that says `sentence`.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self::Sentence(sentence.into())
    }

    /// 1, or what a shell reports for a program that a signal ended.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Sentence(_) => ExitCode::FAILURE,
            Self::Signal(number) => ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sentence(sentence) => f.write_str(sentence),
            Self::Signal(number) => {
                write!(f, "stopped by signal {number}; nothing is left running")
            }
        }
    }
}

impl std::error::Error for Failure {}
