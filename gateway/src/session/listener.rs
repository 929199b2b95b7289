//! A listener: an agent for which the messages of people are kept until it takes them.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Session;
use crate::{draft::Context, message::Message};

/// Hears the messages of a session for as long as it lives, and first those that came while nobody
/// listened.
#[derive(Debug)]
pub struct Listener<'a> {
    session: &'a Session,
    number: u64,
    arrived: Arc<Notify>,
}

impl<'a> Listener<'a> {
    pub(super) fn new(session: &'a Session, context: &Context<'_>) -> Self {
        let (number, arrived) = session.lock().mail.join(context);
        Self { session, number, arrived }
    }

    /// The oldest message that was not taken, once there is one.
    pub async fn next(&self) -> Arc<Message> {
        loop {
            let message = self.session.lock().mail.first(self.number);
            if let Some(message) = message {
                return message;
            }
            self.arrived.notified().await;
        }
    }

    /// Marks that one as taken: [`next`](Self::next) is the one after it.
    pub fn take(&self) {
        self.session.lock().mail.take(self.number);
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let mut inner = self.session.lock();
        for warning in inner.mail.leave(self.number) {
            // An ended session has nobody left to warn.
            let _ = self.session.append_to(&mut inner, &warning);
        }
    }
}
