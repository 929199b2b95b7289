//! The registry: which sessions there are, and when one is forgotten.
//!
//! It does not know what happens in a session.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{
    config::Config,
    session::{Limits, Session},
};

/// The random bytes of a session id that the gateway chooses: nobody can guess one.
const ID_BYTES: usize = 10;

/// The random bytes of an epoch, which differs from all earlier ones of its session.
const EPOCH_BYTES: usize = 6;

/// Why no session was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCreated {
    /// The id is taken.
    Exists,
    /// As many sessions as allowed have not ended.
    TooMany,
    /// The gateway stops.
    Stopping,
}

/// All sessions, by id.
#[derive(Debug)]
pub struct Registry {
    config: Arc<Config>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<String, Arc<Session>>,
    stopping: bool,
}

impl Registry {
    /// A registry without sessions.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        Self { config, inner: Mutex::default() }
    }

    /// Makes a session, whose valid `id` the caller may choose.
    ///
    /// # Errors
    ///
    /// When the id is taken, or there can be no more sessions.
    pub fn create(&self, id: Option<String>) -> Result<Arc<Session>, NotCreated> {
        let mut inner = self.lock();
        if inner.stopping {
            return Err(NotCreated::Stopping);
        }
        let id = id.unwrap_or_else(random_hex::<ID_BYTES>);
        if inner.sessions.contains_key(&id) {
            return Err(NotCreated::Exists);
        }
        inner.forget(&self.config, Instant::now());
        let not_ended = inner.sessions.values().filter(|session| session.ended().is_none()).count();
        if not_ended >= self.config.max_sessions {
            return Err(NotCreated::TooMany);
        }
        let limits = Limits {
            history: self.config.history,
            message_ids: self.config.max_message_ids,
            unread: self.config.max_unread,
        };
        let session = Arc::new(Session::new(id.clone(), random_hex::<EPOCH_BYTES>(), limits));
        inner.sessions.insert(id, Arc::clone(&session));
        Ok(session)
    }

    /// The session of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().sessions.get(id).cloned()
    }

    /// Ends the sessions that nobody uses, and forgets those that ended too long ago or are too
    /// many. To be called now and then.
    pub fn sweep(&self, now: Instant) {
        let mut inner = self.lock();
        for session in inner.sessions.values() {
            session.cancel_if_idle(now, self.config.idle);
        }
        inner.forget(&self.config, now);
    }

    /// Cancels every session and makes no more.
    pub fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        for session in inner.sessions.values() {
            // One that has ended needs no second end.
            let _ = session.cancel("The gateway stops");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change under the lock is complete before anything that could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget(&mut self, config: &Config, now: Instant) {
        self.sessions.retain(|_, session| {
            session.ended().is_none_or(|ended| now.saturating_duration_since(ended) < config.keep)
        });
        let mut ended: Vec<_> = self
            .sessions
            .iter()
            .filter_map(|(id, session)| session.ended().map(|ended| (ended, id.clone())))
            .collect();
        ended.sort_unstable();
        let surplus = ended.len().saturating_sub(config.max_ended);
        for (_, id) in &ended[..surplus] {
            self.sessions.remove(id);
        }
    }
}

fn random_hex<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    // The standard library's hash maps could not be made either where this fails.
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        config::{Cli, Command},
        session::State,
    };

    fn registry(flags: &[&str]) -> Registry {
        let line = ["agent-gateway", "serve"].iter().chain(flags);
        let Command::Serve(config) = Cli::try_parse_from(line).expect("good flags").command;
        Registry::new(Arc::new(config))
    }

    fn create(registry: &Registry, id: &str) -> Arc<Session> {
        registry.create(Some(id.to_owned())).expect("room for one more")
    }

    #[test]
    fn sessions_that_have_not_ended_are_limited() {
        let registry = registry(&["--max-sessions", "2"]);
        let first = create(&registry, "a");
        create(&registry, "b");
        assert_eq!(registry.create(None).err(), Some(NotCreated::TooMany));
        first.cancel("why").expect("it has not ended");
        assert!(registry.create(None).is_ok());
    }

    #[test]
    fn an_id_is_taken_until_its_session_is_forgotten() {
        let registry = registry(&["--max-ended", "0"]);
        let session = create(&registry, "a");
        assert_eq!(registry.create(Some("a".into())).err(), Some(NotCreated::Exists));
        session.cancel("why").expect("it has not ended");
        registry.sweep(Instant::now());
        assert_ne!(create(&registry, "a").epoch(), session.epoch());
    }

    #[test]
    fn of_too_many_ended_sessions_the_first_is_forgotten_first() {
        let registry = registry(&["--max-ended", "2"]);
        for id in ["a", "b", "c"] {
            create(&registry, id).cancel("why").expect("it has not ended");
        }
        registry.sweep(Instant::now());
        assert!(registry.get("a").is_none());
        assert!(registry.get("b").is_some() && registry.get("c").is_some());
    }

    #[test]
    fn an_ended_session_is_forgotten_in_time() {
        let registry = registry(&["--keep", "60"]);
        let session = create(&registry, "a");
        session.cancel("why").expect("it has not ended");
        let ended = session.ended().expect("it has ended");
        registry.sweep(ended);
        assert!(registry.get("a").is_some());
        registry.sweep(ended + registry.config.keep);
        assert!(registry.get("a").is_none());
    }

    #[test]
    fn an_idle_session_is_cancelled_and_one_that_is_followed_is_not() {
        let registry = registry(&["--idle", "60"]);
        let idle = create(&registry, "idle");
        let followed = create(&registry, "followed");
        let _following = followed.follow();
        registry.sweep(Instant::now() + registry.config.idle);
        assert_eq!(idle.status().state, State::Cancelled);
        assert_eq!(followed.status().state, State::Created);
    }

    #[test]
    fn a_stopped_registry_has_cancelled_its_sessions_and_makes_none() {
        let registry = registry(&[]);
        let session = create(&registry, "a");
        registry.stop();
        assert_eq!(session.status().state, State::Cancelled);
        assert_eq!(registry.create(None).err(), Some(NotCreated::Stopping));
    }
}
