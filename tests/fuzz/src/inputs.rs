//! Inputs in any order, at any time.

use std::time::Duration;

use agent_activity::{
    connection::{
        CloseCode, Content, Endpoint, EndpointError, FetchId, Outgoing, PageEvent, SocketId, State,
        Token, TokenError, TokenId,
    },
    session::{Call, Input, PageId, Word},
};

use crate::{random::Random, text};

/// What is needed to name the live things, and sometimes the dead ones.
#[derive(Clone, Copy, Default)]
pub(crate) struct Names {
    pub(crate) socket: u32,
    pub(crate) fetch: u32,
    pub(crate) token: u32,
}

/// A few seconds later, or at once, or years later.
pub(crate) fn pause(random: &mut Random) -> Duration {
    match random.below(100) {
        0..60 => Duration::ZERO,
        60..90 => Duration::from_millis(random.next() % 5_000),
        90..99 => Duration::from_secs(random.next() % 400),
        _ if random.once_in(50) => Duration::from_millis(random.next()),
        _ => Duration::from_secs(random.next() % 100_000),
    }
}

/// Hands one input to `put`.
pub(crate) fn put_one(random: &mut Random, names: Names, mut put: impl FnMut(Input<'_>)) {
    let socket = SocketId(id(random, names.socket));
    match random.below(100) {
        0..46 => put(Input::Text(socket, &text::frame(random))),
        46..50 => put(heard(random, socket)),
        50..59 => put(Input::Opened(socket)),
        59 => put(Input::Granted(socket)),
        60..66 => put(Input::Closed(socket, code(random))),
        66..75 => put(Input::Timeout),
        75..79 => put(Input::Page(*random.pick(&[
            PageEvent::Shown,
            PageEvent::Hidden,
            PageEvent::Online,
            PageEvent::Offline,
            PageEvent::Left,
            PageEvent::Returned,
        ]))),
        79..83 => put(Input::Fetched {
            id: FetchId(id(random, names.fetch)),
            status: *random.pick(&[0, 200, 200, 200, 401, 403, 404, 429, 502, 503, 999]),
            body: &text::frame(random),
        }),
        83..86 => {
            let answer = match random.below(3) {
                0 => Err(TokenError),
                1 => Ok(None),
                _ => Ok(Some(Token(text::frame(random)))),
            };
            put(Input::Token(TokenId(id(random, names.token)), answer));
        }
        86..90 => put(Input::Send(message(random))),
        90 => put(Input::Call(Call { method: text::frame(random), params: text::frame(random) })),
        91 => put(Input::Unsent(socket)),
        92 => put(Input::Buffered(socket, random.next() >> random.below(64))),
        93 => put(if random.once_in(10) { Input::Invalid(socket) } else { Input::Blocked(socket) }),
        94..97 => put(Input::Reconnect),
        97 => put(if random.once_in(10) { Input::Disconnect } else { Input::Connect }),
        98 => put(Input::Readdress(endpoint(random))),
        // Seldom: it is the end of all that has come together so far.
        _ if random.once_in(20) => put(Input::Follow(endpoint(random))),
        _ => put(Input::Timeout),
    }
    if random.once_in(8) {
        put(Input::Connect);
    }
}

/// Hands to `put` what brings a connection in this state further: left to chance alone, hardly one
/// would ever be up.
pub(crate) fn put_helpful(
    random: &mut Random,
    names: Names,
    state: &State,
    mut put: impl FnMut(Input<'_>),
) {
    let socket = SocketId(names.socket);
    match state {
        State::Idle => put(Input::Connect),
        State::Connecting { .. } => {
            put(Input::Token(TokenId(names.token), Ok(None)));
            put(Input::Fetched { id: FetchId(names.fetch), status: 404, body: "" });
            put(match random.below(4) {
                0 => heard(random, socket),
                1 => Input::Unshared(socket),
                _ => Input::Granted(socket),
            });
            put(Input::Opened(socket));
        }
        State::Greeting { .. } => put(Input::Text(socket, text::greeting(random))),
        State::Waiting { .. } | State::Offline { .. } | State::Paused { .. } => {
            put(Input::Reconnect);
        }
        State::Ended(_) | State::Failed(_) => {
            put(Input::Follow(Endpoint::resolve("http://h/", "http://h/", "/ws", "s")));
        }
        State::Connected | State::Suspect => {}
    }
}

/// The last one mostly, else one before it or one that never was.
fn id(random: &mut Random, last: u32) -> u32 {
    match random.below(12) {
        0 => last.wrapping_sub(1),
        1 => last.wrapping_add(1),
        _ => last,
    }
}

fn code(random: &mut Random) -> CloseCode {
    CloseCode(*random.pick(&[
        0, 1000, 1001, 1002, 1003, 1005, 1006, 1006, 1006, 1007, 1008, 1009, 1011, 1012, 1013,
        4000, 4400, 4401, 4403, 4404, 4429, 65_535,
    ]))
}

/// What one of two other pages says.
fn heard(random: &mut Random, socket: SocketId) -> Input<'static> {
    let word = match random.below(6) {
        0 => Word::Ask,
        1 => Word::Lead,
        2 => Word::Past {
            missing: random.next() >> random.below(64),
            is_resumed: random.once_in(2),
            frames: (0..random.below(4)).map(|_| text::frame(random)).collect(),
        },
        3 => Word::Closed(code(random)),
        4 => Word::Free,
        _ => Word::Frame(text::frame(random)),
    };
    Input::Heard(socket, PageId(u64::from(random.once_in(3))), word)
}

fn message(random: &mut Random) -> Outgoing {
    let text = text::frame(random);
    let content = if random.once_in(5) { Content::Cancel } else { Content::Text(text) };
    let id = format!("m{}", random.below(20));
    Outgoing { id, content, sent_at: random.next(), is_volatile: random.once_in(4) }
}

fn endpoint(random: &mut Random) -> Result<Endpoint, EndpointError> {
    let endpoint = *random.pick(&["/ws", "ws://127.0.0.1:1/ws?k=v", "ftp://h/", "//", "wss://h"]);
    Endpoint::resolve("http://h/", "http://h/", endpoint, &text::frame(random))
}
