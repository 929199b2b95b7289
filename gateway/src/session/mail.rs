//! The mail of a session: which messages wait for which agent.
//!
//! It knows neither what a message says nor how an agent takes it.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use agent_activity::wire::{Event, kind};
use tokio::sync::Notify;

use crate::{
    draft::{Context, Draft},
    message::Message,
};

/// The messages that no agent has taken yet.
#[derive(Debug)]
pub(super) struct Mail {
    unread_max: NonZeroUsize,
    /// Those that came while nobody listened; none while somebody does.
    waiting: VecDeque<Letter>,
    listeners: BTreeMap<u64, Queue>,
    newest_listener: u64,
}

/// A message on its way; its copies to several listeners have one fate.
#[derive(Clone, Debug)]
struct Letter {
    message: Arc<Message>,
    /// Whether an agent has taken it.
    taken: Arc<AtomicBool>,
}

/// What waits for one listener.
#[derive(Debug)]
struct Queue {
    phase: String,
    agent: String,
    iteration: Option<(u32, u32)>,
    unread: VecDeque<Letter>,
    arrived: Arc<Notify>,
}

impl Queue {
    fn warning(&self, words: &str) -> Draft {
        let Self { phase, agent, iteration, .. } = self;
        warning(words, Context { phase, agent, iteration: *iteration }.event(kind::LOG))
    }
}

impl Mail {
    /// No mail; at most `unread_max` messages will wait for an agent.
    pub(super) fn new(unread_max: NonZeroUsize) -> Self {
        Self {
            unread_max,
            waiting: VecDeque::new(),
            listeners: BTreeMap::new(),
            newest_listener: 0,
        }
    }

    /// Hands a message to everyone who listens, else to whoever does next. Returns a warning for
    /// each agent that it will not reach.
    pub(super) fn send(&mut self, message: Arc<Message>) -> Vec<Draft> {
        let max = self.unread_max.get();
        let letter = Letter { message, taken: Arc::default() };
        let id = letter.message.id();
        if self.listeners.is_empty() {
            if self.waiting.len() < max {
                self.waiting.push_back(letter);
                return Vec::new();
            }
            let words = format!("Message {id} will reach no agent: {max} wait for one already");
            return vec![warning(&words, no_context())];
        }
        let mut warnings = Vec::new();
        for queue in self.listeners.values_mut() {
            if queue.unread.len() < max {
                queue.unread.push_back(letter.clone());
                queue.arrived.notify_one();
            } else {
                let words = format!(
                    "Message {id} will not reach {}: {max} wait for it already",
                    queue.agent
                );
                warnings.push(queue.warning(&words));
            }
        }
        warnings
    }

    /// Adds a listener, to whom all goes that waited for one. Returns its number, and what tells
    /// it that something has come.
    pub(super) fn join(&mut self, context: &Context<'_>) -> (u64, Arc<Notify>) {
        self.newest_listener += 1;
        let arrived = Arc::new(Notify::new());
        let queue = Queue {
            phase: context.phase.to_owned(),
            agent: context.agent.to_owned(),
            iteration: context.iteration,
            unread: mem::take(&mut self.waiting),
            arrived: Arc::clone(&arrived),
        };
        self.listeners.insert(self.newest_listener, queue);
        (self.newest_listener, arrived)
    }

    /// The oldest message that a listener has not taken.
    pub(super) fn first(&self, listener: u64) -> Option<Arc<Message>> {
        let letter = self.listeners.get(&listener)?.unread.front()?;
        Some(Arc::clone(&letter.message))
    }

    /// Marks that one as taken.
    pub(super) fn take(&mut self, listener: u64) {
        let queue = self.listeners.get_mut(&listener);
        if let Some(letter) = queue.and_then(|queue| queue.unread.pop_front()) {
            letter.taken.store(true, Ordering::Relaxed);
        }
    }

    /// Removes a listener. What nobody has taken waits for the next one, unless another listener
    /// has it or had it; returns a warning for each message of that kind.
    pub(super) fn leave(&mut self, listener: u64) -> Vec<Draft> {
        let Some(mut queue) = self.listeners.remove(&listener) else { return Vec::new() };
        let alone = self.listeners.is_empty();
        let unread = mem::take(&mut queue.unread).into_iter();
        let (waiting, missed): (VecDeque<_>, VecDeque<_>) =
            unread.partition(|letter| alone && !letter.taken.load(Ordering::Relaxed));
        if alone {
            self.waiting = waiting;
        }
        let words = |letter: &Letter| {
            format!("Message {} did not reach {}", letter.message.id(), queue.agent)
        };
        missed.iter().map(|letter| queue.warning(&words(letter))).collect()
    }

    /// Lets go of what waits for an agent, since none will come. Returns a warning for each.
    pub(super) fn give_up(&mut self) -> Vec<Draft> {
        let words = |letter: Letter| format!("Message {} reached no agent", letter.message.id());
        self.waiting.drain(..).map(|letter| warning(&words(letter), no_context())).collect()
    }
}

fn no_context() -> Event<'static> {
    Event { kind: kind::LOG.into(), ..Event::default() }
}

fn warning(words: &str, log: Event<'_>) -> Draft {
    Draft::of_gateway(&Event { message: Some(words.into()), level: Some("warning".into()), ..log })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const FIRST: Context<'_> = Context { phase: "p", agent: "first", iteration: Some((1, 2)) };
    const SECOND: Context<'_> = Context { phase: "q", agent: "second", iteration: None };

    fn mail() -> Mail {
        Mail::new(NonZeroUsize::new(2).expect("not zero"))
    }

    /// Sends messages with these ids; returns what the warnings say.
    fn send(mail: &mut Mail, ids: &[&str]) -> Vec<String> {
        let message = |id: &&str| Arc::new(Message::new(id, "", 1));
        words(ids.iter().flat_map(|id| mail.send(message(id))))
    }

    fn words(warnings: impl IntoIterator<Item = Draft>) -> Vec<String> {
        let words = |warning: Draft| {
            let event = warning.placed(1, "s", "e");
            let event: Value = serde_json::from_str(&event).expect("a draft is JSON");
            assert_eq!((&event["type"], &event["level"]), (&"log".into(), &"warning".into()));
            event["message"].as_str().unwrap_or_default().to_owned()
        };
        warnings.into_iter().map(words).collect()
    }

    /// Takes all that a listener has.
    fn take_all(mail: &mut Mail, listener: u64) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some(message) = mail.first(listener) {
            ids.push(message.id().to_owned());
            mail.take(listener);
        }
        ids
    }

    #[test]
    fn what_came_before_a_listener_is_its_and_nobody_elses() {
        let mut mail = mail();
        assert!(send(&mut mail, &["a", "b"]).is_empty());
        let (first, _) = mail.join(&FIRST);
        let (second, _) = mail.join(&SECOND);
        assert_eq!(take_all(&mut mail, first), ["a", "b"]);
        assert!(take_all(&mut mail, second).is_empty());
    }

    #[test]
    fn what_comes_is_every_listeners() {
        let mut mail = mail();
        let listeners = [mail.join(&FIRST).0, mail.join(&SECOND).0];
        assert!(send(&mut mail, &["a", "b"]).is_empty());
        for listener in listeners {
            assert_eq!(take_all(&mut mail, listener), ["a", "b"]);
        }
    }

    #[test]
    fn what_is_too_much_for_one_reaches_the_others_and_is_named() {
        let mut mail = mail();
        let (first, _) = mail.join(&FIRST);
        let (second, _) = mail.join(&SECOND);
        send(&mut mail, &["a", "b"]);
        take_all(&mut mail, second);
        let expected = ["Message c will not reach first: 2 wait for it already"];
        assert_eq!(send(&mut mail, &["c"]), expected);
        assert_eq!(take_all(&mut mail, first), ["a", "b"]);
        assert_eq!(take_all(&mut mail, second), ["c"]);
    }

    #[test]
    fn what_is_too_much_to_wait_is_named() {
        let mut mail = mail();
        let expected = ["Message c will reach no agent: 2 wait for one already"];
        assert_eq!(send(&mut mail, &["a", "b", "c"]), expected);
        let (first, _) = mail.join(&FIRST);
        assert_eq!(take_all(&mut mail, first), ["a", "b"]);
    }

    #[test]
    fn what_a_listener_leaves_behind_is_the_next_ones() {
        let mut mail = mail();
        let (first, _) = mail.join(&FIRST);
        send(&mut mail, &["a", "b"]);
        mail.take(first);
        assert!(mail.leave(first).is_empty());
        send(&mut mail, &["c"]);
        let (second, _) = mail.join(&SECOND);
        assert_eq!(take_all(&mut mail, second), ["b", "c"]);
    }

    #[test]
    fn what_a_listener_leaves_behind_and_another_has_or_had_is_named() {
        let mut mail = mail();
        let (first, _) = mail.join(&FIRST);
        let (second, _) = mail.join(&SECOND);
        send(&mut mail, &["a", "b"]);
        mail.take(first);
        assert_eq!(words(mail.leave(first)), ["Message b did not reach first"]);
        assert_eq!(words(mail.leave(second)), ["Message a did not reach second"]);
        let (first, _) = mail.join(&FIRST);
        assert_eq!(take_all(&mut mail, first), ["b"]);
    }

    #[test]
    fn what_nobody_will_take_is_named() {
        let mut mail = mail();
        send(&mut mail, &["a"]);
        assert_eq!(words(mail.give_up()), ["Message a reached no agent"]);
        assert!(mail.give_up().is_empty());
    }
}
