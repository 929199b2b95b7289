//! A follower: one socket that follows one session.
//!
//! It asks the session for what comes after its cursor and sends it, and waits when it has sent
//! all. Nothing is queued for it: a follower that is slow is merely behind, and one that takes
//! nothing at all is dropped. It knows neither workflows nor agents.

use std::{convert::Infallible, future::ready, sync::Arc, time::Duration};

use agent_activity::{connection::CloseCode, wire::Control};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use serde_json::value::RawValue;
use tokio::{
    select,
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tungstenite::Error as SocketError;

use crate::{
    config::Config,
    inbox,
    session::{Following, Session},
};

/// How far a follower has come in an earlier connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The incarnation of the history that `after` counts in.
    pub epoch: String,
    /// The last `seq` that it has.
    pub after: u64,
}

/// A socket that follows a session.
#[derive(Debug)]
pub struct Follower<'a> {
    socket: WebSocket,
    following: Following,
    config: &'a Config,
    closing: &'a CancellationToken,
    /// The last `seq` that was sent or that the follower had before.
    sent: u64,
}

/// Why a follower is left.
enum Parting {
    /// The session has ended, and all of it was sent.
    SessionEnded,
    /// The gateway stops.
    GatewayStops,
    /// The follower does not take what is sent.
    TooSlow,
    /// A frame of the follower was too big.
    TooBig,
    /// The follower broke the rules of WebSockets.
    Broken(CloseCode),
    /// The follower closes.
    PeerCloses,
    /// The connection is gone.
    Gone,
}

impl<'a> Follower<'a> {
    /// A follower to which nothing has been sent.
    #[must_use]
    pub fn new(
        socket: WebSocket,
        following: Following,
        config: &'a Config,
        closing: &'a CancellationToken,
    ) -> Self {
        Self { socket, following, config, closing, sent: 0 }
    }

    /// Sends what comes after `cursor` until there is a reason to part, and parts.
    pub async fn follow(mut self, cursor: Option<&Cursor>) {
        let Err(parting) = self.talk(cursor).await;
        let (code, reason) = match parting {
            Parting::SessionEnded => (CloseCode::NORMAL, "the session has ended"),
            Parting::GatewayStops => (CloseCode::GOING_AWAY, "the gateway stops"),
            Parting::TooSlow => (CloseCode::TRY_AGAIN_LATER, "too slow; come back to resume"),
            Parting::TooBig => (CloseCode::TOO_BIG, "the frame is too big"),
            Parting::Broken(code) => (code, "not a WebSocket frame"),
            Parting::PeerCloses => return finish(&mut self.socket, self.config.closing).await,
            Parting::Gone => return,
        };
        close(self.socket, code, reason, self.config.closing).await;
    }

    async fn talk(&mut self, cursor: Option<&Cursor>) -> Result<Infallible, Parting> {
        let replay_end = self.greet(cursor).await?;
        let period = self.config.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_ready = false;
        let mut close_at = None;
        loop {
            if !is_ready && self.sent >= replay_end {
                self.tell(&Control::Ready { message: "Live from here on".into() }).await?;
                is_ready = true;
            }
            let tip = *self.following.tip.borrow_and_update();
            let behind = self.sent < tip.newest;
            if tip.ended && !behind {
                close_at.get_or_insert_with(|| Instant::now() + self.config.linger);
            }
            select! {
                () = self.closing.cancelled(), if !behind => {
                    // The last event may have come since it was looked.
                    if self.sent == self.following.tip.borrow().newest {
                        return Err(Parting::GatewayStops);
                    }
                }
                _ = heartbeat.tick() => {
                    self.tell(&Control::Heartbeat { newest: Some(self.sent) }).await?;
                }
                message = self.socket.recv() => self.receive(message).await?,
                () = ready(()), if behind => {
                    // The replay ends where it was announced to, so that `ready` is in its place.
                    self.send_events(if is_ready { u64::MAX } else { replay_end }).await?;
                }
                // The session lives as long as it is followed, so that this cannot fail.
                _ = self.following.tip.changed(), if !behind => {}
                () = sleep_until(close_at.unwrap_or_else(Instant::now)), if close_at.is_some() => {
                    return Err(Parting::SessionEnded);
                }
            }
        }
    }

    /// Says hello, takes up the cursor, and returns the last `seq` of the replay.
    async fn greet(&mut self, cursor: Option<&Cursor>) -> Result<u64, Parting> {
        let status = self.session().status();
        self.sent = match cursor {
            // Numbers of another epoch, or that this one has not reached, mean nothing here.
            Some(Cursor { epoch, after }) if *epoch == status.epoch && *after <= status.newest => {
                *after
            }
            _ => 0,
        };
        let heartbeat_s = self.config.heartbeat.as_secs_f64().ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let heartbeat_s = heartbeat_s as u64;
        self.tell(&Control::Hello {
            session: status.session_id.into(),
            epoch: status.epoch.into(),
            oldest: status.oldest,
            newest: status.newest,
            heartbeat_s,
        })
        .await?;
        Ok(status.newest)
    }

    /// Sends the next events up to `last`: as many as fit into a frame.
    async fn send_events(&mut self, last: u64) -> Result<(), Parting> {
        let batch = self.session().read(self.sent, last, self.config.max_batch.get());
        if let Some((from, to)) = batch.gap {
            self.tell(&Control::Gap { from, to, reason: "trimmed".into() }).await?;
        }
        if !batch.events.is_empty() {
            self.send(frame(&batch.events)).await?;
        }
        self.sent = batch.last;
        Ok(())
    }

    async fn receive(
        &mut self,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Parting> {
        match message {
            None => Err(Parting::Gone),
            Some(Err(error)) => Err(parting(error)),
            Some(Ok(Message::Close(_))) => Err(Parting::PeerCloses),
            // The library answers pings.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Text(text))) if text.len() <= self.config.max_frame.get() => {
                self.answer(&text).await
            }
            Some(Ok(Message::Binary(bytes))) if bytes.len() <= self.config.max_frame.get() => {
                let reason = "binary frames are not taken; send JSON as text".into();
                self.tell(&Control::Nack { id: None, reason }).await
            }
            Some(Ok(Message::Text(_) | Message::Binary(_))) => Err(Parting::TooBig),
        }
    }

    /// Answers each message of a frame, which is one object or an array of them.
    async fn answer(&mut self, text: &str) -> Result<(), Parting> {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(messages) => {
                for message in messages {
                    let answer = inbox::answer(self.session(), message.get());
                    self.tell(&answer).await?;
                }
                Ok(())
            }
            Err(_) => {
                let answer = inbox::answer(self.session(), text);
                self.tell(&answer).await
            }
        }
    }

    async fn tell(&mut self, control: &Control<'_>) -> Result<(), Parting> {
        let text = serde_json::to_string(control).expect("a control message is plain data");
        self.send(text.into()).await
    }

    /// Hands a frame to the socket, unless it has been blocked for too long or for too much.
    async fn send(&mut self, text: Utf8Bytes) -> Result<(), Parting> {
        let mut tip = self.following.tip.clone();
        let bytes_max = tip.borrow().bytes.saturating_add(self.config.max_unsent);
        let Config { stall, min_stall, .. } = *self.config;
        let blocked = async {
            sleep(min_stall).await;
            select! {
                () = sleep(stall.saturating_sub(min_stall)) => {}
                _ = tip.wait_for(|tip| tip.bytes > bytes_max) => {}
            }
        };
        select! {
            biased;
            sent = self.socket.send(Message::Text(text)) => sent.map_err(|_| Parting::Gone),
            () = blocked => Err(Parting::TooSlow),
        }
    }

    fn session(&self) -> &Session {
        self.following.session()
    }
}

/// Closes a socket, and waits for the other side to do so too, but not for longer than `patience`.
pub async fn close(
    mut socket: WebSocket,
    code: CloseCode,
    reason: &'static str,
    patience: Duration,
) {
    let frame = CloseFrame { code: code.0, reason: reason.into() };
    let both = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            finish(&mut socket, patience).await;
        }
    };
    // When the time is up the connection is dropped, which is all that can be done.
    let _ = timeout(patience, both).await;
}

/// Reads to the end of a socket that is being closed, but not for longer than `patience`.
async fn finish(socket: &mut WebSocket, patience: Duration) {
    // When the time is up the connection is dropped, which is all that can be done.
    let _ = timeout(patience, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}

/// One event as it is; several as an array.
fn frame(events: &[Arc<str>]) -> Utf8Bytes {
    if let [event] = events {
        return Utf8Bytes::from(&**event);
    }
    let mut frame =
        String::with_capacity(events.iter().map(|event| event.len() + 1).sum::<usize>() + 1);
    for event in events {
        frame.push(if frame.is_empty() { '[' } else { ',' });
        frame.push_str(event);
    }
    frame.push(']');
    frame.into()
}

fn parting(error: axum::Error) -> Parting {
    match error.into_inner().downcast_ref() {
        Some(SocketError::Capacity(_)) => Parting::TooBig,
        Some(SocketError::Utf8(_)) => Parting::Broken(CloseCode::INVALID_DATA),
        Some(SocketError::Protocol(_)) => Parting::Broken(CloseCode::PROTOCOL_ERROR),
        _ => Parting::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_events_are_an_array() {
        assert_eq!(frame(&["{}".into()]).as_str(), "{}");
        assert_eq!(frame(&["{}".into(), "{\"a\":1}".into()]).as_str(), "[{},{\"a\":1}]");
    }
}
