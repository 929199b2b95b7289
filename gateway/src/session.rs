//! A session: one workflow run to follow, its history and its state.
//!
//! Whoever writes appends and goes on; whoever reads asks from where it is and waits for the
//! [`Tip`] to move, so that no reader can hold up a writer. It knows neither sockets nor processes.

mod ids;
mod limits;
mod listener;
mod mail;
mod status;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use agent_activity::wire::{Event, Text, kind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::{ids::Ids, mail::Mail};
pub use self::{
    limits::Limits,
    listener::Listener,
    status::{Ended, NotStarted, NotTaken, State, Status, Tip},
};
use crate::{
    draft::{Context, Draft},
    history::{Batch, History},
    message::Message,
};

/// One session.
#[derive(Debug)]
pub struct Session {
    id: String,
    epoch: String,
    inner: Mutex<Inner>,
    tip: watch::Sender<Tip>,
    stop: CancellationToken,
}

/// The workflow that was started.
#[derive(Debug)]
struct Started {
    name: String,
    label: String,
}

#[derive(Debug)]
struct Inner {
    history: History,
    state: State,
    workflow: Option<Started>,
    result: Option<Arc<str>>,
    cancel_reason: Option<&'static str>,
    cancel_ids: Ids,
    message_ids: Ids,
    mail: Mail,
    followers: usize,
    /// When it was last created, published to, sent a message or followed.
    touched: Instant,
    ended: Option<Instant>,
}

impl Inner {
    /// Whether what came with an id that is not among `ids` can be taken.
    fn admit_new(&self, ids: &Ids) -> Result<(), NotTaken> {
        if self.ended.is_some() {
            return Err(NotTaken::Ended);
        }
        if ids.is_full() {
            return Err(NotTaken::TooMany);
        }
        Ok(())
    }
}

impl Session {
    /// A session in which nothing has happened. `id` is valid, and `epoch` unlike that of any
    /// earlier session of this id.
    #[must_use]
    pub fn new(id: String, epoch: String, limits: Limits) -> Self {
        let inner = Inner {
            history: History::new(limits.history),
            state: State::Created,
            workflow: None,
            result: None,
            cancel_reason: None,
            cancel_ids: Ids::new(limits.message_ids),
            message_ids: Ids::new(limits.message_ids),
            mail: Mail::new(limits.unread),
            followers: 0,
            touched: Instant::now(),
            ended: None,
        };
        Self {
            id,
            epoch,
            inner: Mutex::new(inner),
            tip: watch::Sender::default(),
            stop: CancellationToken::new(),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The incarnation of the history.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What there is to say about it.
    #[must_use]
    pub fn status(&self) -> Status {
        let inner = self.lock();
        Status {
            session_id: self.id.clone(),
            state: inner.state,
            epoch: self.epoch.clone(),
            oldest: inner.history.oldest(),
            newest: inner.history.newest(),
            workflow: inner.workflow.as_ref().map(|started| started.name.clone()),
            label: inner.workflow.as_ref().map(|started| started.label.clone()),
        }
    }

    /// Adds an event and returns its `seq`. An end event ends the session.
    ///
    /// # Errors
    ///
    /// [`Ended`] when it had ended before.
    pub fn append(&self, draft: &Draft) -> Result<u64, Ended> {
        let mut inner = self.lock();
        let seq = self.append_to(&mut inner, draft)?;
        if inner.state == State::Created {
            inner.state = State::Running;
        }
        Ok(seq)
    }

    /// Stores a message of a person, and hands it to the agents that listen, else to the next that
    /// does. One whose id has come before is stored already, whatever it says.
    ///
    /// # Errors
    ///
    /// When its id is new and the session can take none.
    pub fn store(&self, message: &Message) -> Result<(), NotTaken> {
        let mut inner = self.lock();
        if inner.message_ids.contains(message.id()) {
            return Ok(());
        }
        inner.admit_new(&inner.message_ids)?;
        self.append_to(&mut inner, &Draft::of_message(message))?;
        inner.message_ids.insert(message.id());
        for warning in inner.mail.send(Arc::new(message.clone())) {
            self.append_to(&mut inner, &warning)?;
        }
        Ok(())
    }

    /// Whether a message of this id is stored.
    #[must_use]
    pub fn has_message(&self, id: &str) -> bool {
        self.lock().message_ids.contains(id)
    }

    /// Listens to the messages of people for an agent, which is at work on what `context` says.
    #[must_use]
    pub fn listen(&self, context: &Context<'_>) -> Listener<'_> {
        Listener::new(self, context)
    }

    /// The events after `after`, up to `last`, as far as they fit in `bytes_max`.
    #[must_use]
    pub fn read(&self, after: u64, last: u64, bytes_max: usize) -> Batch {
        self.lock().history.read(after, last, bytes_max)
    }

    /// The result as JSON, once there is one: the last `result` line, else the outcome.
    #[must_use]
    pub fn result(&self) -> Option<Arc<str>> {
        self.lock().result.clone()
    }

    /// Whether a workflow was started and the session has not ended.
    #[must_use]
    pub fn runs_workflow(&self) -> bool {
        let inner = self.lock();
        inner.workflow.is_some() && inner.ended.is_none()
    }

    /// When it ended.
    #[must_use]
    pub fn ended(&self) -> Option<Instant> {
        self.lock().ended
    }

    /// Cancels it if, for `idle`, it has been neither running a workflow nor published to nor
    /// followed.
    pub fn cancel_if_idle(&self, now: Instant, idle: Duration) {
        let mut inner = self.lock();
        let unused = inner.workflow.is_none() && inner.followers == 0;
        if unused && now.saturating_duration_since(inner.touched) >= idle {
            // One that has ended needs no second end.
            let _ = self.cancel_in(&mut inner, "Nobody started, fed or followed the session");
        }
    }

    /// Marks the workflow `name`, which people call `label`, as started. The caller runs it until the token says stop, and then ends
    /// the session.
    ///
    /// # Errors
    ///
    /// When it can have none, or no second one.
    pub fn start(&self, name: &str, label: &str) -> Result<CancellationToken, NotStarted> {
        let mut inner = self.lock();
        if inner.workflow.is_some() {
            return Err(NotStarted::AlreadyStarted);
        }
        if inner.ended.is_some() {
            return Err(NotStarted::Ended);
        }
        inner.workflow = Some(Started { name: name.to_owned(), label: label.to_owned() });
        inner.state = State::Running;
        Ok(self.stop.clone())
    }

    /// Ends the session as cancelled: at once, or as soon as its agents are gone.
    ///
    /// # Errors
    ///
    /// [`Ended`] when it had ended before.
    pub fn cancel(&self, reason: &'static str) -> Result<(), Ended> {
        self.cancel_in(&mut self.lock(), reason)
    }

    /// The same, for a request with an id: one that has been granted is granted again.
    ///
    /// # Errors
    ///
    /// When its id is new and the session can take none.
    pub fn cancel_once(&self, id: &str, reason: &'static str) -> Result<(), NotTaken> {
        let mut inner = self.lock();
        if inner.cancel_ids.contains(id) {
            return Ok(());
        }
        inner.admit_new(&inner.cancel_ids)?;
        self.cancel_in(&mut inner, reason)?;
        inner.cancel_ids.insert(id);
        Ok(())
    }

    /// Why the session is being cancelled, in words.
    #[must_use]
    pub fn cancel_reason(&self) -> &'static str {
        self.lock().cancel_reason.unwrap_or("Cancelled")
    }

    /// Follows the session for as long as the value lives.
    #[must_use]
    pub fn follow(self: &Arc<Self>) -> Following {
        self.lock().followers += 1;
        Following { session: Arc::clone(self), tip: self.tip.subscribe() }
    }

    fn append_to(&self, inner: &mut Inner, draft: &Draft) -> Result<u64, Ended> {
        if inner.ended.is_some() {
            return Err(Ended);
        }
        let ended = kind::ends_session(draft.kind());
        if ended {
            let warnings = inner.mail.give_up();
            // Without a workflow no agent of the gateway was to get a message.
            if inner.workflow.is_some() {
                for warning in warnings {
                    self.append_to(inner, &warning)?;
                }
            }
        }
        let now = Instant::now();
        inner.touched = now;
        inner.state = match draft.kind() {
            kind::COMPLETE => State::Complete,
            kind::ERROR => State::Error,
            kind::CANCELLED => State::Cancelled,
            _ => inner.state,
        };
        if let Some(result) = draft.result() {
            inner.result = Some(result.into());
        }
        let seq = inner.history.newest() + 1;
        let event: Arc<str> = draft.placed(seq, &self.id, &self.epoch).into();
        let bytes = event.len() as u64;
        inner.history.push(event);
        if ended {
            inner.ended = Some(now);
            inner.result.get_or_insert_with(|| {
                serde_json::json!({"status": inner.state}).to_string().into()
            });
            self.stop.cancel();
        }
        self.tip.send_modify(|tip| {
            *tip = Tip { newest: seq, bytes: tip.bytes + bytes, ended };
        });
        Ok(seq)
    }

    fn cancel_in(&self, inner: &mut Inner, reason: &'static str) -> Result<(), Ended> {
        if inner.ended.is_some() {
            return Err(Ended);
        }
        if inner.workflow.is_some() {
            inner.cancel_reason.get_or_insert(reason);
            self.stop.cancel();
            return Ok(());
        }
        let message = Some(Text::from(reason));
        let event = Event { kind: kind::CANCELLED.into(), message, ..Event::default() };
        self.append_to(inner, &Draft::of_gateway(&event)).map(|_| ())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change under the lock is complete before anything that could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is being followed.
#[derive(Debug)]
pub struct Following {
    session: Arc<Session>,
    /// Moves with every event.
    pub tip: watch::Receiver<Tip>,
}

impl Following {
    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut inner = self.session.lock();
        inner.followers -= 1;
        inner.touched = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Arc<Session> {
        Arc::new(Session::new("s".into(), "e".into(), Limits::of_tests()))
    }

    fn draft(kind: &'static str) -> Draft {
        Draft::of_gateway(&Event { kind: kind.into(), ..Event::default() })
    }

    #[test]
    fn an_end_event_ends_it_and_nothing_follows() {
        for (kind, state) in [
            (kind::COMPLETE, State::Complete),
            (kind::ERROR, State::Error),
            (kind::CANCELLED, State::Cancelled),
        ] {
            let session = session();
            assert_eq!(session.append(&draft(kind::LOG)), Ok(1));
            assert_eq!(session.status().state, State::Running);
            assert_eq!(session.append(&draft(kind)), Ok(2));
            assert_eq!(session.status().state, state);
            assert_eq!(session.append(&draft(kind::LOG)), Err(Ended));
            assert_eq!(session.status().newest, 2);
        }
    }

    #[test]
    fn without_a_result_line_the_result_is_the_outcome() {
        let session = session();
        assert_eq!(session.result(), None);
        session.append(&draft(kind::COMPLETE)).expect("it has not ended");
        assert_eq!(session.result().as_deref(), Some(r#"{"status":"complete"}"#));
    }

    #[test]
    fn a_workflow_starts_once() {
        let session = session();
        assert!(session.start("w", "W").is_ok());
        assert_eq!(session.start("w", "W").err(), Some(NotStarted::AlreadyStarted));
    }

    #[test]
    fn cancelling_stops_a_workflow_and_ends_a_session_without_one() {
        let with = session();
        let stop = with.start("w", "W").expect("the first");
        with.cancel("why").expect("it has not ended");
        assert!(stop.is_cancelled());
        assert_eq!(with.status().state, State::Running);
        assert_eq!(with.cancel_reason(), "why");

        let without = session();
        without.cancel("why").expect("it has not ended");
        assert_eq!(without.status().state, State::Cancelled);
        assert_eq!(without.cancel("why"), Err(Ended));
    }

    #[test]
    fn a_cancel_request_that_was_granted_is_granted_again() {
        let session = session();
        assert_eq!(session.cancel_once("a", "why"), Ok(()));
        assert_eq!(session.cancel_once("a", "why"), Ok(()));
        assert_eq!(session.cancel_once("b", "why"), Err(NotTaken::Ended));
    }

    fn message(id: &str) -> Message {
        Message::new(id, "hi", 1)
    }

    fn stored(session: &Session) -> usize {
        session.read(0, u64::MAX, usize::MAX).events.len()
    }

    #[test]
    fn a_message_that_was_stored_is_taken_again_and_does_nothing() {
        let session = session();
        for _ in 0..3 {
            assert_eq!(session.store(&message("a")), Ok(()));
            assert_eq!(stored(&session), 1);
        }
        assert_eq!(session.status().state, State::Created);
        session.cancel("why").expect("it has not ended");
        assert_eq!(session.store(&message("a")), Ok(()));
        assert_eq!(session.store(&message("b")), Err(NotTaken::Ended));
        assert_eq!(stored(&session), 2);
    }

    #[test]
    fn messages_and_cancel_requests_have_ids_of_their_own() {
        let session = session();
        session.store(&message("a")).expect("room for one more");
        session.cancel_once("a", "why").expect("room for one more");
        assert_eq!(session.status().state, State::Cancelled);
    }

    /// The messages of the warnings in a session.
    fn warnings(session: &Session) -> Vec<String> {
        let events = session.read(0, u64::MAX, usize::MAX).events;
        let values = events.iter().filter_map(|event| serde_json::from_str(event).ok());
        let is_warning = |value: &serde_json::Value| value["level"] == "warning";
        values.filter(is_warning).map(|value| value["message"].to_string()).collect()
    }

    #[test]
    fn what_no_agent_took_is_said_at_the_end_of_a_workflow() {
        for (runs, count) in [(true, 2), (false, 0)] {
            let session = session();
            session.store(&message("a")).expect("room for one more");
            session.store(&message("b")).expect("room for one more");
            if runs {
                session.start("w", "W").expect("the first");
            }
            session.append(&draft(kind::COMPLETE)).expect("it has not ended");
            assert_eq!(warnings(&session).len(), count);
            assert_eq!(session.status().newest, 3 + count as u64);
            assert_eq!(session.status().state, State::Complete);
        }
    }

    #[test]
    fn it_is_idle_unless_followed_or_running() {
        let later = |session: &Session| {
            session.cancel_if_idle(Instant::now() + Duration::from_secs(1), Duration::from_secs(1));
            session.status().state
        };
        let followed = session();
        let following = followed.follow();
        assert_eq!(later(&followed), State::Created);
        drop(following);
        assert_eq!(later(&followed), State::Cancelled);

        let running = session();
        let stop = running.start("w", "W").expect("the first");
        assert_eq!(later(&running), State::Running);
        assert!(!stop.is_cancelled());
    }
}
