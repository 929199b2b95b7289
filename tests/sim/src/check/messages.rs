//! Every message that was taken has a fate, and the right one.

use agent_activity::{
    connection::{Delivery, Refusal},
    session::{Session, Written},
};

use super::{Result, ensure};
use crate::server::Server;

/// How old a message may be when it is sent for the first time, in milliseconds.
const AGE_MAX: u64 = 300_000;

/// Follows each message from the person who wrote it.
#[derive(Debug, Default)]
pub(crate) struct MessageCheck {
    messages: Vec<Message>,
    /// The first that has no final fate yet.
    first_open: usize,
}

#[derive(Debug)]
struct Message {
    /// The session that was followed when it was written.
    session: usize,
    /// When it was written, on a clock that counts all there is.
    written_at: u64,
    /// How often it was handed to the network, and not taken back.
    sent: u32,
    fate: Option<Delivery>,
}

impl MessageCheck {
    /// Takes note of one more message, whose number is returned.
    pub(crate) fn write(&mut self, session: usize, at: u64) -> usize {
        self.messages.push(Message { session, written_at: at, sent: 0, fate: None });
        self.messages.len() - 1
    }

    /// A message was handed to the network.
    pub(crate) fn send(&mut self, number: usize, session: usize, at: u64) -> Result {
        let Some(message) = self.messages.get_mut(number) else {
            ensure!(false, "message {number} is sent, which nobody wrote");
            return Ok(());
        };
        ensure!(
            message.session == session,
            "message {number} is sent to session {session} and was written to {}",
            message.session
        );
        ensure!(message.fate.is_none(), "message {number} is sent after it was {:?}", message.fate);
        let age = at - message.written_at;
        ensure!(
            message.sent > 0 || age <= AGE_MAX,
            "message {number} is {age} ms old when it is first sent"
        );
        message.sent += 1;
        Ok(())
    }

    /// A message was handed back.
    pub(crate) fn take_back(&mut self, number: usize) {
        if let Some(message) = self.messages.get_mut(number) {
            message.sent = message.sent.saturating_sub(1);
        }
    }

    /// Reads where the messages are now.
    pub(crate) fn read(&mut self, session: &Session) -> Result {
        if self.first_open == self.messages.len() {
            return Ok(());
        }
        let all = session.messages();
        ensure!(
            all.len() == self.messages.len(),
            "{} messages were written, and {} are known",
            self.messages.len(),
            all.len()
        );
        for (number, written) in all.enumerate().skip(self.first_open) {
            self.step(number, written)?;
        }
        while self.messages.get(self.first_open).is_some_and(|it| it.fate.is_some()) {
            self.first_open += 1;
        }
        Ok(())
    }

    fn step(&mut self, number: usize, written: &Written) -> Result {
        let message = &mut self.messages[number];
        if let Some(fate) = &message.fate {
            ensure!(
                *fate == written.delivery,
                "message {number} was {fate:?} and is {:?}",
                written.delivery
            );
            return Ok(());
        }
        match &written.delivery {
            Delivery::Queued | Delivery::Sent | Delivery::Uncertain => {}
            Delivery::Expired { age } => {
                ensure!(message.sent == 0, "message {number} is called expired, and was sent");
                ensure!(
                    age.as_millis() > u128::from(AGE_MAX),
                    "message {number} is expired at the age of {age:?}"
                );
                message.fate = Some(written.delivery.clone());
            }
            fate @ (Delivery::Acked | Delivery::Refused(_)) => message.fate = Some(fate.clone()),
        }
        Ok(())
    }

    /// Whether each message has the fate that it is said to have, once all is quiet.
    pub(crate) fn converged(&self, session: &Session, server: &Server) -> Result {
        let queue = session.connection().queue();
        let (depth, bytes) = (queue.messages, queue.bytes);
        ensure!(depth == 0 && bytes == 0, "{depth} messages and {bytes} bytes are still queued");
        for (number, (message, written)) in self.messages.iter().zip(session.messages()).enumerate()
        {
            let (is_stored, arrived, is_nacked) = match server {
                Server::Numbering(server) => {
                    let epochs = &server.sessions[message.session];
                    let is_stored = epochs.iter().any(|epoch| epoch.stored.contains_key(&number));
                    let arrived = server.arrived.get(&number);
                    (is_stored, arrived, server.refused.contains(&number))
                }
                Server::Repeating(_) => (false, None, false),
                Server::Fleeting(server) => {
                    ensure!(!server.doubled.contains(&number), "message {number} arrived twice");
                    (false, server.arrived.get(&number), false)
                }
            };
            ensure!(
                arrived.is_none_or(|&session| session == message.session),
                "message {number} arrived at another session"
            );
            let is_true = match &written.delivery {
                Delivery::Queued => false,
                // Where none is acknowledged, that is the end of it.
                Delivery::Sent => matches!(server, Server::Fleeting(_)) && message.sent > 0,
                Delivery::Acked => is_stored || arrived.is_some(),
                Delivery::Expired { .. } => arrived.is_none(),
                Delivery::Uncertain => message.sent > 0,
                Delivery::Refused(Refusal::Server(_)) => is_nacked,
                Delivery::Refused(Refusal::TooBig | Refusal::Unreadable) => message.sent > 0,
                Delivery::Refused(_) => arrived.is_none() && message.sent == 0,
            };
            ensure!(
                is_true,
                "message {number} is {:?}; sent {}, stored {is_stored}",
                written.delivery,
                message.sent
            );
        }
        Ok(())
    }
}
