//! One session as it is followed.

use leptos::prelude::*;

use super::{
    announcer::regions,
    deferred::{Places, Views},
    dom::{Element, Slot, hold},
    header::header,
    live::{Followed, Live},
    log::log,
    outcome::outcome,
    phases::phases,
    record::record_button,
    status::status,
};
use crate::{
    activity::LogBounds,
    connection::{Config, Endpoint, EndpointError, ErrorKind, LossCause, State},
    dialect::DialectKind,
    session::Session,
    web::TokenProvider,
    wire::is_valid_id,
};

/// Follows a session.
#[component]
pub fn Follow(
    /// Where, or why that is not known.
    endpoint: Result<Endpoint, EndpointError>,
    /// The session's id.
    session: String,
    /// Whether the session's HTTP endpoints are those of the server that the page came from.
    is_own_server: bool,
    /// Whether messages to the session can be written.
    #[prop(optional)]
    composer: bool,
    /// Whether the page's title says how the run stands, before what it says otherwise.
    #[prop(optional)]
    title_status: bool,
    /// Whether somebody can ask to be notified of the run's end. Nobody is asked for a permission
    /// before that.
    #[prop(optional)]
    notify: bool,
    /// How its server speaks; recognised from what it says first, if not given.
    #[prop(optional)]
    dialect: DialectKind,
    /// How much of the log is kept in memory.
    #[prop(optional)]
    bounds: LogBounds,
    /// What the connection goes by.
    #[prop(optional)]
    mut config: Config,
    /// Where its tokens come from; see [`Driver::set_token_provider`].
    #[prop(optional)]
    token_provider: Option<TokenProvider>,
) -> impl IntoView {
    // An id that no server can have given must not find its way into another path.
    let is_own_server = is_own_server && is_valid_id(&session);
    let followed = Followed { session, is_own_server, notifies: notify };
    config.token_provider(token_provider.is_some());
    let live = Live::new(config, dialect, endpoint, bounds, followed);
    live.set_token_provider(token_provider);
    live.connect();
    let root = root(&live, composer, title_status);
    live.show();
    // Let go of together with the component.
    StoredValue::new_local(live);
    view! { <div use:hold=root></div> }
}

fn root(live: &Live, has_composer: bool, has_title: bool) -> Element {
    let root = shell(live);
    let (places, record) = (Places::default(), record_button());
    let (exposing, button) = (root.clone(), record.clone());
    places.then(Box::new(move |views, live| (views.record)(live, &exposing, &button)));
    if has_title {
        places.then(Box::new(|views, live| (views.title)(live)));
    }
    let regions = regions();
    let [polite, assertive] = regions.each_ref().map(|region| region.element().clone());
    places.then(Box::new(move |views, live| (views.announce)(live, regions)));
    furnish(&root, live, places, &status(live, &record), has_composer);
    root.with(&[&polite, &assertive])
}

/// The element that a session is looked at in, with how that stands.
pub(super) fn shell(live: &Live) -> Element {
    let root = Element::new("div", "activity").attribute("data-agent-activity", "");
    live.attribute(&root, "data-connection", |session| Some(session.state().name()));
    live.attribute(&root, "data-run", |session| Some(session.activity().run.state.name()));
    live.attribute(&root, "data-reason", reason);
    let mut entries = Slot::attribute(&root, "data-entries");
    live.each(Box::new(move |session, _| {
        entries.set(Some(&session.activity().entries.to_string()));
    }));
    root
}

/// Puts all that there is to see of a session into that element. `status` says where it comes from.
pub(super) fn furnish(
    root: &Element,
    live: &Live,
    places: Places,
    status: &Element,
    has_composer: bool,
) {
    let (header, phases, outcome) =
        (header(live, &places), phases(live, &places), outcome(live, &places));
    let main = Element::new("div", "activity-main").with(&[&outcome, &log(live, &places)]);
    if has_composer {
        let make = |views: &Views, live: &Live| (views.composer)(live);
        main.append(&places.place("activity-composer-place", Box::new(make)));
    }
    let body = Element::new("div", "activity-body").with(&[&phases, &main]);
    let missing = places.fill(live);
    let run = Element::new("div", "activity-run").with(&[&header, status, &missing, &body]);
    root.append(&run);
}

/// The kind of error that keeps the connection from being current, if there is one.
fn reason(session: &Session) -> Option<&str> {
    let kind = match session.state() {
        State::Waiting { cause, .. } | State::Paused { cause, .. } => cause.kind(),
        State::Offline { .. } => Some(ErrorKind::Offline),
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
