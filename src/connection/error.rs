//! What went wrong: for a while, or for good.

use super::{CloseCode, EndpointError};

/// How often in a row a socket must open and close at once before that is a proxy's doing.
const PROXY_SIGNS: u32 = 3;

/// What ended an attempt or a connection that will be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The token provider failed, or gave no answer in time.
    NoToken,
    /// The socket was closed before it had opened. Browsers do not say why; asking by HTTP may.
    NeverOpened(Diagnosis),
    /// The socket did not open in time. Asking by HTTP may tell why.
    ConnectTimeout(Diagnosis),
    /// The socket opened and brought no readable message in time.
    GreetingTimeout,
    /// The socket opened and was closed before it brought a message.
    ClosedAtOnce {
        /// With this code.
        code: CloseCode,
        /// How often in a row. A proxy whose server is down does it every time.
        times: u32,
    },
    /// The server no longer answers.
    Silent,
    /// The socket was closed while messages came in.
    Closed(CloseCode),
    /// The page was left, and the socket closed with it.
    PageLeft,
}

/// What an HTTP request to the same server tells about a socket that did not open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Diagnosis {
    /// Nothing, so far.
    #[default]
    Unknown,
    /// Nobody answers there either.
    ServerDown,
    /// The server answers there: it is the upgrade that fails.
    Refused,
    /// There is no such session.
    NotFound,
    /// The server wants to know who is asking.
    NotAuthenticated,
    /// Whoever is asking may not follow this session.
    Forbidden,
    /// The server has too much to do.
    Overloaded,
    /// The page's own security policy does not allow the socket; nobody needed to be asked.
    BlockedByPage,
}

/// Why there will be no more attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server closed with a code that says that trying again is pointless.
    Refused(CloseCode),
    /// The server said so by HTTP, when asked why the socket did not open.
    Denied(Diagnosis),
    /// The server broke off with this code as often in a row as the configuration allows, and said
    /// nothing that could be read in between.
    Protocol(CloseCode),
    /// There is no address to connect to.
    Endpoint(EndpointError),
    /// As many attempts failed in a row as the configuration allows; the last one because of this.
    AttemptsExhausted(LossCause),
}

/// The kinds of error that a page tells apart, as its `data-reason` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server wants to know who is asking.
    NotAuthenticated,
    /// Whoever is asking may not follow this session.
    Forbidden,
    /// There is no such session.
    NotFound,
    /// The server's policy is against it.
    Policy,
    /// Something took too long.
    Timeout,
    /// The server, or something before it, did not take the connection.
    Refused,
    /// The server has too much to do.
    Overloaded,
    /// The machine has no network.
    Offline,
    /// The page's own security policy does not allow the connection.
    BlockedByPage,
    /// Nobody answers at the server's address.
    ServerDown,
    /// The page is encrypted and the endpoint is not.
    Insecure,
    /// The endpoint cannot be used.
    BadEndpoint,
    /// Something between opened the connection and could not reach the server behind it.
    Proxy,
}

impl ErrorKind {
    /// The kind in kebab-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not-authenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Policy => "policy",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Overloaded => "overloaded",
            Self::Offline => "offline",
            Self::BlockedByPage => "blocked-by-page",
            Self::ServerDown => "server-down",
            Self::Insecure => "insecure",
            Self::BadEndpoint => "bad-endpoint",
            Self::Proxy => "proxy",
        }
    }
}

impl LossCause {
    /// The cause in kebab-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::NeverOpened(_) => "never-opened",
            Self::ConnectTimeout(_) => "connect-timeout",
            Self::GreetingTimeout => "greeting-timeout",
            Self::ClosedAtOnce { .. } => "closed-at-once",
            Self::Silent => "silent",
            Self::Closed(_) => "closed",
            Self::PageLeft => "page-left",
        }
    }

    /// The code with which the socket was closed, where it was.
    #[must_use]
    pub const fn code(self) -> Option<CloseCode> {
        match self {
            Self::ClosedAtOnce { code, .. } | Self::Closed(code) => Some(code),
            _ => None,
        }
    }

    /// The kind of error, where there is one: a connection that was closed may just have had to be.
    #[must_use]
    pub const fn kind(self) -> Option<ErrorKind> {
        match self {
            Self::NoToken => Some(ErrorKind::NotAuthenticated),
            Self::ConnectTimeout(Diagnosis::Unknown | Diagnosis::Refused)
            | Self::GreetingTimeout
            | Self::Silent => Some(ErrorKind::Timeout),
            Self::ClosedAtOnce { code, .. } | Self::Closed(code)
                if matches!(code, CloseCode::TRY_AGAIN_LATER | CloseCode::TOO_MANY) =>
            {
                Some(ErrorKind::Overloaded)
            }
            Self::ClosedAtOnce { times, .. } if times >= PROXY_SIGNS => Some(ErrorKind::Proxy),
            Self::ClosedAtOnce { .. } | Self::Closed(_) | Self::PageLeft => None,
            Self::NeverOpened(diagnosis) | Self::ConnectTimeout(diagnosis) => {
                Some(diagnosis.kind())
            }
        }
    }
}

impl Diagnosis {
    /// What the status of an HTTP answer tells; 0 = there was none.
    #[must_use]
    pub const fn from_status(status: u16) -> Self {
        match status {
            // A proxy whose server is down answers in its stead.
            0 | 502 | 504 => Self::ServerDown,
            401 => Self::NotAuthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 | 503 => Self::Overloaded,
            _ => Self::Refused,
        }
    }

    /// The kind of error.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Unknown | Self::Refused => ErrorKind::Refused,
            Self::ServerDown => ErrorKind::ServerDown,
            Self::NotFound => ErrorKind::NotFound,
            Self::NotAuthenticated => ErrorKind::NotAuthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::BlockedByPage => ErrorKind::BlockedByPage,
        }
    }
}

impl Failure {
    /// The kind of error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(code) => match *code {
                CloseCode::NOT_AUTHENTICATED => ErrorKind::NotAuthenticated,
                CloseCode::FORBIDDEN => ErrorKind::Forbidden,
                CloseCode::NOT_FOUND => ErrorKind::NotFound,
                CloseCode::MALFORMED => ErrorKind::BadEndpoint,
                _ => ErrorKind::Policy,
            },
            Self::Denied(diagnosis) => diagnosis.kind(),
            Self::Protocol(_) => ErrorKind::Refused,
            Self::Endpoint(EndpointError::Insecure { .. }) => ErrorKind::Insecure,
            Self::Endpoint(_) => ErrorKind::BadEndpoint,
            Self::AttemptsExhausted(cause) => match cause.kind() {
                Some(kind) => kind,
                None => ErrorKind::Refused,
            },
        }
    }
}
