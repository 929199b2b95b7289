//! The configuration: every limit, with its default and the reason for it.
//!
//! It knows the command line and the environment, and nothing of what the limits are applied to.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

/// How the name of every variable of the gateway begins. Agents do not get to see them.
pub const ENVIRONMENT_PREFIX: &str = "AGENT_GATEWAY_";

/// The longest time that can be told, some thirty years: it can be added to any clock.
pub const SECONDS_MAX: f64 = 1e9;

/// Runs multi-agent workflows and streams what they do over WebSockets that resume.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the gateway can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves sessions, workflows and, when told where it is, the page.
    Serve(Config),
}

/// The options of `serve`. Every one is a flag and an environment variable; times are in seconds
/// and may have a fraction.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// The address and port to listen on; port 0 takes any that is free
    #[arg(long, env = "AGENT_GATEWAY_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,

    /// The folder of the workflow files
    #[arg(long, env = "AGENT_GATEWAY_WORKFLOWS", default_value = "workflows")]
    pub workflows: PathBuf,

    /// The folder of the built page; without it no page is served
    #[arg(long, env = "AGENT_GATEWAY_PAGE")]
    pub page: Option<PathBuf>,

    /// An origin, such as `https://example.com`, whose pages may use this gateway; may be repeated
    #[arg(long, env = "AGENT_GATEWAY_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,

    /// The most sessions that have not ended; each may run one agent at a time
    #[arg(long, env = "AGENT_GATEWAY_MAX_SESSIONS", default_value = "100")]
    pub max_sessions: usize,

    /// The most ended sessions that are remembered; the one that ended first is forgotten first
    #[arg(long, env = "AGENT_GATEWAY_MAX_ENDED", default_value = "100")]
    pub max_ended: usize,

    /// How long an ended session and its result are remembered
    #[arg(long, env = "AGENT_GATEWAY_KEEP", default_value = "86400", value_parser = seconds)]
    pub keep: Duration,

    /// A session neither started, published to nor followed for so long ends as cancelled
    #[arg(long, env = "AGENT_GATEWAY_IDLE", default_value = "600", value_parser = seconds)]
    pub idle: Duration,

    /// The events that a session's history holds; older ones are trimmed
    #[arg(long, env = "AGENT_GATEWAY_HISTORY", default_value = "1000")]
    pub history: NonZeroUsize,

    /// The time between heartbeats
    #[arg(long, env = "AGENT_GATEWAY_HEARTBEAT", default_value = "30", value_parser = interval)]
    pub heartbeat: Duration,

    /// An agent without output for so long is stopped, unless its phase says otherwise; 0 = never
    #[arg(long, env = "AGENT_GATEWAY_SILENCE", default_value = "300", value_parser = seconds)]
    pub silence: Duration,

    /// The most bytes of one line of an agent or publisher
    #[arg(long, env = "AGENT_GATEWAY_MAX_LINE", default_value = "8192")]
    pub max_line: NonZeroUsize,

    /// The most ids of messages that a session remembers, and of cancel requests; new ones beyond
    /// that are refused
    #[arg(long, env = "AGENT_GATEWAY_MAX_MESSAGE_IDS", default_value = "10000")]
    pub max_message_ids: NonZeroUsize,

    /// The most messages that wait for an agent to take them; further ones do not reach it
    #[arg(long, env = "AGENT_GATEWAY_MAX_UNREAD", default_value = "256")]
    pub max_unread: NonZeroUsize,

    /// The most bytes of one frame of a follower, and of the body of a request that is one object
    #[arg(long, env = "AGENT_GATEWAY_MAX_FRAME", default_value = "65536")]
    pub max_frame: NonZeroUsize,

    /// The most bytes of events in one frame to a follower that is behind
    #[arg(long, env = "AGENT_GATEWAY_MAX_BATCH", default_value = "65536")]
    pub max_batch: NonZeroUsize,

    /// The most sockets that are open at once, over all sessions
    #[arg(long, env = "AGENT_GATEWAY_MAX_FOLLOWERS", default_value = "10000")]
    pub max_followers: usize,

    /// A follower whose socket is blocked while more bytes than this come to be sent is dropped
    #[arg(long, env = "AGENT_GATEWAY_MAX_UNSENT", default_value = "1048576")]
    pub max_unsent: u64,

    /// A follower whose socket is blocked has so long in any case: no burst drops one that reads
    #[arg(long, env = "AGENT_GATEWAY_MIN_STALL", default_value = "1", value_parser = seconds)]
    pub min_stall: Duration,

    /// A follower that does not take a frame for so long is dropped
    #[arg(long, env = "AGENT_GATEWAY_STALL", default_value = "5", value_parser = seconds)]
    pub stall: Duration,

    /// The time from the last event of an ended session to the close of its sockets
    #[arg(long, env = "AGENT_GATEWAY_LINGER", default_value = "0.5", value_parser = seconds)]
    pub linger: Duration,

    /// How long a follower may take to answer a close before its socket is dropped
    #[arg(long, env = "AGENT_GATEWAY_CLOSING", default_value = "5", value_parser = seconds)]
    pub closing: Duration,

    /// The time from asking an agent's processes to stop (TERM) to stopping them (KILL)
    #[arg(long, env = "AGENT_GATEWAY_GRACE", default_value = "5", value_parser = seconds)]
    pub grace: Duration,

    /// How long output is still read when an agent is gone but someone holds its pipes open
    #[arg(long, env = "AGENT_GATEWAY_DRAIN", default_value = "1", value_parser = seconds)]
    pub drain: Duration,
}

/// The time of so many seconds; `None` when there is no such time, or nobody could wait for it.
#[must_use]
pub fn duration(seconds: f64) -> Option<Duration> {
    (0.0..=SECONDS_MAX).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(duration)
        .ok_or_else(|| format!("must be a number of seconds from 0 to {SECONDS_MAX}"))
}

fn interval(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("must be more than 0".to_owned()),
        interval => Ok(interval),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_option_of_serve_has_a_variable_of_its_own_name() {
        let cli = Cli::command();
        let serve = cli.find_subcommand("serve").expect("the subcommand");
        for argument in serve.get_arguments().filter(|argument| argument.get_id() != "help") {
            let flag = argument.get_long().expect("a long flag");
            let variable = argument.get_env().and_then(|name| name.to_str()).unwrap_or_default();
            let expected = format!("{ENVIRONMENT_PREFIX}{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(variable, expected);
        }
    }

    #[test]
    fn times_may_have_a_fraction_and_must_be_possible() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "soon", "-1", "nan", "inf", "1e10"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
        assert!(interval("0").is_err());
    }
}
