//! Everything that we started, and everything that those started.
//!
//! The gateway puts each agent into a process group of its own, so a signal to the gateway's group
//! does not reach them when it died before it could end them. On Linux we therefore adopt the
//! orphans of our children and find them by their parents in `/proc`. Elsewhere both functions do
//! nothing, and the process groups have to be enough.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use nix::unistd::Pid;

/// Whether orphans below us become our children. Without that all our children are waited for by
/// who started them, and nobody else may.
static ADOPTS: AtomicBool = AtomicBool::new(false);

/// Makes orphans below us our children, where the system can.
pub(crate) fn adopt_orphans() {
    // Refused only by kernels too old to know it, and then the process groups have to be enough.
    #[cfg(target_os = "linux")]
    ADOPTS.store(nix::sys::prctl::set_child_subreaper(true).is_ok(), Ordering::Relaxed);
}

/// Reaps the orphans that we have adopted and that have ended; `own` are the children that somebody
/// waits for. Whoever waits for a process to be gone would otherwise wait for us.
pub(crate) fn reap_adopted(own: &[Pid]) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
        // Looked at first and left as it is: a child of ours must be there for who waits for it.
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while ADOPTS.load(Ordering::Relaxed)
            && let Some(ended) = waitid(Id::All, look).ok().and_then(|status| status.pid())
        {
            if own.contains(&ended) || waitpid(ended, Some(WaitPidFlag::WNOHANG)).is_err() {
                return;
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = own;
}

/// The running processes below us. Those that only wait to be reaped are left out.
pub(crate) fn running() -> Vec<Process> {
    below(Pid::this(), &process_table()).into_iter().filter(|process| !process.ended).collect()
}

/// One line of the system's process table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its own id.
    pub(crate) id: Pid,
    /// Its process group, by which a signal reaches it together with its siblings.
    pub(crate) group: Pid,
    parent: Pid,
    /// A zombie, or about to be one.
    ended: bool,
}

/// The processes of `table` below `root`, level by level.
fn below(root: Pid, table: &[Process]) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while !parents.is_empty() {
        let children: Vec<Process> =
            table.iter().filter(|process| parents.contains(&process.parent)).copied().collect();
        parents = children.iter().map(|process| process.id).collect();
        found.extend(children);
    }
    found
}

/// The whole table, or nothing where there is no `/proc`.
fn process_table() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|id| parse_stat(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?))
        .collect()
}

/// Reads `/proc/<id>/stat`: `id (name) state parent group …`, where the name may hold anything.
fn parse_stat(stat: &str) -> Option<Process> {
    let (id, rest) = stat.split_once(" (")?;
    let mut fields = rest.rsplit_once(')')?.1.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X" | "x");
    let mut next = || fields.next()?.parse().ok().map(Pid::from_raw);
    Some(Process { parent: next()?, group: next()?, id: Pid::from_raw(id.parse().ok()?), ended })
}

#[cfg(test)]
mod tests {
    use super::{Pid, Process, below, parse_stat};

    fn process(id: i32, parent: i32, group: i32, ended: bool) -> Process {
        let [id, parent, group] = [id, parent, group].map(Pid::from_raw);
        Process { id, group, parent, ended }
    }

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let stat = "4242 (a) S 1 (b) S 17 4240 4242 0 -1";
        assert_eq!(parse_stat(stat), Some(process(4242, 17, 4240, false)));
        assert_eq!(parse_stat("9 (sh) Z 4 9 9 0"), Some(process(9, 4, 9, true)));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn the_tree_is_followed_through_the_ended() {
        let table = [
            process(1, 0, 1, false),
            process(5, 30, 5, false),
            process(20, 10, 20, true),
            process(30, 20, 20, false),
            process(40, 1, 40, false),
        ];
        let ids = below(Pid::from_raw(10), &table).into_iter().map(|process| process.id.as_raw());
        assert_eq!(ids.collect::<Vec<_>>(), [20, 30, 5]);
    }
}
