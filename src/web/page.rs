//! What the page's address says.

use web_sys::{Url, UrlSearchParams};

use crate::{
    connection::{Endpoint, EndpointError},
    wire::{SOCKET_PATH, count},
};

/// The parameters that name a session and an entry of it.
const SESSION: &str = "session";
const ENTRY: &str = "entry";

/// The page that the component stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The address of the page.
    pub url: String,
    /// What its links resolve against: the address, or what a `base` element says.
    pub base: String,
    /// The host and port that the page came from.
    pub host: String,
    /// The session to follow, if the address names one.
    pub session: Option<String>,
    /// The endpoint to follow it at, if the address names one.
    pub endpoint: Option<String>,
    /// Whether messages to the session can be written on it.
    pub composer: bool,
    /// Whether its title says how the run stands.
    pub title: bool,
    /// Whether somebody can ask to be notified of its end.
    pub notify: bool,
    /// How many entries are to be kept, if the address says so.
    pub entries: Option<usize>,
}

impl Page {
    /// Reads the address of the page that this runs in.
    #[must_use]
    pub fn current() -> Self {
        let window = web_sys::window();
        let location = window.as_ref().map(web_sys::Window::location);
        let text = |read: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
            location.as_ref().and_then(|location| read(location).ok()).unwrap_or_default()
        };
        let url = text(web_sys::Location::href);
        let query = UrlSearchParams::new_with_str(&text(web_sys::Location::search)).ok();
        let parameter = |name: &str| {
            query.as_ref().and_then(|query| query.get(name)).filter(|value| !value.is_empty())
        };
        let is_on = |name: &str| parameter(name).is_some_and(|value| value == "1");
        Self {
            base: window
                .and_then(|window| window.document())
                .and_then(|document| document.base_uri().ok().flatten())
                .unwrap_or_else(|| url.clone()),
            host: text(web_sys::Location::host),
            session: parameter(SESSION),
            endpoint: parameter("endpoint"),
            composer: is_on("composer"),
            title: is_on("title"),
            notify: is_on("notify"),
            entries: parameter("entries").and_then(|entries| entries.parse().ok()),
            url,
        }
    }

    /// Where `session` is followed: at the endpoint that the page's address names, else at the
    /// page's own server.
    ///
    /// # Errors
    ///
    /// What is wrong with the endpoint. One from the page's address may only be on the page's own
    /// host or on this machine: a link must not make the page show what a stranger's server sends.
    pub fn resolve(&self, session: &str) -> Result<Endpoint, EndpointError> {
        let endpoint = self.endpoint.as_deref().unwrap_or(SOCKET_PATH);
        let endpoint = Endpoint::resolve(&self.url, &self.base, endpoint, session)?;
        if self.endpoint.is_some() && !endpoint.is_loopback() && endpoint.authority() != self.host {
            return Err(EndpointError::Foreign { host: endpoint.authority().to_owned() });
        }
        Ok(endpoint)
    }
}

/// An address that names a session, and may name an entry of it.
#[derive(Clone, Debug)]
pub struct SessionUrl(Url);

impl SessionUrl {
    /// The page's own, if it names this session: whoever opens it anew sees the same.
    #[must_use]
    pub fn of_page(session: &str) -> Option<Self> {
        let url = Url::new(&web_sys::window()?.location().href().ok()?).ok()?;
        (url.search_params().get(SESSION)? == session).then_some(Self(url))
    }

    /// The number of the entry that it leads to, if it leads to one.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        count(&self.0.search_params().get(ENTRY)?)
    }

    /// The same, leading to the entry of this number.
    #[must_use]
    pub fn to_entry(&self, seq: u64) -> String {
        self.0.search_params().set(ENTRY, &seq.to_string());
        self.0.href()
    }
}

/// Goes to the page that follows `session`.
pub fn go_to_session(session: &str) {
    if let Some(window) = web_sys::window() {
        // Fails only for an address of another origin, and this one has none.
        let _ = window.location().set_search(&format!("session={session}"));
    }
}

/// Asks a question that is answered with yes or no.
#[must_use]
pub fn confirm(question: &str) -> bool {
    web_sys::window().is_some_and(|window| window.confirm_with_message(question).unwrap_or(false))
}
