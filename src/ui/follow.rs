//! One session as it is followed.

use leptos::prelude::*;

use super::{
    announcer::announce,
    dom::{Element, Slot, hold},
    header::header,
    live::Live,
    log::log,
    outcome::outcome,
    phases::phases,
    status::status,
};
use crate::{
    connection::{Config, Endpoint, EndpointError, ErrorKind, LossCause, State},
    session::Session,
    wire::is_valid_id,
};

/// What is followed, as far as the views need to know.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// The session's id.
    pub(super) session: String,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    pub(super) is_own_server: bool,
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
    // An id that no server can have given must not find its way into another path.
    let is_own_server = is_own_server && is_valid_id(&session);
    let live = Live::new(Config::default(), endpoint);
    let root = root(&live, &Followed { session, is_own_server });
    live.start();
    // Let go of together with the component.
    StoredValue::new_local(live);
    view! { <div use:hold=root></div> }
}

fn root(live: &Live, followed: &Followed) -> Element {
    let main = Element::new("div", "activity-main").with(&[&outcome(live, followed), &log(live)]);
    let body = Element::new("div", "activity-body").with(&[&phases(live), &main]);
    let run =
        Element::new("div", "activity-run").with(&[&header(live, followed), &status(live), &body]);
    let [polite, assertive] = announce(live);
    let root = Element::new("div", "activity")
        .attribute("data-agent-activity", "")
        .with(&[&run, &polite, &assertive]);
    live.attribute(&root, "data-connection", |session| Some(session.state().name()));
    live.attribute(&root, "data-run", |session| Some(session.activity().run.state.name()));
    live.attribute(&root, "data-reason", reason);
    let mut entries = Slot::attribute(&root, "data-entries");
    live.each(Box::new(move |session, _| {
        entries.set(Some(&session.activity().entries.to_string()));
    }));
    root
}

/// The kind of error that keeps the connection from being current, if there is one.
fn reason(session: &Session) -> Option<&str> {
    let kind = match session.state() {
        State::Waiting { cause, .. } => cause.kind(),
        State::Failed(failure) => Some(failure.kind()),
        State::Suspect => LossCause::Silent.kind(),
        State::Idle
        | State::Connecting { .. }
        | State::Greeting { .. }
        | State::Connected
        | State::Ended(_) => None,
    };
    kind.map(ErrorKind::name)
}
