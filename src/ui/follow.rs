//! One session as it is followed.

use leptos::{html, prelude::*};

use super::{
    announcer::announce, dom::Element, header::header, link::Link, live::Live, log::log,
    outcome::outcome, phases::phases, status::status,
};
use crate::{
    connection::{Config, Endpoint, EndpointError, LossCause, State},
    session::Session,
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
    let host = NodeRef::<html::Div>::new();
    let link = Link::open(Config::default(), endpoint);
    host.on_load(move |host| {
        let mut live = Live::new(link);
        fill(Element::adopt(&host), &mut live, &Followed { session, is_own_server });
        live.run();
    });
    view! { <div class="activity" data-agent-activity="" node_ref=host></div> }
}

fn fill(host: Element, live: &mut Live, followed: &Followed) {
    live.attribute(&host, "data-connection", |session| Some(session.state().name().to_owned()));
    live.attribute(&host, "data-run", |session| {
        Some(session.activity().run.state.name().to_owned())
    });
    live.attribute(&host, "data-reason", reason);
    live.attribute(&host, "data-entries", |session| Some(session.activity().entries.to_string()));

    let main = Element::new("div", "activity-main").with(&[&outcome(live, followed), &log(live)]);
    let body = Element::new("div", "activity-body").with(&[&phases(live), &main]);
    let run =
        Element::new("div", "activity-run").with(&[&header(live, followed), &status(live), &body]);
    let [polite, assertive] = announce(live);
    host.with(&[&run, &polite, &assertive]);
}

/// The kind of error that keeps the connection from being current, if there is one.
fn reason(session: &Session) -> Option<String> {
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
    kind.map(|kind| kind.name().to_owned())
}
