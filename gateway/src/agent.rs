//! An agent: a child process in a process group of its own, from its start to the end of the group.
//!
//! It reads lines and says how the agent ended. It does not know what a line means, what the agent
//! reads, nor what phase it works on. However the future ends, even dropped half way, the whole
//! group is ended.

mod group;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    env,
    future::{pending, ready},
    io,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{sys::signal::Signal, unistd::Pid};
use tokio::{
    io::AsyncRead,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;

use self::group::Group;
use crate::{
    config::ENVIRONMENT_PREFIX,
    lines::{Line, Lines},
};

/// How soon, and at the latest how often, it is looked whether the processes of a group are gone;
/// nothing tells.
const GROUP_POLL_MIN: Duration = Duration::from_millis(5);
const GROUP_POLL_MAX: Duration = Duration::from_millis(100);

/// How long to wait for the kernel after KILL, before the group is taken for gone.
const KILL_WAIT: Duration = Duration::from_secs(1);

/// What to run, and within which limits.
#[derive(Clone, Debug)]
pub struct Task {
    /// The program; without a slash it is looked up in PATH.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub cwd: PathBuf,
    /// Variables besides the gateway's environment.
    pub env: BTreeMap<String, String>,
    /// How long it may run; `None` = as long as it likes.
    pub timeout: Option<Duration>,
    /// How long it may be without output; `None` = for ever.
    pub silence: Option<Duration>,
    /// The time between TERM and KILL.
    pub grace: Duration,
    /// How long output is read when the group is gone and someone else holds the pipes.
    pub drain: Duration,
    /// The most bytes of a line.
    pub line_max: usize,
}

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// The protocol's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Why an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its leader exited by itself.
    Exited,
    /// It was without output for this long.
    Silent(Duration),
    /// It ran for this long.
    TimedOut(Duration),
    /// It was told to stop.
    Cancelled,
}

/// How an agent ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Why.
    pub cause: Cause,
    /// How its leader exited.
    pub status: ExitStatus,
}

impl Outcome {
    /// What failed, in words; `None` when nothing did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        match self.cause {
            Cause::Exited if self.status.success() => None,
            Cause::Exited => Some(match (self.status.code(), self.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, Some(signal)) => format!("ended by signal {signal}"),
                (None, None) => self.status.to_string(),
            }),
            Cause::Silent(limit) => {
                Some(format!("stopped after {} s without output", limit.as_secs_f64()))
            }
            Cause::TimedOut(limit) => {
                Some(format!("stopped, since it was not done after {} s", limit.as_secs_f64()))
            }
            Cause::Cancelled => Some("cancelled".to_owned()),
        }
    }

    /// The name of the signal that ended the leader.
    #[must_use]
    pub fn signal(&self) -> Option<String> {
        let number = self.status.signal()?;
        Some(Signal::try_from(number).map_or_else(|_| number.to_string(), |s| s.to_string()))
    }
}

/// Runs an agent until its whole group has ended, and hands on its lines as they come.
///
/// Its standard input is what `feed` writes, until there is a reason to end the group: then `feed`
/// is dropped, and with it the pipe. Without `feed` the standard input is empty.
///
/// # Errors
///
/// Why it could not be started, in words.
pub async fn run<F: Future<Output = ()>>(
    task: &Task,
    stop: &CancellationToken,
    feed: Option<impl FnOnce(ChildStdin) -> F>,
    mut receive: impl FnMut(Stream, &Line),
) -> Result<Outcome, String> {
    let stdin = if feed.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut agent = Agent::spawn(task, stdin)?;
    let fed = feed.zip(agent.child.stdin.take()).map(|(feed, stdin)| feed(stdin));
    let cause = tokio::select! {
        cause = agent.work(task, stop, &mut receive) => cause,
        never = keep_feeding(fed) => match never {},
    };
    agent.end_group(task.grace, &mut receive).await;
    agent.drain(task.drain, &mut receive).await;
    let status = agent.child.wait().await.map_err(|error| format!("lost sight of it: {error}"))?;
    Ok(Outcome { cause, status })
}

struct Agent {
    child: Child,
    group: Group,
    output: Output,
}

impl Agent {
    fn spawn(task: &Task, stdin: Stdio) -> Result<Self, String> {
        if !task.cwd.is_dir() {
            // The system would say of the program that it was not found.
            return Err(format!("folder not found: {}", task.cwd.display()));
        }
        let mut command = Command::new(&task.program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with(ENVIRONMENT_PREFIX) {
                command.env_remove(name);
            }
        }
        command
            .args(&task.arguments)
            .current_dir(&task.cwd)
            .envs(&task.env)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("command not found: {}", task.program),
            io::ErrorKind::PermissionDenied => format!("not executable: {}", task.program),
            _ => format!("cannot start {}: {error}", task.program),
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let group = Group::new(group.expect("a process that nobody waited for has an id"));
        let stdout = child.stdout.take().map(|stdout| Lines::new(stdout, task.line_max));
        let stderr = child.stderr.take().map(|stderr| Lines::new(stderr, task.line_max));
        Ok(Self { child, group, output: Output { stdout, stderr } })
    }

    /// Reads until there is a reason to end the group.
    async fn work(
        &mut self,
        task: &Task,
        stop: &CancellationToken,
        receive: &mut impl FnMut(Stream, &Line),
    ) -> Cause {
        let start = Instant::now();
        let mut heard = start;
        loop {
            tokio::select! {
                Some((stream, line)) = self.output.next() => {
                    heard = Instant::now();
                    receive(stream, &line);
                }
                // An error means that there is nothing to wait for either.
                _ = self.child.wait() => return Cause::Exited,
                () = stop.cancelled() => return Cause::Cancelled,
                limit = passed(start, task.timeout) => return Cause::TimedOut(limit),
                limit = passed(heard, task.silence) => return Cause::Silent(limit),
            }
        }
    }

    /// Ends what is left of the group, with TERM and then KILL, and reads what it still says.
    async fn end_group(&mut self, grace: Duration, receive: &mut impl FnMut(Stream, &Line)) {
        self.group.signal(Signal::SIGTERM);
        let kill_at = Instant::now() + grace;
        let mut killed = false;
        let mut poll = GROUP_POLL_MIN;
        loop {
            // The leader counts as a member until it has been waited for.
            let waited = self.child.try_wait();
            if self.group.is_gone() {
                break;
            }
            let now = Instant::now();
            if now >= kill_at && !killed {
                self.group.signal(Signal::SIGKILL);
                killed = true;
            }
            if now >= kill_at + KILL_WAIT && !matches!(waited, Ok(None)) {
                break;
            }
            let look_again = now + poll;
            poll = GROUP_POLL_MAX.min(poll * 2);
            self.read_until(look_again, receive).await;
            sleep_until(look_again).await;
        }
        self.group.release();
    }

    /// Reads what is left in the pipes. Their end is already there, unless a process that left the
    /// group keeps them open.
    async fn drain(&mut self, drain: Duration, receive: &mut impl FnMut(Stream, &Line)) {
        self.read_until(Instant::now() + drain, receive).await;
    }

    /// Reads to the end of the output, but not for longer than to `deadline`.
    async fn read_until(&mut self, deadline: Instant, receive: &mut impl FnMut(Stream, &Line)) {
        while let Ok(Some((stream, line))) = timeout_at(deadline, self.output.next()).await {
            receive(stream, &line);
            // One that never pauses would not let the time run out.
            if Instant::now() >= deadline {
                return;
            }
        }
    }
}

/// Never ready: that there is no more to write does not end an agent.
async fn keep_feeding(fed: Option<impl Future<Output = ()>>) -> Infallible {
    if let Some(fed) = fed {
        fed.await;
    }
    pending().await
}

/// Ready when `limit` has passed since `start`; never without a limit.
async fn passed(start: Instant, limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            sleep_until(start + limit).await;
            limit
        }
        None => pending().await,
    }
}

/// The pipes of an agent; `None` once at their end.
struct Output {
    stdout: Option<Lines<ChildStdout>>,
    stderr: Option<Lines<ChildStderr>>,
}

impl Output {
    /// The next line of either; `None` when both are at their end. Nothing is lost when the future
    /// is dropped before it is ready.
    async fn next(&mut self) -> Option<(Stream, Line)> {
        loop {
            tokio::select! {
                line = next_line(&mut self.stdout) => match line {
                    Some(line) => return Some((Stream::Stdout, line)),
                    None => self.stdout = None,
                },
                line = next_line(&mut self.stderr) => match line {
                    Some(line) => return Some((Stream::Stderr, line)),
                    None => self.stderr = None,
                },
                () = ready(()), if self.stdout.is_none() && self.stderr.is_none() => return None,
            }
        }
    }
}

/// The next line; `None` at the end, and also when reading fails, after which there is no more.
async fn next_line<R: AsyncRead + Unpin>(lines: &mut Option<Lines<R>>) -> Option<Line> {
    match lines {
        Some(lines) => lines.next().await.ok().flatten(),
        None => pending().await,
    }
}
