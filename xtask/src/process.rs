//! Children, each in a process group of its own, so that ending one ends what it started.
//!
//! They read nothing: standard input is closed to them, and Ctrl-C reaches us alone.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::{
    descendants,
    failure::{Failure, Result},
    stop::Stop,
    terminal,
};

/// How often a waiting loop looks.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long after a polite signal the rest is killed: more than the five seconds that the gateway
/// gives its agents.
const GRACE: Duration = Duration::from_secs(10);

/// How long the killed are waited for.
const KILLED_WITHIN: Duration = Duration::from_secs(2);

/// A running child and what shares its process group. Dropping it ends them all.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Pid,
    status: Option<ExitStatus>,
}

impl Group {
    /// Starts `command`; `what` names it in the sentence that says that this failed.
    pub(crate) fn start(what: &str, command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child =
            command.stdin(Stdio::null()).process_group(0).spawn().map_err(|error| {
                Failure::new(format!("cannot start {what} ({program}): {error}"))
            })?;
        let id = i32::try_from(child.id()).map(Pid::from_raw);
        let id = id.map_err(|_| Failure::new(format!("{what} has an impossible process id")))?;
        Ok(Self { child, id, status: None })
    }

    /// The id of the child, and of its group.
    pub(crate) fn id(&self) -> Pid {
        self.id
    }

    /// The child itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the child ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// Waits for the child's end, or ends it when a signal comes.
    pub(crate) fn wait(mut self, stop: &Stop) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            descendants::reap_adopted(&[self.id]);
            if let Err(signal) = stop.check() {
                stop.take();
                end(&mut [&mut self], Reach::Everything, stop);
                return Err(signal);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Signals the whole group. One that is gone is what we wanted.
    fn signal(&self, signal: Signal) {
        let _ = killpg(self.id, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        end(&mut [self], Reach::Groups, &Stop::default());
    }
}

/// How far an end reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The processes of the groups given.
    Groups,
    /// Every process below us, whatever group it has moved to.
    Everything,
}

/// Ends `groups`: politely, and after a while for good. A signal that comes meanwhile means "at
/// once".
pub(crate) fn end(groups: &mut [&mut Group], reach: Reach, stop: &Stop) {
    for group in groups.iter() {
        group.signal(Signal::SIGTERM);
    }
    let patience = Instant::now() + GRACE;
    let mut asked = Vec::new();
    let own: Vec<Pid> = groups.iter().map(|group| group.id).collect();
    while Instant::now() < patience && !stop.take() {
        descendants::reap_adopted(&own);
        // While a leader lives it is its own business to end what it started.
        if groups.iter_mut().all(|group| group.ended().is_some()) {
            let left = left_of(groups, reach);
            if left.is_empty() {
                return;
            }
            for process in left {
                if !asked.contains(&process) {
                    let _ = kill(process, Signal::SIGTERM);
                    asked.push(process);
                }
            }
        }
        thread::sleep(POLL_INTERVAL);
    }
    let patience = Instant::now() + KILLED_WITHIN;
    while Instant::now() < patience {
        descendants::reap_adopted(&own);
        for group in groups.iter() {
            group.signal(Signal::SIGKILL);
        }
        let left = left_of(groups, reach);
        if left.is_empty() && groups.iter_mut().all(|group| group.ended().is_some()) {
            return;
        }
        for process in left {
            let _ = kill(process, Signal::SIGKILL);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// What still runs of `groups`, their leaders aside where the system cannot tell more.
fn left_of(groups: &[&mut Group], reach: Reach) -> Vec<Pid> {
    if cfg!(target_os = "linux") {
        let ids: Vec<Pid> = groups.iter().map(|group| group.id).collect();
        descendants::running()
            .into_iter()
            .filter(|process| reach == Reach::Everything || ids.contains(&process.group))
            .map(|process| process.id)
            .collect()
    } else {
        let alive = |group: &&&mut Group| killpg(group.id, None).is_ok();
        groups.iter().filter(alive).map(|group| Pid::from_raw(-group.id.as_raw())).collect()
    }
}

/// Says the command, runs it with our own output, and fails unless it succeeds.
pub(crate) fn run(what: &str, command: &mut Command, stop: &Stop) -> Result {
    stop.check()?;
    terminal::say(&format!("$ {}", spelled(command)));
    let status = Group::start(what, command)?.wait(stop)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{what} failed ({status}); what it printed above says why")))
    }
}

/// What a short command prints, or nothing when it cannot be run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it, with the file name alone of the program.
fn spelled(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Group, Stop, descendants, killpg, output, run, spelled};

    #[test]
    fn a_command_is_said_as_it_would_be_typed() {
        let mut command = Command::new("/usr/local/bin/cargo");
        command.args(["build", "--release"]);
        assert_eq!(spelled(&command), "cargo build --release");
    }

    #[test]
    fn a_failure_names_the_program_and_its_status() {
        let failed = run("the check", Command::new("sh").args(["-c", "exit 3"]), &Stop::default());
        let sentence = failed.expect_err("exit 3 is a failure").to_string();
        assert!(sentence.contains("the check failed (exit status: 3)"), "{sentence}");
        let missing = Group::start("the gateway", &mut Command::new("/no/such/program"));
        let sentence = missing.expect_err("there is no such program").to_string();
        assert!(sentence.contains("cannot start the gateway (/no/such/program)"), "{sentence}");
    }

    #[test]
    fn the_end_of_a_group_is_the_end_of_what_it_started() {
        // The leader waits for a grandchild that ignores the polite signal only for a moment.
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & sleep 600 & wait"]);
        let group = Group::start("a family", &mut command).expect("sh starts");
        let id = group.id;
        assert!(killpg(id, None).is_ok());
        drop(group);
        let left = descendants::running().into_iter().filter(|process| process.group == id).count();
        assert_eq!(left, 0);
    }

    #[test]
    fn only_a_success_has_output() {
        let say = |script: &str| output(Command::new("sh").args(["-c", script]));
        assert_eq!(say("echo here").as_deref(), Some("here\n"));
        assert_eq!(say("echo here; exit 1"), None);
    }
}
