//! The address of a session's socket, derived from the page's own.

use std::fmt;

use super::{Query, Token};
use crate::wire::SOCKET_PATH;

/// Where one session is followed: a `ws` or `wss` address, without the resume query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    authority: String,
    /// The path of the socket, up to the session's id and without the slash before it.
    path: String,
    /// Percent-encoded.
    session: String,
    query: Option<String>,
}

/// Why there is no address to connect to. A mistake in the configuration: never retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointError {
    /// The endpoint is relative and the page has no origin to resolve it against, as with `file:`.
    NoOrigin {
        /// The address of the page, up to its path.
        page: String,
    },
    /// The endpoint's scheme is none of `http`, `https`, `ws` and `wss`.
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The endpoint names no host.
    NoHost {
        /// The endpoint as it was given.
        endpoint: String,
    },
    /// The browser cannot read the address, for all that it looks like one.
    Unreadable {
        /// The host that was to be reached.
        host: String,
    },
    /// The endpoint came with a link to the page, and is neither on the page's own host nor on this
    /// machine.
    Foreign {
        /// The host that was to be reached.
        host: String,
    },
    /// The page came over https and the endpoint is neither encrypted nor on this machine: browsers
    /// block that.
    Insecure {
        /// The host that was to be reached.
        host: String,
    },
}

impl fmt::Display for EndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrigin { page } => {
                write!(formatter, "the page {page} has no server: give an absolute endpoint")
            }
            Self::Scheme { scheme } => {
                write!(formatter, "the scheme {scheme} is none of wss, ws, https and http")
            }
            Self::Unreadable { host } => {
                write!(formatter, "the browser cannot read an address at {host}")
            }
            Self::NoHost { endpoint } => write!(formatter, "the endpoint {endpoint} names no host"),
            Self::Foreign { host } => write!(
                formatter,
                "a link may name an endpoint on the page's own host or this machine, not {host}"
            ),
            Self::Insecure { host } => {
                write!(formatter, "an https page may not reach {host} unencrypted: use wss")
            }
        }
    }
}

impl std::error::Error for EndpointError {}

/// Where in a session's history a connection resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    /// The incarnation that `after` counts in, where the server names one.
    pub epoch: Option<&'a str>,
    /// The last number without a hole before it; 0 = none.
    pub after: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Plain,
    Encrypted,
}

impl Endpoint {
    /// Resolves `endpoint` against the address that the page's links resolve against
    /// (`document.baseURI`), and adds `/{session}` to its path.
    ///
    /// `endpoint` is absolute (http, https, ws, wss), or relative and then resolved as a link is.
    /// https becomes wss, http becomes ws. A query is kept, a fragment is dropped, and the session
    /// id is percent-encoded.
    ///
    /// `page` is the page's own address, whose scheme says whether an unencrypted socket is allowed.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration, as [`EndpointError`].
    pub fn resolve(
        page: &str,
        base: &str,
        endpoint: &str,
        session: &str,
    ) -> Result<Self, EndpointError> {
        let endpoint = endpoint.trim_ascii();
        let (reference, _fragment) = split_at_first(endpoint, "#");
        let absolute = absolute(reference, base)?;

        let Some((scheme, rest)) = split_scheme(&absolute) else {
            return Err(EndpointError::NoOrigin { page: without_query(page).to_owned() });
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" | "wss" => Scheme::Encrypted,
            "http" | "ws" => Scheme::Plain,
            other => return Err(EndpointError::Scheme { scheme: other.to_owned() }),
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (authority, behind) = split_at_first(rest, "/?");
        let (path, query) = split_at_first(behind, "?");
        // A password in an address has no meaning for a socket and must not end up in a log.
        let (_, authority) = split_behind_last(authority, b'@');
        if host(authority).is_empty() {
            return Err(EndpointError::NoHost { endpoint: endpoint.to_owned() });
        }
        let page_is_secure =
            split_scheme(page).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"));
        if page_is_secure && scheme == Scheme::Plain && !is_loopback(host(authority)) {
            return Err(EndpointError::Insecure { host: authority.to_owned() });
        }

        let mut path = without_dot_segments(path);
        if path.ends_with('/') {
            path.pop();
        }
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            path,
            session: percent_encoded(session),
            query: query.strip_prefix('?').map(str::to_owned),
        })
    }

    /// The address for the first connection, or, with a position, for one that resumes after it.
    #[must_use]
    pub fn socket_url(&self, resume: Option<Position<'_>>) -> String {
        let scheme = match self.scheme {
            Scheme::Plain => "ws",
            Scheme::Encrypted => "wss",
        };
        let mut url = format!("{scheme}://{}{}/{}", self.authority, self.path, self.session);
        let mut separator = '?';
        if let Some(query) = &self.query {
            url.push('?');
            url.push_str(query);
            separator = '&';
        }
        if let Some(Position { epoch, after }) = resume {
            if let Some(epoch) = epoch {
                url.push(separator);
                url.push_str("epoch=");
                url.push_str(&percent_encoded(epoch));
                separator = '&';
            }
            url.push(separator);
            url.push_str("after=");
            url.push_str(&after.to_string());
        }
        url
    }

    /// The address at which the same server answers `query` by HTTP: beside [`SOCKET_PATH`] where
    /// the socket's path ends with that, else at the root.
    #[must_use]
    pub fn http_url(&self, query: Query) -> String {
        let scheme = match self.scheme {
            Scheme::Plain => "http",
            Scheme::Encrypted => "https",
        };
        let prefix = self.path.strip_suffix(SOCKET_PATH).unwrap_or_default();
        let (before, from) = match query {
            Query::Session => ("/api/sessions/", None),
            Query::Events { from } => ("/api/strategy/events/", Some(from)),
            Query::Result => ("/api/strategy/result/", None),
            Query::Status => ("/api/strategy/status/", None),
        };
        let mut url = format!("{scheme}://{}{prefix}{before}{}", self.authority, self.session);
        if let Some(from) = from {
            url.push_str("?from=");
            url.push_str(&from.to_string());
        }
        url
    }

    /// The host, with the port if one is named.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(host(&self.authority))
    }
}

/// `url` with a token as the last parameter of its query: a page cannot give a socket headers.
#[must_use]
pub fn with_token(url: &str, token: &Token) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}token={}", percent_encoded(&token.0))
}

/// The text before the first of `separators`, which are ASCII, and the text from it on.
fn split_at_first<'a>(text: &'a str, separators: &str) -> (&'a str, &'a str) {
    let separators = separators.as_bytes();
    let end = text.bytes().position(|byte| separators.contains(&byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The text up to the last `separator`, itself included, and the text behind it.
fn split_behind_last(text: &str, separator: u8) -> (&str, &str) {
    let end = text.bytes().rposition(|byte| byte == separator).map_or(0, |last| last + 1);
    text.split_at_checked(end).unwrap_or(("", text))
}

fn without_query(url: &str) -> &str {
    split_at_first(url, "?#").0
}

/// The scheme of an absolute address, and what follows its colon.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = split_at_first(url, ":");
    let rest = rest.strip_prefix(':')?;
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then_some((scheme, rest))
}

/// `reference` as an absolute address, resolved as a link is (RFC 3986 section 5.2, less the dot
/// segments).
fn absolute(reference: &str, base: &str) -> Result<String, EndpointError> {
    // A host with a port and no scheme, such as `localhost:8000/ws`, reads as a scheme here as it
    // does in a link; the error names it.
    if split_scheme(reference).is_some() {
        return Ok(reference.to_owned());
    }
    let no_origin = || EndpointError::NoOrigin { page: without_query(base).to_owned() };
    let (scheme, rest) = split_scheme(base).ok_or_else(no_origin)?;
    if !matches!(scheme, "http" | "https" | "ws" | "wss") {
        return Err(no_origin());
    }
    if reference.starts_with("//") {
        return Ok(format!("{scheme}:{reference}"));
    }
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (authority, path_and_query) = split_at_first(rest, "/?#");
    let path = without_query(path_and_query);
    Ok(if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.is_empty() || reference.starts_with('?') {
        format!("{scheme}://{authority}{path}{reference}")
    } else {
        let (folder, _) = split_behind_last(path, b'/');
        let folder = if folder.is_empty() { "/" } else { folder };
        format!("{scheme}://{authority}{folder}{reference}")
    })
}

fn without_dot_segments(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_open = false;
    let mut rest = path;
    while let Some(behind) = rest.strip_prefix('/') {
        let (segment, next) = split_at_first(behind, "/");
        rest = next;
        ends_open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    if ends_open {
        segments.push("");
    }
    segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
}

/// The host of an authority: without the port, with the brackets of an IPv6 address.
fn host(authority: &str) -> &str {
    let is_ipv6 = authority.starts_with('[');
    let (host, _) = split_at_first(authority, if is_ipv6 { "]" } else { ":" });
    if is_ipv6 { authority.get(..=host.len()).unwrap_or(authority) } else { host }
}

/// Whether a host is this machine. Names that are not in lower case are taken for another's: a
/// browser writes them so in what the page knows of itself.
fn is_loopback(host: &str) -> bool {
    let is_ipv4 = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.strip_prefix("127.").is_some_and(is_ipv4)
}

/// `text` with everything but RFC 3986's unreserved characters percent-encoded.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                to.extend(
                    char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()),
                );
            }
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(page: &str, endpoint: &str) -> Result<String, EndpointError> {
        Endpoint::resolve(page, page, endpoint, "s1").map(|endpoint| endpoint.socket_url(None))
    }

    #[test]
    fn resolves_as_a_link_does() {
        for (page, endpoint, expected) in [
            ("https://h.example/app/", "/ws", "wss://h.example/ws/s1"),
            ("http://h:8080/", "/ws", "ws://h:8080/ws/s1"),
            ("http://[::1]:8080/", "/ws", "ws://[::1]:8080/ws/s1"),
            ("http://h/app/index.html", "ws", "ws://h/app/ws/s1"),
            ("http://h/app/", "ws/", "ws://h/app/ws/s1"),
            ("http://h", "ws", "ws://h/ws/s1"),
            ("http://h/a/b/c", "../ws", "ws://h/a/ws/s1"),
            ("http://h/a/", "../../../ws", "ws://h/ws/s1"),
            ("http://h/a/", "./ws/.", "ws://h/a/ws/s1"),
            ("http://h/a/?q=/x/y", "ws", "ws://h/a/ws/s1"),
            ("http://h/a/b", "?k=v", "ws://h/a/b/s1?k=v"),
            ("http://h/a/b", "", "ws://h/a/b/s1"),
            ("https://h/", "//other:9/ws", "wss://other:9/ws/s1"),
            ("https://h/", "wss://other/ws?k=v#frag", "wss://other/ws/s1?k=v"),
            ("http://h/", "https://other", "wss://other/s1"),
            ("http://h/", "http://other?k=v", "ws://other/s1?k=v"),
            ("http://h/", "WSS://other/ws", "wss://other/ws/s1"),
            ("http://h/", "ws://user:secret@other/ws", "ws://other/ws/s1"),
            ("https://h/", "ws://localhost:8000/ws", "ws://localhost:8000/ws/s1"),
            ("https://h/", "ws://127.8.0.1/ws", "ws://127.8.0.1/ws/s1"),
            ("https://h/", "http://[::1]:8000/ws", "ws://[::1]:8000/ws/s1"),
            ("file:///home/index.html", "ws://h/ws", "ws://h/ws/s1"),
            ("http://h/", "  /ws  ", "ws://h/ws/s1"),
        ] {
            assert_eq!(resolve(page, endpoint).as_deref(), Ok(expected), "{page} + {endpoint}");
        }
    }

    #[test]
    fn the_base_element_counts_and_the_page_decides_about_security() {
        let resolve = |page, base| Endpoint::resolve(page, base, "ws", "s1");
        let endpoint = resolve("https://h/app/page", "https://cdn.example/x/").expect("an address");
        assert_eq!(endpoint.socket_url(None), "wss://cdn.example/x/ws/s1");
        assert_eq!(
            resolve("https://h/", "http://cdn.example/"),
            Err(EndpointError::Insecure { host: "cdn.example".to_owned() })
        );
    }

    #[test]
    fn mistakes_are_named() {
        let no_origin = |page: &str| Err(EndpointError::NoOrigin { page: page.to_owned() });
        for (page, endpoint, expected) in [
            ("file:///home/index.html", "/ws", no_origin("file:///home/index.html")),
            ("about:blank", "ws", no_origin("about:blank")),
            ("blob:https://h/0a-1b", "/ws", no_origin("blob:https://h/0a-1b")),
            ("http://h/", "ftp://h/ws", Err(EndpointError::Scheme { scheme: "ftp".to_owned() })),
            (
                "http://h/",
                "localhost:8000/ws",
                Err(EndpointError::Scheme { scheme: "localhost".to_owned() }),
            ),
            (
                "http://h/",
                "ws:///ws",
                Err(EndpointError::NoHost { endpoint: "ws:///ws".to_owned() }),
            ),
            (
                "https://h/",
                "ws://example.com:81/ws",
                Err(EndpointError::Insecure { host: "example.com:81".to_owned() }),
            ),
            (
                "https://h/",
                "ws://localhost.example.com/ws",
                Err(EndpointError::Insecure { host: "localhost.example.com".to_owned() }),
            ),
        ] {
            assert_eq!(resolve(page, endpoint), expected, "{page} + {endpoint}");
        }
    }

    #[test]
    fn http_is_asked_beside_the_socket() {
        for (endpoint, query, expected) in [
            ("/ws/strategy/progress", Query::Session, "https://h/api/sessions/a%20b"),
            ("/app/ws/strategy/progress/", Query::Session, "https://h/app/api/sessions/a%20b"),
            ("/other", Query::Result, "https://h/api/strategy/result/a%20b"),
            ("/ws?k=v", Query::Status, "https://h/api/strategy/status/a%20b"),
            (
                "ws://localhost:81/ws",
                Query::Events { from: 7 },
                "http://localhost:81/api/strategy/events/a%20b?from=7",
            ),
        ] {
            let endpoint = Endpoint::resolve("https://h/", "https://h/", endpoint, "a b");
            assert_eq!(endpoint.expect("an address").http_url(query), expected);
        }
    }

    #[test]
    fn session_and_resume_position_are_encoded() {
        let endpoint =
            Endpoint::resolve("http://h/", "http://h/", "/ws?k=v", "a b/ü").expect("an address");
        assert_eq!(
            endpoint.socket_url(Some(Position { epoch: Some("e&1"), after: 7 })),
            "ws://h/ws/a%20b%2F%C3%BC?k=v&epoch=e%261&after=7"
        );
        assert_eq!(
            endpoint.socket_url(Some(Position { epoch: None, after: 7 })),
            "ws://h/ws/a%20b%2F%C3%BC?k=v&after=7"
        );
        assert!(!endpoint.is_loopback());
    }

    #[test]
    fn a_token_is_the_last_parameter() {
        let token = Token("a b&c=ü".to_owned());
        for (url, expected) in [
            ("ws://h/ws/s", "ws://h/ws/s?token=a%20b%26c%3D%C3%BC"),
            ("ws://h/ws/s?epoch=e&after=1", "ws://h/ws/s?epoch=e&after=1&token=a%20b%26c%3D%C3%BC"),
        ] {
            assert_eq!(with_token(url, &token), expected);
        }
    }
}
