//! One session as it is followed.

use leptos::prelude::*;

use super::{
    announcer::Announcer, header::Header, link::Link, log::LogView, outcome::OutcomeView,
    phases::PhasesView, status::Status,
};
use crate::connection::{Config, Endpoint, EndpointError, State};

/// What a test, a style sheet or a host page can read off the root element.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    connection: &'static str,
    run: &'static str,
    reason: Option<&'static str>,
    entries: u64,
}

/// Follows a session.
#[component]
pub fn Follow(
    /// Where, or why that is not known.
    endpoint: Result<Endpoint, EndpointError>,
    /// The session's id.
    session: String,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    is_own_server: bool,
) -> impl IntoView {
    let link = Link::open(Config::default(), endpoint);
    let facts = Memo::new(move |_| link.read(read_facts));
    let fact = move |read: fn(&Facts) -> String| move || facts.get().as_ref().map(read);
    let session = StoredValue::new(session);

    view! {
        <div
            class="activity"
            data-agent-activity=""
            data-connection=fact(|facts| facts.connection.to_owned())
            data-run=fact(|facts| facts.run.to_owned())
            data-reason=move || facts.get().and_then(|facts| facts.reason)
            data-entries=fact(|facts| facts.entries.to_string())
        >
            <div class="activity-run">
                <Header link session is_own_server />
                <Status link />
                <div class="activity-body">
                    <PhasesView link />
                    <div class="activity-main">
                        <OutcomeView link session is_own_server />
                        <LogView link />
                    </div>
                </div>
            </div>
            <Announcer link />
        </div>
    }
}

fn read_facts(session: &crate::session::Session) -> Facts {
    let state = session.state();
    let kind = match state {
        State::Waiting { cause, .. } => cause.kind(),
        State::Failed(failure) => Some(failure.kind()),
        State::Suspect => crate::connection::LossCause::Silent.kind(),
        State::Idle
        | State::Connecting { .. }
        | State::Greeting { .. }
        | State::Connected
        | State::Ended(_) => None,
    };
    Facts {
        connection: state.name(),
        run: session.activity().run.state.name(),
        reason: kind.map(crate::connection::ErrorKind::name),
        entries: session.activity().entries,
    }
}
