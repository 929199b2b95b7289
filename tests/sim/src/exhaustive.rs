//! Every sequence of a few abstract inputs, up to a depth, by depth-first search over clones of the
//! [`Connection`].
//!
//! Where the swarm goes far and sees little of what lies beside its ways, this sees everything that
//! is near. What an input means depends on where the server stands: "it goes on" opens the socket,
//! then greets, then says that the replay is done.

mod model;

use std::fmt;

use agent_activity::connection::{Connection, Followers, Intake, Liveness, Policy, Resume};

use crate::check::Violation;
use model::Node;

/// An input, or several that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server goes on: accepts the socket, greets, says that the replay is done.
    GoOn,
    /// The next event.
    Event,
    /// An event, and the one before it is left out; from a server without numbers, an old one again.
    Hole,
    /// The socket is closed without a close frame.
    Cut,
    /// The next deadline comes in time.
    Due,
    /// The next deadline comes after ten minutes of sleep.
    Late,
    /// The page goes out of sight, or comes back.
    Hide,
    /// A message is written.
    Write,
    /// The server answers: acknowledges the oldest message, or else the last ping; from one that
    /// takes nothing, HTTP answers.
    Answer,
    /// The network goes, or comes back.
    Offline,
    /// The session ends.
    End,
    /// The page is left, or comes back.
    Leave,
    /// A person does not want to wait.
    Reconnect,
    /// The last message was not sent.
    Unsent,
    /// Nobody answers by HTTP.
    NoAnswer,
    /// A request is made.
    Request,
    /// A message comes in at a time an hour before the latest: a clock was set back.
    Early,
    /// An event is kept back from the live socket, and a heartbeat tells of it.
    Withhold,
}

/// The nine with which every server is gone through.
pub const NARROW: [Step; 9] = [
    Step::GoOn,
    Step::Event,
    Step::Hole,
    Step::Cut,
    Step::Due,
    Step::Late,
    Step::Hide,
    Step::Write,
    Step::Answer,
];

/// All of them.
pub const WIDE: [Step; 15] = [
    Step::GoOn,
    Step::Event,
    Step::Hole,
    Step::Cut,
    Step::Due,
    Step::Late,
    Step::Hide,
    Step::Write,
    Step::Answer,
    Step::Offline,
    Step::End,
    Step::Leave,
    Step::Reconnect,
    Step::Unsent,
    Step::NoAnswer,
];

/// What only a server that numbers can do, beside what is done to clocks.
pub const ODD: [Step; 9] = [
    Step::GoOn,
    Step::Event,
    Step::Cut,
    Step::Due,
    Step::Late,
    Step::Write,
    Step::Answer,
    Step::Early,
    Step::Withhold,
];

/// Those that matter to requests and clocks.
pub const REQUESTS: [Step; 9] = [
    Step::GoOn,
    Step::Event,
    Step::Cut,
    Step::Due,
    Step::Late,
    Step::Answer,
    Step::Leave,
    Step::Request,
    Step::Early,
];

/// The servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers pings, acknowledges messages, numbers its events.
    Native,
    /// Numbers its events and takes nothing.
    Numbered,
    /// Numbers nothing, takes nothing, and has a list by HTTP.
    Progress,
    /// Answers pings and requests, and has no past.
    Requests,
    /// Does not speak first, may never have heard of pings, and acknowledges no message.
    Tasks,
    /// Says what it has to say, once, and nothing tells whether it is there.
    Untold,
}

impl Kind {
    /// How it wants to be treated.
    const fn policy(self) -> Policy {
        match self {
            Self::Native => Policy {
                liveness: Liveness::Ping,
                resume: Resume::Sequence,
                intake: Intake::AckedMessages,
                greets: true,
                followers: Followers::Any,
            },
            Self::Numbered => Policy {
                liveness: Liveness::ReceiveOnly,
                resume: Resume::Sequence,
                intake: Intake::Nothing,
                greets: true,
                followers: Followers::Any,
            },
            Self::Progress => Policy {
                liveness: Liveness::ReceiveOnly,
                resume: Resume::Identity,
                intake: Intake::Nothing,
                greets: true,
                followers: Followers::Any,
            },
            Self::Requests => Policy {
                liveness: Liveness::Ping,
                resume: Resume::Nothing,
                intake: Intake::Requests,
                greets: true,
                followers: Followers::Any,
            },
            Self::Tasks => Policy {
                liveness: Liveness::PingOnTrial,
                resume: Resume::Nothing,
                intake: Intake::Messages,
                greets: false,
                followers: Followers::Any,
            },
            Self::Untold => Policy {
                liveness: Liveness::Untold,
                resume: Resume::Nothing,
                intake: Intake::Nothing,
                greets: true,
                followers: Followers::Any,
            },
        }
    }

    /// Whether its events have numbers.
    const fn numbers(self) -> bool {
        matches!(self, Self::Native | Self::Numbered)
    }

    /// Whether it can bear to be sent anything.
    const fn reads(self) -> bool {
        matches!(self, Self::Native | Self::Requests | Self::Tasks)
    }
}

/// What was violated, and by which sequence.
#[derive(Clone, Debug)]
pub struct Counterexample {
    kind: Kind,
    path: Vec<Step>,
    violation: Violation,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} server, {:?}: {}", self.kind, self.path, self.violation.0)
    }
}

/// Goes through all sequences of `steps` that begin with `prefix` and are `depth` long; how many
/// there are.
///
/// # Errors
///
/// The first sequence that violates something.
pub fn explore(
    kind: Kind,
    steps: &[Step],
    prefix: &[Step],
    depth: usize,
) -> Result<u64, Box<Counterexample>> {
    let mut node = Node::new(kind);
    let mut path = Vec::new();
    let fail = |path: &[Step], violation| {
        Box::new(Counterexample { kind, path: path.to_vec(), violation })
    };
    for &step in prefix {
        path.push(step);
        node.step(step).map_err(|violation| fail(&path, violation))?;
    }
    let mut count = 0;
    descend(&node, steps, depth.saturating_sub(prefix.len()), &mut path, &mut count)
        .map_err(|violation| fail(&path, violation))?;
    Ok(count)
}

fn descend(
    node: &Node,
    steps: &[Step],
    depth: usize,
    path: &mut Vec<Step>,
    count: &mut u64,
) -> Result<(), Violation> {
    for &step in steps {
        let mut next = node.clone();
        path.push(step);
        next.step(step)?;
        if depth > 1 {
            descend(&next, steps, depth - 1, path, count)?;
        } else {
            *count += 1;
            next.heal()?;
        }
        path.pop();
    }
    Ok(())
}

/// How many bytes a connection takes, without what it owns.
#[must_use]
pub const fn size() -> usize {
    size_of::<Connection>()
}
