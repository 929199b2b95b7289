//! Who may ask: the checks of `Host` and `Origin`.
//!
//! A page of any site can send requests to a loopback server, and a name can be made to point at it
//! (DNS rebinding). So the host that a request names must be one of this gateway's, and the page
//! that sends it must come from here or from an allowed origin. It does not know what is asked for.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// What this gateway is called, and which pages may use it.
#[derive(Clone, Debug)]
pub struct Guard {
    listen: SocketAddr,
    allowed: Vec<Origin>,
}

/// The scheme, host and port of a page. The port is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Guard {
    /// The guard of a gateway that listens on `listen`, and whose pages may also come from `origins`.
    ///
    /// # Errors
    ///
    /// Names the origin that is none.
    pub fn new(listen: SocketAddr, origins: &[String]) -> Result<Self, String> {
        let parse = |origin: &String| {
            Origin::parse(origin).ok_or_else(|| {
                format!("{origin:?} is not an origin; one looks like https://example.com")
            })
        };
        Ok(Self { listen, allowed: origins.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Whether the request names this gateway.
    #[must_use]
    pub fn admits_host(&self, headers: &HeaderMap) -> bool {
        let Some(authority) = host(headers) else { return false };
        let name = authority.host();
        self.is_own_name(name) || self.allowed.iter().any(|origin| origin.is_host(name))
    }

    /// Whether the request comes from a page that may use this gateway, or from no page at all.
    #[must_use]
    pub fn admits_origin(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(header::ORIGIN) else { return true };
        let Some(origin) = value.to_str().ok().and_then(Origin::parse) else { return false };
        let same = host(headers).is_some_and(|authority| {
            origin.is_host(authority.host())
                && authority.port_u16().or_else(|| default_port(&origin.scheme))
                    == Some(origin.port)
        });
        same || (self.listen.ip().is_loopback() && is_loopback(&origin.host))
            || self.allowed.contains(&origin)
    }

    /// A loopback listener goes by loopback names only. Another one goes by any address as well,
    /// since it may have many; an address, unlike a name, cannot be made to point elsewhere.
    fn is_own_name(&self, name: &str) -> bool {
        is_loopback(name) || (!self.listen.ip().is_loopback() && address(name).is_some())
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
            return None;
        }
        let port = authority.port_u16().or_else(|| default_port(&scheme))?;
        Some(Self { scheme, host: authority.host().to_ascii_lowercase(), port })
    }

    fn is_host(&self, name: &str) -> bool {
        self.host.eq_ignore_ascii_case(name)
    }
}

fn host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(header::HOST)?.to_str().ok()?.parse().ok()
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn is_loopback(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || address(name).is_some_and(|address| address.is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn guard(listen: &str) -> Guard {
        let origins = ["https://example.com".to_owned()];
        Guard::new(listen.parse().expect("an address"), &origins).expect("good origins")
    }

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("plain text");
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, value(origin));
        }
        headers
    }

    fn check_host(listen: &str, host: &str, admitted: bool) {
        assert_eq!(guard(listen).admits_host(&headers(host, None)), admitted, "{host} at {listen}");
    }

    fn check_origin(listen: &str, host: &str, origin: &str, admitted: bool) {
        let headers = headers(host, Some(origin));
        assert_eq!(guard(listen).admits_origin(&headers), admitted, "{origin} to {host}");
    }

    #[test]
    fn a_loopback_listener_goes_by_loopback_names_and_allowed_ones() {
        for host in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "a.localhost"] {
            check_host("127.0.0.1:8000", host, true);
        }
        check_host("127.0.0.1:8000", "example.com", true);
        for host in ["evil.example:8000", "192.168.1.5:8000", "localhost.evil.example", "", "@"] {
            check_host("127.0.0.1:8000", host, false);
        }
        assert!(!guard("127.0.0.1:8000").admits_host(&HeaderMap::new()));
    }

    #[test]
    fn another_listener_goes_by_any_address() {
        check_host("0.0.0.0:8000", "192.168.1.5:8000", true);
        check_host("0.0.0.0:8000", "[fe80::1]:8000", true);
        check_host("0.0.0.0:8000", "evil.example:8000", false);
    }

    #[test]
    fn a_request_of_no_page_is_admitted() {
        assert!(guard("127.0.0.1:8000").admits_origin(&headers("127.0.0.1:8000", None)));
    }

    #[test]
    fn pages_of_the_same_host_and_port_are_admitted() {
        check_origin("0.0.0.0:8000", "10.0.0.7:8000", "http://10.0.0.7:8000", true);
        check_origin("0.0.0.0:80", "10.0.0.7", "http://10.0.0.7", true);
        check_origin("0.0.0.0:8000", "10.0.0.7:8000", "http://10.0.0.7:9000", false);
        check_origin("0.0.0.0:8000", "10.0.0.7:8000", "http://10.0.0.8:8000", false);
    }

    #[test]
    fn loopback_pages_are_admitted_where_the_listener_is_loopback() {
        check_origin("127.0.0.1:8000", "127.0.0.1:8000", "http://localhost:8080", true);
        check_origin("127.0.0.1:8000", "127.0.0.1:8000", "http://[::1]:3000", true);
        check_origin("0.0.0.0:8000", "10.0.0.7:8000", "http://localhost:8080", false);
    }

    #[test]
    fn other_pages_are_admitted_only_from_allowed_origins() {
        check_origin("127.0.0.1:8000", "127.0.0.1:8000", "https://example.com", true);
        check_origin("127.0.0.1:8000", "127.0.0.1:8000", "https://EXAMPLE.com:443", true);
        for origin in [
            "http://example.com",
            "https://example.com:444",
            "https://example.com.evil.example",
            "https://evil.example",
            "null",
            "",
            "file://",
        ] {
            check_origin("127.0.0.1:8000", "127.0.0.1:8000", origin, false);
        }
    }

    #[test]
    fn what_is_no_origin_cannot_be_allowed() {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        for origin in ["example.com", "https://example.com/path", "*", "https://a@example.com"] {
            assert!(Guard::new(listen, &[origin.to_owned()]).is_err(), "{origin}");
        }
    }
}
