//! A server that keeps nothing: what happens is told to whoever listens, once.
//!
//! Of the two dialects that do so, one takes requests and the other messages, of which it
//! acknowledges none.

use std::collections::{BTreeMap, BTreeSet};

use super::Say;
use crate::{options::Kind, plan::SESSIONS, rng::Rng};

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Fleeting {
    takes_requests: bool,
    /// Whether it answers pings; one that takes messages need not.
    is_pingable: bool,
    /// How many things have happened in each session.
    happened: Vec<usize>,
    /// The sockets, and what each follows.
    followers: BTreeMap<u32, usize>,
    /// The messages that arrived, and the session that each arrived in.
    pub(crate) arrived: BTreeMap<usize, usize>,
    /// The messages that arrived again.
    pub(crate) doubled: BTreeSet<usize>,
}

impl Fleeting {
    pub(super) fn new(kind: Kind, is_pingable: bool) -> Self {
        let takes_requests = kind == Kind::JsonRpc;
        Self {
            takes_requests,
            is_pingable: is_pingable || takes_requests,
            happened: vec![0; SESSIONS],
            followers: BTreeMap::new(),
            arrived: BTreeMap::new(),
            doubled: BTreeSet::new(),
        }
    }

    pub(super) fn open(&mut self, socket: u32, session: usize, says: &mut Vec<Say>) {
        self.followers.insert(socket, session);
        if self.takes_requests {
            let established = r#"{"jsonrpc":"2.0","method":"connection/established","params":{}}"#;
            says.push(Say::Frame(socket, established.to_owned()));
        }
    }

    pub(super) fn lose(&mut self, socket: u32) {
        self.followers.remove(&socket);
    }

    pub(super) fn restart(&mut self) {
        self.followers.clear();
    }

    pub(super) fn receive(&mut self, socket: u32, text: &str, rng: &mut Rng, says: &mut Vec<Say>) {
        let Some(&session) = self.followers.get(&socket) else { return };
        if let Some(timestamp) = number_behind(text, r#""timestamp":"#)
            && text.contains(r#""ping""#)
        {
            if self.takes_requests {
                says.push(Say::Frame(socket, format!(
                    r#"{{"jsonrpc":"2.0","method":"pong","params":{{"timestamp":1,"original":{{"timestamp":{timestamp}}}}}}}"#
                )));
            } else if self.is_pingable {
                let pong = format!(r#"{{"type":"pong","timestamp":{timestamp}}}"#);
                says.push(Say::Frame(socket, pong));
            }
        } else if self.takes_requests {
            self.reply(socket, text, rng, says);
        } else if let Some(message) = number_behind(text, r#""id":"m"#) {
            let message = usize::try_from(message).unwrap_or(usize::MAX);
            if self.arrived.insert(message, session).is_some() {
                self.doubled.insert(message);
            }
        }
    }

    /// Replies to a request, well or badly, or not at all.
    fn reply(&self, socket: u32, text: &str, rng: &mut Rng, says: &mut Vec<Say>) {
        let Some(id) = number_behind(text, r#""id":"#) else { return };
        let reply = match rng.below(10) {
            0 => return,
            1 => format!(r#""id":{id},"error":{{"code":-32600,"message":"no"}}"#),
            2 => r#""id":null,"error":{"code":-32600,"message":"what?"}"#.to_owned(),
            _ => format!(r#""id":{id},"result":{{}}"#),
        };
        says.push(Say::Frame(socket, format!(r#"{{"jsonrpc":"2.0",{reply}}}"#)));
    }

    pub(super) fn emit(&mut self, session: usize, count: u64, says: &mut Vec<Say>) {
        for _ in 0..count {
            let number = self.happened[session];
            self.happened[session] += 1;
            let message = format!(r#""message":"s{session}.0.{number}""#);
            let text = if self.takes_requests {
                format!(r#"{{"jsonrpc":"2.0","method":"update","params":{{{message}}}}}"#)
            } else {
                format!(r#"{{"type":"task_progress","payload":{{"task_id":"t",{message}}}}}"#)
            };
            for (&socket, _) in self.followers.iter().filter(|&(_, &it)| it == session) {
                says.push(Say::Frame(socket, text.clone()));
            }
        }
    }
}

/// The number that stands behind the first `mark`.
fn number_behind(text: &str, mark: &str) -> Option<u64> {
    let (_, rest) = text.split_once(mark)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..digits)?.parse().ok()
}
