//! Close codes, and what each means for the next attempt.

use std::fmt;

/// The code of a WebSocket close, RFC 6455 section 7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose is fulfilled: the session ended.
    pub const NORMAL: Self = Self(1000);
    /// The server stops.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the WebSocket protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// The peer got a kind of data that it does not take.
    pub const UNSUPPORTED: Self = Self(1003);
    /// There was no close frame, or no connection at all. Never sent, only told by the browser.
    pub const ABNORMAL: Self = Self(1006);
    /// The peer got data that does not fit its kind, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// The peer's policy is against it.
    pub const POLICY: Self = Self(1008);
    /// A message was larger than the peer takes.
    pub const TOO_BIG: Self = Self(1009);
    /// The peer lacks an extension that this side needs.
    pub const MISSING_EXTENSION: Self = Self(1010);
    /// The server restarts.
    pub const RESTARTING: Self = Self(1012);
    /// The server is overloaded, or this subscriber was too slow: come back later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// There is no valid authorisation (IANA's registry of close codes).
    pub const UNAUTHORIZED: Self = Self(3000);
    /// The authorisation does not suffice (IANA's registry of close codes).
    pub const FORBIDDEN_BY_SERVER: Self = Self(3003);
    /// The request was malformed: its id or its query.
    pub const MALFORMED: Self = Self(4400);
    /// There is no token, or it is not valid.
    pub const NOT_AUTHENTICATED: Self = Self(4401);
    /// The token is valid and does not suffice.
    pub const FORBIDDEN: Self = Self(4403);
    /// There is no such session.
    pub const NOT_FOUND: Self = Self(4404);
    /// The server does not speak any of the protocols offered.
    pub const NOT_ACCEPTABLE: Self = Self(4406);
    /// Another client has what this one asked for.
    pub const CONFLICT: Self = Self(4409);
    /// There are too many sessions.
    pub const TOO_MANY: Self = Self(4429);
}

impl fmt::Display for CloseCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::from(self.0).fmt(formatter)
    }
}

/// What a server's close means for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Try again after the usual wait.
    Retry,
    /// Try again, and leave the server some more time.
    RetryLater,
    /// Try again, but not for ever: the same in a row, and nothing readable in between, is a fault
    /// of the server or of this client that waiting does not cure.
    RetryAFewTimes,
    /// Get another token and try again at once; final when that is refused too, or when there is
    /// nobody to get it from.
    Authenticate,
    /// Trying again is pointless until something is changed.
    Final,
}

impl CloseCode {
    /// The code with which a client gives up a socket that it no longer trusts.
    pub const ABANDONED: Self = Self(4000);

    /// What this code, coming from a server, means for the next attempt.
    ///
    /// Whatever does not say that trying again is pointless is tried again, 1000 without an end of
    /// the session included: servers restart with it.
    #[must_use]
    pub const fn disposition(self) -> Disposition {
        match self {
            Self::TRY_AGAIN_LATER | Self::TOO_MANY => Disposition::RetryLater,
            Self::PROTOCOL_ERROR | Self::UNSUPPORTED | Self::INVALID_DATA => {
                Disposition::RetryAFewTimes
            }
            Self::NOT_AUTHENTICATED => Disposition::Authenticate,
            Self::POLICY
            | Self::MISSING_EXTENSION
            | Self::UNAUTHORIZED
            | Self::FORBIDDEN_BY_SERVER
            | Self::MALFORMED
            | Self::FORBIDDEN
            | Self::NOT_FOUND
            | Self::NOT_ACCEPTABLE
            | Self::CONFLICT => Disposition::Final,
            _ => Disposition::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_code_means_for_the_next_attempt() {
        for (codes, disposition) in [
            (&[1000, 1001, 1005, 1006, 1009, 1011, 1012, 1014, 3999, 4999][..], Disposition::Retry),
            (&[1002, 1003, 1007], Disposition::RetryAFewTimes),
            (&[1013, 4429], Disposition::RetryLater),
            (&[4401], Disposition::Authenticate),
            (&[1008, 1010, 3000, 3003, 4400, 4403, 4404, 4406, 4409], Disposition::Final),
        ] {
            for &code in codes {
                assert_eq!(CloseCode(code).disposition(), disposition, "{code}");
            }
        }
    }
}
