//! What the page says about the connection, the phases and the run.

use crate::{
    activity::{Marker, PhaseState, RunState},
    connection::{
        CloseCode, Diagnosis, EndpointError, ErrorKind, Failure, LossCause, Outcome, State,
    },
};

use super::format::counted;

/// The connection's state in a word or two, and what there is to say about it.
pub(super) fn connection(state: &State) -> (&'static str, String) {
    match state {
        State::Idle => ("Not connected", String::new()),
        State::Connecting { attempt: 1 } => ("Connecting", "Reaching the server".to_owned()),
        State::Connecting { attempt } => ("Connecting", format!("Attempt {}", u64::from(*attempt))),
        State::Greeting { .. } => ("Connecting", "Waiting for the first answer".to_owned()),
        State::Connected => ("Connected", "Live".to_owned()),
        State::Suspect => {
            ("Connection quiet", "No answer to the last ping; asking once more".to_owned())
        }
        State::Waiting { cause, .. } => ("Reconnecting", loss(*cause)),
        State::Offline { .. } => {
            ("Offline", "No network; connects as soon as there is one again".to_owned())
        }
        State::Paused { cause, .. } => ("Paused", loss(*cause)),
        State::Ended(_) => ("Session ended", "Nothing more will come".to_owned()),
        State::Failed(failure) => ("Not connected", failure_title(failure).to_owned()),
    }
}

const fn diagnosed(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::Unknown => "The server cannot be reached",
        Diagnosis::ServerDown => "The server is down, or the network does not reach it",
        Diagnosis::Refused => "The server answers, but refuses the connection",
        Diagnosis::NotFound => "The server does not know this session",
        Diagnosis::NotAuthenticated => "The server wants to know who is asking",
        Diagnosis::Forbidden => "The server does not allow this",
        Diagnosis::Overloaded => "The server is overloaded",
        Diagnosis::BlockedByPage => {
            "The security policy of this page does not allow the connection"
        }
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
        LossCause::GreetingTimeout => "The server took the connection and said nothing".to_owned(),
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

/// What is wrong, as a heading.
pub(super) const fn failure_title(failure: &Failure) -> &'static str {
    match failure.kind() {
        ErrorKind::NotAuthenticated => "Not signed in",
        ErrorKind::Forbidden => "No access to this session",
        ErrorKind::NotFound => "Session not found",
        ErrorKind::Policy | ErrorKind::Refused | ErrorKind::Proxy => "The server refused",
        ErrorKind::Timeout | ErrorKind::ServerDown => "The server does not answer",
        ErrorKind::Offline => "No network",
        ErrorKind::BlockedByPage => "Blocked by this page",
        ErrorKind::Overloaded => "The server is overloaded",
        ErrorKind::Insecure => "The endpoint is not encrypted",
        ErrorKind::BadEndpoint => "The address cannot be used",
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
pub(super) const fn failure_advice(failure: &Failure) -> &'static str {
    match failure.kind() {
        ErrorKind::NotFound => {
            "No further attempts are made. Check the address, or start another run: servers forget \
             ended sessions."
        }
        ErrorKind::NotAuthenticated => "No further attempts are made. Sign in, then reconnect.",
        ErrorKind::Forbidden => {
            "No further attempts are made. Ask whoever runs the server for access, then reconnect."
        }
        ErrorKind::Insecure | ErrorKind::BadEndpoint => {
            "No attempt is made with it. Correct the address of this page, then load it again."
        }
        ErrorKind::Policy
        | ErrorKind::Refused
        | ErrorKind::Proxy
        | ErrorKind::Timeout
        | ErrorKind::Offline
        | ErrorKind::BlockedByPage
        | ErrorKind::ServerDown
        | ErrorKind::Overloaded => "No further attempts are made until you reconnect.",
    }
}

fn sentence(error: &EndpointError) -> String {
    let mut text = error.to_string();
    // The first letter, which is one of ASCII's.
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text + "."
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

/// The run's state in a word, and the shape beside it.
pub(super) const fn run_state(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::None => ("Waiting to start", "waiting"),
        RunState::Running => ("Running", "active"),
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
