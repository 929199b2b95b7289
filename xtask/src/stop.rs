//! Ctrl-C, a polite kill and a closed terminal, as a value that the waiting loops look at.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

use crate::failure::{Failure, Result};

/// The last signal that asked us to stop, if one did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// From here on the signals are noted and kill nothing by themselves.
    pub(crate) fn listen() -> Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&stop.0), number).map_err(|error| {
                Failure::new(format!("cannot listen for signal {signal}: {error}"))
            })?;
        }
        Ok(stop)
    }

    /// An error once a signal has come.
    pub(crate) fn check(&self) -> Result {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            number => Err(Failure::Signal(i32::try_from(number).unwrap_or_default())),
        }
    }

    /// Whether a signal has come since the last call: a second one means "at once".
    pub(crate) fn take(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Ordering, Stop};

    #[test]
    fn a_signal_is_an_error_until_it_is_taken() {
        let stop = Stop::default();
        assert_eq!(stop.check(), Ok(()));
        stop.0.store(15, Ordering::Relaxed);
        assert_eq!(stop.check(), Err(Failure::Signal(15)));
        assert!(stop.take());
        assert!(!stop.take());
        assert_eq!(stop.check(), Ok(()));
    }
}
