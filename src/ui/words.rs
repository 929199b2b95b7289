//! What the page says about the connection, the phases and the run.

use std::borrow::Cow;

use super::format::{self, counted};
use crate::{
    activity::{Marker, PhaseState, RunState, printable},
    connection::{
        CloseCode, Delivery, Diagnosis, EndpointError, ErrorKind, Failure, LossCause, Outcome,
        Refusal, State,
    },
    dialect::Level,
    time::whole_ms,
};

/// The connection's state in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The state, in a word or two.
    pub(super) state: &'static str,
    /// What there is to say about it: why it is so, where something is wrong.
    pub(super) cause: String,
    /// What is done about it, or what somebody can do.
    pub(super) advice: &'static str,
}

/// A level as the filter names it.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Debug => "Debug",
        Level::Info => "Info",
        Level::Warning => "Warning",
        Level::Error => "Error",
    }
}

/// The connection's state in words.
pub(super) fn connection(state: &State) -> Standing {
    let (word, cause, advice) = match state {
        State::Idle => ("Not connected", String::new(), ""),
        State::Connecting { attempt: 1 } => ("Connecting", "Reaching the server".to_owned(), ""),
        State::Connecting { attempt } => {
            ("Connecting", format!("Attempt {}", u64::from(*attempt)), "")
        }
        State::Greeting { .. } => ("Connecting", "Waiting for the first answer".to_owned(), ""),
        State::Connected => ("Connected", "Live".to_owned(), ""),
        // Whether by a ping or by HTTP: some servers cannot be pinged.
        State::Suspect => ("Connection quiet", "No sign of life; asking the server".to_owned(), ""),
        State::Waiting { cause, .. } => ("Reconnecting", loss(*cause), loss_advice(*cause)),
        State::Offline { .. } => (
            "Offline",
            "This device has no network".to_owned(),
            "Connects as soon as there is one again.",
        ),
        State::Paused { cause, .. } => ("Paused", loss(*cause), "Goes on once this page is seen."),
        State::Ended(_) => ("Session ended", "Nothing more will come".to_owned(), ""),
        // The rest is said at length where the run's end would be.
        State::Failed(failure) => ("Not connected", failure_title(failure).to_owned(), ""),
    };
    Standing { state: word, cause, advice }
}

const fn diagnosed(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::Unknown => "The server cannot be reached",
        Diagnosis::ServerDown => "The server is down or out of reach",
        Diagnosis::Refused => "The server answers, but refuses the connection",
        Diagnosis::NotFound => "The server does not know this session",
        Diagnosis::NotAuthenticated => "The server wants to know who is asking",
        Diagnosis::Forbidden => "The server does not allow this",
        Diagnosis::Overloaded => "The server is overloaded",
        Diagnosis::BlockedByPage => "This page’s security policy forbids it",
    }
}

fn loss(cause: LossCause) -> String {
    match cause {
        LossCause::NoToken => "The sign-in could not be renewed".to_owned(),
        LossCause::NeverOpened(diagnosis) => diagnosed(diagnosis).to_owned(),
        LossCause::ConnectTimeout(Diagnosis::Unknown | Diagnosis::Refused) => {
            "The server did not answer in time".to_owned()
        }
        LossCause::ConnectTimeout(diagnosis) => diagnosed(diagnosis).to_owned(),
        LossCause::PageLeft => "The page was left".to_owned(),
        LossCause::GreetingTimeout => "The server connects but says nothing".to_owned(),
        LossCause::Silent => "The server stopped answering".to_owned(),
        _ if cause.kind() == Some(ErrorKind::Overloaded) => "The server is overloaded".to_owned(),
        _ if cause.kind() == Some(ErrorKind::Proxy) => {
            "The server behind the proxy seems to be down".to_owned()
        }
        LossCause::ClosedAtOnce { .. } => "The connection was closed at once".to_owned(),
        LossCause::Closed(CloseCode::GOING_AWAY | CloseCode::RESTARTING) => {
            "The server is restarting".to_owned()
        }
        LossCause::Closed(CloseCode::ABNORMAL) => "The connection was cut".to_owned(),
        LossCause::Closed(code) => format!("The server closed the connection (code {code})"),
    }
}

/// What somebody can do about a loss, beyond waiting; empty where that is nothing.
const fn loss_advice(cause: LossCause) -> &'static str {
    match (cause, cause.kind()) {
        // What it is, is still being asked.
        (LossCause::NeverOpened(Diagnosis::Unknown), _) | (_, None) => "",
        (_, Some(kind)) => remedy(kind),
    }
}

/// What somebody can do about an error. Short: on a narrow screen there is room for two lines with
/// what is wrong.
const fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotAuthenticated => "Sign in, then reconnect.",
        ErrorKind::Forbidden => "Ask whoever runs the server for access, then reconnect.",
        ErrorKind::NotFound => "Check its id, or start another run.",
        ErrorKind::Policy => "Ask whoever runs the server what its rules are, then reconnect.",
        ErrorKind::Timeout => "If this lasts, check network and server.",
        ErrorKind::Refused => "Check its WebSocket endpoint.",
        ErrorKind::Overloaded => "Give it time: reconnecting early adds to its load.",
        ErrorKind::Offline => "Check the network of this device.",
        ErrorKind::BlockedByPage => "Its connect-src must allow the server.",
        ErrorKind::ServerDown => "Check the server and the network.",
        ErrorKind::Insecure | ErrorKind::BadEndpoint => {
            "Correct the address of this page, then load it again."
        }
        ErrorKind::Proxy => "Check that it runs.",
    }
}

/// What is wrong, as a heading.
pub(super) const fn failure_title(failure: &Failure) -> &'static str {
    match failure.kind() {
        ErrorKind::NotAuthenticated => "Not signed in",
        ErrorKind::Forbidden => "No access to this session",
        ErrorKind::NotFound => "Session not found",
        ErrorKind::Policy | ErrorKind::Refused => "The server refused",
        ErrorKind::Timeout | ErrorKind::ServerDown => "The server does not answer",
        ErrorKind::Offline => "No network",
        ErrorKind::BlockedByPage => "Blocked by this page",
        ErrorKind::Overloaded => "The server is overloaded",
        ErrorKind::Insecure => "The endpoint is not encrypted",
        ErrorKind::BadEndpoint => "The address cannot be used",
        ErrorKind::Proxy => "The proxy does not reach the server",
    }
}

/// What is wrong, in a sentence.
pub(super) fn failure(failure: &Failure, session: &str) -> String {
    match failure {
        Failure::Refused(code) => match failure.kind() {
            ErrorKind::NotFound => format!("The server knows no session with the id “{session}”."),
            ErrorKind::NotAuthenticated => "The server wants to know who is asking.".to_owned(),
            ErrorKind::Forbidden => {
                "The server knows who is asking and does not allow it.".to_owned()
            }
            ErrorKind::BadEndpoint => {
                format!("The server cannot read the session id “{session}” or the address.")
            }
            _ => format!("The server closed the connection for good (code {code})."),
        },
        Failure::Endpoint(error) => sentence(error),
        Failure::Denied(diagnosis) => format!("{}.", diagnosed(*diagnosis)),
        Failure::Protocol(code) => {
            format!("The server broke off again and again (code {code}).")
        }
        Failure::AttemptsExhausted(cause) => format!("{}. No attempt succeeded.", loss(*cause)),
    }
}

/// What the component does about it, and what somebody can do.
pub(super) fn failure_advice(failure: &Failure) -> String {
    let does = match failure {
        Failure::Endpoint(_) => "No attempt is made with it.",
        Failure::Refused(_)
        | Failure::Denied(_)
        | Failure::Protocol(_)
        | Failure::AttemptsExhausted(_) => "No further attempts are made until you reconnect.",
    };
    format!("{does} {}", remedy(failure.kind()))
}

fn sentence(error: &EndpointError) -> String {
    let mut text = error.to_string();
    // The first letter, which is one of ASCII's.
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text + "."
}

/// Where a message is, in words. `is_queued` says whether it waits to be sent, for the first time or
/// again.
pub(super) fn delivery(delivery: &Delivery, is_queued: bool, is_connected: bool) -> String {
    match delivery {
        Delivery::Queued if is_connected => "Waiting to be sent".to_owned(),
        Delivery::Queued => "Waiting for a connection".to_owned(),
        Delivery::Sent => "Sent".to_owned(),
        Delivery::Acked => "Delivered".to_owned(),
        Delivery::Expired { age } => format!(
            "Expired after {}, not sent",
            format::duration(whole_ms(*age).try_into().unwrap_or(i64::MAX))
        ),
        Delivery::Refused(refusal) => format!("Refused: {}", reason(refusal)),
        Delivery::Uncertain if is_queued => {
            "Not known whether it arrived; it is sent again".to_owned()
        }
        Delivery::Uncertain => "Not known whether it arrived".to_owned(),
    }
}

/// Whether a message will not reach the server, as is known for certain.
pub(super) const fn is_undelivered(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Expired { .. } | Delivery::Refused(_))
}

fn reason(refusal: &Refusal) -> Cow<'_, str> {
    Cow::Borrowed(match refusal {
        Refusal::QueueFull => "too much is waiting already",
        Refusal::Repeated => "it is on its way already",
        Refusal::NotTaken => "this server takes no messages",
        Refusal::NotConnected => "there is no connection",
        Refusal::Ended => "the session has ended",
        Refusal::OtherSession => "another session is followed now",
        Refusal::TooBig => "it is too big for the server",
        Refusal::Unreadable => "the server cannot read it",
        Refusal::Server(words) => return printable(words),
    })
}

/// A phase's state in words.
pub(super) fn phase_state(state: &PhaseState) -> &str {
    match state {
        PhaseState::Pending => "Not started",
        PhaseState::Active => "In progress",
        PhaseState::Waiting => "Waiting",
        PhaseState::Done => "Done",
        PhaseState::Error => "Failed",
        PhaseState::Cancelled => "Cancelled",
        PhaseState::NotReached => "Not reached",
        PhaseState::Other(word) => word,
    }
}

/// A run that goes on only once somebody has done something.
pub(super) const WAITING: &str = "Waiting for input";

/// The run's state in a word, and the shape beside it.
pub(super) const fn run_state(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::None => ("Waiting to start", "waiting"),
        RunState::Running => ("Running", "active"),
        RunState::Waiting => (WAITING, "waiting"),
        RunState::Ended(Outcome::Complete) => ("Complete", "done"),
        RunState::Ended(Outcome::Error) => ("Failed", "error"),
        RunState::Ended(Outcome::Cancelled) => ("Cancelled", "cancelled"),
    }
}

/// How a run ended, as a heading.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "Workflow complete",
        Outcome::Error => "Workflow failed",
        Outcome::Cancelled => "Cancelled",
    }
}

/// A marker of the log in words.
pub(super) fn marker(marker: Marker) -> String {
    let entries = |count| counted(count, "entry", "entries");
    match marker {
        Marker::Trimmed(count) => {
            format!("{} before this are no longer kept here", entries(count))
        }
        Marker::Live { count } => {
            format!("{} from before you joined; live from here", entries(count))
        }
        Marker::Reconnected { count: 0 } => "Reconnected: nothing was missed".to_owned(),
        Marker::Reconnected { count } => format!("Reconnected: {} recovered", entries(count)),
        Marker::Gap { count } => {
            let verb = if count == 1 { "is" } else { "are" };
            format!("{} {verb} missing: the server no longer has them", entries(count))
        }
        Marker::Epoch => "The server restarted: a new history begins".to_owned(),
        Marker::End(how) => outcome(how).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::time::Instant;

    /// All that can make a connection wait.
    fn causes() -> Vec<LossCause> {
        let diagnoses = [
            Diagnosis::Unknown,
            Diagnosis::ServerDown,
            Diagnosis::Refused,
            Diagnosis::NotFound,
            Diagnosis::NotAuthenticated,
            Diagnosis::Forbidden,
            Diagnosis::Overloaded,
            Diagnosis::BlockedByPage,
        ];
        let closed = [1000, 1001, 1006, 1011, 1012, 1013, 4429].map(CloseCode);
        diagnoses
            .iter()
            .flat_map(|&it| [LossCause::NeverOpened(it), LossCause::ConnectTimeout(it)])
            .chain(closed.iter().flat_map(|&code| {
                [LossCause::Closed(code), LossCause::ClosedAtOnce { code, times: 1 }]
            }))
            .chain([
                LossCause::ClosedAtOnce { code: CloseCode::ABNORMAL, times: 3 },
                LossCause::NoToken,
                LossCause::GreetingTimeout,
                LossCause::Silent,
                LossCause::PageLeft,
            ])
            .collect()
    }

    #[test]
    fn every_wait_says_why_and_every_kind_of_error_what_can_be_done() {
        for cause in causes() {
            let waiting = connection(&State::Waiting { attempt: 2, at: Instant::default(), cause });
            assert_eq!(waiting.state, "Reconnecting");
            assert!(!waiting.cause.is_empty() && !waiting.cause.ends_with('.'), "{cause:?}");
            let is_open = cause == LossCause::NeverOpened(Diagnosis::Unknown);
            let has_advice = cause.kind().is_some() && !is_open;
            assert_eq!(waiting.advice.ends_with('.'), has_advice, "{cause:?}: {waiting:?}");

            let paused = connection(&State::Paused { attempt: 2, cause });
            assert_eq!((paused.state, paused.cause), ("Paused", waiting.cause));
            let offline = connection(&State::Offline { attempt: 2, cause });
            assert_eq!(
                (offline.state, &*offline.cause),
                ("Offline", "This device has no network"),
                "whatever came before"
            );
        }
    }

    #[test]
    fn a_failure_says_what_is_wrong_what_is_done_and_what_can_be_done() {
        let exhausted = causes().into_iter().map(Failure::AttemptsExhausted);
        let refused =
            [1008, 3000, 4400, 4401, 4403, 4404, 4409].map(CloseCode).map(Failure::Refused);
        for failure in exhausted.chain(refused).chain([
            Failure::Denied(Diagnosis::Forbidden),
            Failure::Protocol(CloseCode::INVALID_DATA),
        ]) {
            let (words, advice) = (super::failure(&failure, "s"), failure_advice(&failure));
            assert!(words.ends_with('.') && !words.contains(".."), "{words}");
            assert!(advice.starts_with("No further attempts are made"), "{advice}");
            assert!(advice.ends_with(remedy(failure.kind())), "{advice}");
        }
    }

    #[test]
    fn a_quiet_server_is_not_said_to_be_pinged() {
        let suspect = connection(&State::Suspect);
        assert_eq!(suspect.cause, "No sign of life; asking the server");
    }

    #[test]
    fn a_delivery_reads_as_what_is_known_of_it() {
        let check = |delivery: Delivery, words: &str| {
            assert_eq!(super::delivery(&delivery, true, false), words);
        };
        check(Delivery::Queued, "Waiting for a connection");
        check(Delivery::Sent, "Sent");
        check(Delivery::Acked, "Delivered");
        let age = Duration::from_millis(303_700);
        check(Delivery::Expired { age }, "Expired after 5 min 3 s, not sent");
        check(Delivery::Refused(Refusal::Ended), "Refused: the session has ended");
        let hostile = Refusal::Server("too \u{202e}long".to_owned());
        check(Delivery::Refused(hostile), "Refused: too U+202Elong");
        check(Delivery::Uncertain, "Not known whether it arrived; it is sent again");
        let forgotten = delivery(&Delivery::Uncertain, false, true);
        assert_eq!(forgotten, "Not known whether it arrived");
        assert_eq!(delivery(&Delivery::Queued, true, true), "Waiting to be sent");
    }
}
