//! Messages on their way to the server: in order, bounded, and none forgotten without a word.

use std::time::Duration;

use super::{Config, SocketId};
use crate::time::Instant;

/// A message to the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Names it within the session; a server stores what comes twice once.
    pub id: String,
    /// What it says.
    pub content: Content,
    /// When it was written, in milliseconds since 1970.
    pub sent_at: u64,
    /// Whether it is of no use later: without a connection it is refused at once.
    pub is_volatile: bool,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something for the agents.
    Text(String),
    /// That the run is to end.
    Cancel,
}

impl Outgoing {
    /// What it counts against the bound of the queue: the UTF-8 bytes of its id and its text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let text = match &self.content {
            Content::Text(text) => text.len(),
            Content::Cancel => 0,
        };
        self.id.len().saturating_add(text)
    }
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It waits for a connection.
    Queued,
    /// It was handed to the browser, to be sent.
    Sent,
    /// The server has stored it.
    Acked,
    /// It waited too long and was never sent.
    Expired {
        /// For how long.
        age: Duration,
    },
    /// It was not sent, or not taken, and will not be.
    Refused(Refusal),
    /// It was sent and the connection was lost before the server acknowledged it. Where the server
    /// acknowledges, it is sent again under the same id.
    Uncertain,
}

/// Why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As many messages wait as the queue takes, or as many bytes.
    QueueFull,
    /// Another message of that id is under way.
    Repeated,
    /// This server takes no messages.
    NotTaken,
    /// There is no connection, and the message would be of no use later.
    NotConnected,
    /// The session has ended.
    Ended,
    /// Another session is followed now.
    OtherSession,
    /// The server closed the connection over it: it is too big.
    TooBig,
    /// The server closed the connection over it: it cannot be read.
    Unreadable,
    /// The server said why.
    Server(String),
}

/// What waits to be sent and acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// How many messages.
    pub messages: usize,
    /// How many bytes they have.
    pub bytes: usize,
    /// Since when the oldest of them waits.
    pub since: Option<Instant>,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    /// In the order in which they were put in.
    items: Vec<Item>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Item {
    message: Outgoing,
    since: Instant,
    /// The socket that it went through last.
    sent: Option<SocketId>,
    /// When it last went through one.
    sent_at: Instant,
    /// The last socket that was lost after it went through: it may have arrived.
    lost_with: Option<SocketId>,
    /// The step that was told last.
    is_uncertain: bool,
}

/// A step of a message that has to be told.
pub(super) type Step = (String, Delivery);

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.items.iter().any(|item| item.message.id == id)
    }

    /// Takes a message in, or says why not.
    pub(super) fn put(
        &mut self,
        message: Outgoing,
        now: Instant,
        config: &Config,
    ) -> Result<(), Refusal> {
        if self.contains(&message.id) {
            return Err(Refusal::Repeated);
        }
        let bytes = self.bytes.saturating_add(message.bytes());
        if self.items.len() >= config.queue_messages_max || bytes > config.queue_bytes_max {
            return Err(Refusal::QueueFull);
        }
        self.bytes = bytes;
        self.items.push(Item {
            message,
            since: now,
            sent: None,
            sent_at: now,
            lost_with: None,
            is_uncertain: false,
        });
        Ok(())
    }

    /// The next message that has not gone through `socket`, marked as if it had.
    pub(super) fn next(&mut self, socket: SocketId, now: Instant) -> Option<&Outgoing> {
        let item = self.items.iter_mut().find(|item| item.sent != Some(socket))?;
        item.sent = Some(socket);
        item.sent_at = now;
        item.is_uncertain = false;
        Some(&item.message)
    }

    /// The message that went through `socket` last did not: it is queued or uncertain as before, or
    /// refused if it is of no use later.
    pub(super) fn take_back(&mut self, socket: SocketId) -> Option<Step> {
        let index = self.items.iter().rposition(|item| item.sent == Some(socket))?;
        let item = self.items.get_mut(index)?;
        if item.message.is_volatile {
            let id = self.remove_at(index)?;
            return Some((id, Delivery::Refused(Refusal::NotConnected)));
        }
        item.sent = item.lost_with;
        item.is_uncertain = item.sent.is_some();
        let step = if item.is_uncertain { Delivery::Uncertain } else { Delivery::Queued };
        Some((item.message.id.clone(), step))
    }

    /// Takes out the message of this id.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let index = self.items.iter().position(|item| item.message.id == id);
        index.is_some_and(|index| self.remove_at(index).is_some())
    }

    fn remove_at(&mut self, index: usize) -> Option<String> {
        (index < self.items.len()).then(|| {
            let Item { message, .. } = self.items.remove(index);
            self.bytes = self.bytes.saturating_sub(message.bytes());
            message.id
        })
    }

    /// Keeps the messages that stay.
    fn keep(&mut self, stays: &mut dyn FnMut(&mut Item) -> bool) {
        self.items.retain_mut(stays);
        self.bytes = self.items.iter().map(|item| item.message.bytes()).sum();
    }

    /// Takes out the message over which the server closed `socket`: the first that it has not
    /// acknowledged, since it takes them in order, or where it acknowledges none, the last.
    pub(super) fn remove_suspect(&mut self, socket: SocketId, is_acked: bool) -> Option<String> {
        let was_sent = |item: &Item| item.sent == Some(socket);
        let index = if is_acked {
            self.items.iter().position(was_sent)
        } else {
            self.items.iter().rposition(was_sent)
        };
        self.remove_at(index?)
    }

    /// What went through `socket` before `now` has most likely arrived: it is done with. What goes
    /// out at this very instant may do so over the frame that is being read, and is not answered by
    /// the rest of it.
    pub(super) fn settle(&mut self, socket: SocketId, now: Instant) {
        self.keep(&mut |item| item.sent != Some(socket) || item.sent_at >= now);
    }

    /// `socket` is lost, and whatever went through it may be lost with it. Kept where it can be
    /// sent again without arriving twice. What is of no use later does not wait for the next one.
    pub(super) fn lose(&mut self, socket: SocketId, is_kept: bool, tell: &mut dyn FnMut(Step)) {
        self.keep(&mut |item| {
            let is_volatile = item.message.is_volatile;
            if item.sent == Some(socket) && !item.is_uncertain {
                item.lost_with = item.sent;
                item.is_uncertain = true;
                tell((item.message.id.clone(), Delivery::Uncertain));
                return is_kept && !is_volatile;
            }
            // What is of no use later never got its turn.
            if is_volatile {
                let refusal = Refusal::NotConnected;
                tell((item.message.id.clone(), Delivery::Refused(refusal)));
            }
            !is_volatile
        });
    }

    /// Takes out what is older than `max`, whether it slept meanwhile or not.
    pub(super) fn expire(&mut self, now: Instant, max: Duration, tell: &mut dyn FnMut(Step)) {
        self.keep(&mut |item| {
            let age = now.since(item.since);
            let is_stale = age > max;
            if is_stale {
                tell_end(item, Delivery::Expired { age }, tell);
            }
            !is_stale
        });
    }

    /// Takes everything out: what was never sent is refused with `refusal`, the fate of the rest is
    /// not known.
    pub(super) fn clear(&mut self, refusal: &Refusal, tell: &mut dyn FnMut(Step)) {
        self.keep(&mut |item| {
            tell_end(item, Delivery::Refused(refusal.clone()), tell);
            false
        });
    }

    /// Takes out what was never sent, unless `is_taken`.
    pub(super) fn refuse_unsent(
        &mut self,
        refusal: &Refusal,
        is_taken: &dyn Fn(&Content) -> bool,
        tell: &mut dyn FnMut(Step),
    ) {
        self.keep(&mut |item| {
            let stays = item.sent.is_some() || is_taken(&item.message.content);
            if !stays {
                tell_end(item, Delivery::Refused(refusal.clone()), tell);
            }
            stays
        });
    }

    pub(super) fn queue(&self) -> Queue {
        let since = self.items.first().map(|item| item.since);
        Queue { messages: self.items.len(), bytes: self.bytes, since }
    }
}

/// Tells what became of a message that is taken out: `unsent` if it never was sent.
fn tell_end(item: &Item, unsent: Delivery, tell: &mut dyn FnMut(Step)) {
    if item.sent.is_none() {
        tell((item.message.id.clone(), unsent));
    } else if !item.is_uncertain {
        tell((item.message.id.clone(), Delivery::Uncertain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: SocketId = SocketId(1);
    const TWO: SocketId = SocketId(2);
    /// When the messages of these tests go out.
    const SENT_AT: Instant = Instant::from_origin(Duration::from_secs(5));

    fn message(id: &str, content: Content) -> Outgoing {
        Outgoing { id: id.to_owned(), content, sent_at: 0, is_volatile: false }
    }

    /// Messages of these ids, each of two bytes, put in a second apart.
    fn outbox(ids: &[&str]) -> Outbox {
        let mut outbox = Outbox::default();
        for (second, id) in (0..).zip(ids) {
            let message = message(id, Content::Text("x".to_owned()));
            let now = Instant::from_origin(Duration::from_secs(second));
            assert_eq!(outbox.put(message, now, &Config::default()), Ok(()));
        }
        outbox
    }

    /// What goes through `socket`, in order.
    fn send_all(outbox: &mut Outbox, socket: SocketId) -> Vec<String> {
        std::iter::from_fn(|| outbox.next(socket, SENT_AT).map(|it| it.id.clone())).collect()
    }

    fn steps(act: impl FnOnce(&mut dyn FnMut(Step))) -> Vec<Step> {
        let mut steps = Vec::new();
        act(&mut |step| steps.push(step));
        steps
    }

    /// How many messages wait, and how many bytes they have.
    fn depth(outbox: &Outbox) -> (usize, usize) {
        let queue = outbox.queue();
        (queue.messages, queue.bytes)
    }

    fn step(id: &str, delivery: Delivery) -> Step {
        (id.to_owned(), delivery)
    }

    /// 62.
    #[test]
    fn bytes_are_those_of_utf8() {
        for (id, content, bytes) in [
            ("a", Content::Text("x".to_owned()), 2),
            ("ü", Content::Text("€".to_owned()), 5),
            ("a", Content::Text("🙂".to_owned()), 5),
            ("abc", Content::Cancel, 3),
        ] {
            assert_eq!(message(id, content.clone()).bytes(), bytes, "{id} {content:?}");
        }
    }

    /// 62.
    #[test]
    fn the_bytes_add_up_whatever_becomes_of_the_messages() {
        let later = Instant::from_origin(Duration::from_secs(1_000));
        type Way = fn(&mut Outbox, Instant);
        let ways: [(&str, Way, usize); 8] = [
            ("acked", |outbox, _| assert!(outbox.remove("b")), 2),
            ("suspect", |outbox, _| drop(outbox.remove_suspect(ONE, true)), 2),
            ("settled", |outbox, now| outbox.settle(ONE, now), 1),
            ("sent just now", |outbox, _| outbox.settle(ONE, SENT_AT), 3),
            ("lost", |outbox, _| outbox.lose(ONE, false, &mut |_| {}), 1),
            ("kept", |outbox, _| outbox.lose(ONE, true, &mut |_| {}), 3),
            ("expired", |outbox, now| outbox.expire(now, Duration::from_secs(1), &mut |_| {}), 0),
            (
                "refused",
                |outbox, _| outbox.refuse_unsent(&Refusal::Ended, &|_| false, &mut |_| {}),
                2,
            ),
        ];
        for (name, act, left) in ways {
            let mut outbox = outbox(&["a", "b", "c"]);
            outbox.next(ONE, SENT_AT);
            outbox.next(ONE, SENT_AT);
            act(&mut outbox, later);
            assert_eq!(depth(&outbox), (left, 2 * left), "{name}");
        }
        let mut outbox = outbox(&["a", "b"]);
        outbox.clear(&Refusal::OtherSession, &mut |_| {});
        assert_eq!(depth(&outbox), (0, 0));
    }

    /// 66.
    #[test]
    fn each_socket_gets_all_that_is_left_in_the_order_of_writing() {
        let mut outbox = outbox(&["a", "b", "c"]);
        assert_eq!(send_all(&mut outbox, ONE), ["a", "b", "c"]);
        assert_eq!(outbox.take_back(ONE), Some(step("c", Delivery::Queued)));
        assert!(outbox.remove("a"));
        let lost = steps(|tell| outbox.lose(ONE, true, tell));
        assert_eq!(lost, [step("b", Delivery::Uncertain)], "the last was never sent");
        assert_eq!(steps(|tell| outbox.lose(ONE, true, tell)), [], "it is told once");
        assert_eq!(send_all(&mut outbox, TWO), ["b", "c"]);
    }

    #[test]
    fn what_is_taken_back_is_where_it_was() {
        let mut outbox = outbox(&["a"]);
        assert_eq!(outbox.take_back(ONE), None);
        for _ in 0..2 {
            outbox.next(ONE, SENT_AT);
            assert_eq!(outbox.take_back(ONE), Some(step("a", Delivery::Queued)));
        }
        outbox.next(ONE, SENT_AT);
        outbox.lose(ONE, true, &mut |_| {});
        outbox.next(TWO, SENT_AT);
        assert_eq!(outbox.take_back(TWO), Some(step("a", Delivery::Uncertain)));
        assert_eq!(send_all(&mut outbox, TWO), ["a"]);
    }

    /// 63.
    #[test]
    fn only_what_was_never_sent_expires() {
        let mut outbox = outbox(&["a", "b", "c"]);
        outbox.next(ONE, SENT_AT);
        outbox.lose(ONE, true, &mut |_| {});
        outbox.next(TWO, SENT_AT);
        outbox.next(TWO, SENT_AT);
        let (now, max) = (Instant::from_origin(Duration::from_secs(9)), Duration::from_secs(7));
        let told = steps(|tell| outbox.expire(now, max, tell));
        assert_eq!(told, [step("a", Delivery::Uncertain), step("b", Delivery::Uncertain)]);
        let age = Duration::from_secs(8);
        let now = Instant::from_origin(Duration::from_secs(10));
        let told = steps(|tell| outbox.expire(now, max, tell));
        assert_eq!(told, [step("c", Delivery::Expired { age })]);
    }

    #[test]
    fn the_suspect_is_the_first_without_an_answer_or_else_the_last() {
        for (is_acked, suspect) in [(true, "b"), (false, "c")] {
            let mut outbox = outbox(&["a", "b", "c", "d"]);
            for _ in 0..3 {
                outbox.next(ONE, SENT_AT);
            }
            outbox.remove("a");
            assert_eq!(outbox.remove_suspect(ONE, is_acked).as_deref(), Some(suspect));
            assert_eq!(outbox.remove_suspect(TWO, is_acked), None);
        }
    }
}
