//! A process group: asking it to stop, stopping it, and knowing when it is gone.
//!
//! It does not know what its processes do.

use std::fs;

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// A process group; `None` once it has ended. Dropped before that, it is killed.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group whose leader has this id.
    pub(super) fn new(leader: Pid) -> Self {
        Self(Some(leader))
    }

    /// Sends a signal to each of its processes.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // A group that is gone needs no signal.
            let _ = killpg(group, signal);
        }
    }

    /// Lets go of the group: it is gone, and its number may come to be another's.
    pub(super) fn release(&mut self) {
        self.0 = None;
    }

    /// Whether no process is left in it. Its number is not given to others before that.
    pub(super) fn is_gone(&self) -> bool {
        self.0.is_none_or(|group| {
            killpg(group, None) == Err(Errno::ESRCH) || only_zombies(group) == Some(true)
        })
    }
}

/// Whether the processes of a group have all ended, though the system's first process has not
/// collected them yet: some take long, some never do. `None` where the system does not tell.
fn only_zombies(group: Pid) -> Option<bool> {
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        // A process that is gone by now is none of the group's.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // After the name, which may hold anything: state, parent, group.
        let mut fields = stat.rsplit(')').next()?.split_ascii_whitespace();
        let (state, member) = (fields.next()?, fields.nth(1)?.parse() == Ok(group.as_raw()));
        if member && state != "Z" && state != "X" {
            return Some(false);
        }
    }
    Some(true)
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
