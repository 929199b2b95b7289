//! Sending: messages from the queue, requests past it, and what becomes of both.

use super::{
    CloseCode, Connection, Content, Delivery, Event, Frame, Intake, Outgoing, Output, Refusal,
    RequestError, RequestId, SocketId, State, outbox::Step, timer::Timer,
};

impl Connection {
    /// Takes a message to be sent, or tells why it is not taken.
    pub(super) fn send(&mut self, message: Outgoing) {
        self.expire();
        let is_connected = self.state == State::Connected;
        let refusal = if matches!(self.state, State::Ended(_)) {
            Some(Refusal::Ended)
        } else if self.is_greeted() && !self.treatment().intake.takes(&message.content) {
            Some(Refusal::NotTaken)
        } else if message.is_volatile && !is_connected {
            Some(Refusal::NotConnected)
        } else {
            None
        };
        let id = message.id.clone();
        let result = match refusal {
            Some(refusal) => Err(refusal),
            None => self.outbox.put(message, self.now, &self.config),
        };
        match result {
            Ok(()) => {
                self.tell((id, Delivery::Queued));
                self.flush();
                self.keep_sweeping();
            }
            Err(refusal) => self.tell((id, Delivery::Refused(refusal))),
        }
    }

    fn is_greeted(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.greeted)
    }

    /// Hands to the browser what waits, in order, as long as the server listens and the browser
    /// keeps up.
    pub(super) fn flush(&mut self) {
        if self.outbox.is_empty()
            || self.state != State::Connected
            || !self.treatment().intake.takes_messages()
        {
            return;
        }
        self.expire();
        while let Some(socket) = self.socket.as_mut().filter(|socket| !socket.is_full) {
            let Some(message) = self.outbox.next(socket.id, self.now) else { break };
            let bytes = u64::try_from(message.bytes()).unwrap_or(u64::MAX);
            socket.buffered = socket.buffered.saturating_add(bytes);
            let step = (message.id.clone(), Delivery::Sent);
            let frame = Frame::Message(message.clone());
            self.outputs.push(Output::Transmit { socket: socket.id, frame });
            if socket.buffered > self.config.buffered_high {
                socket.is_full = true;
                self.timers.arm(Timer::Drain, self.now + self.config.drain_interval);
            }
            self.tell(step);
        }
    }

    /// Asks how much the browser has not sent yet.
    pub(super) fn measure(&mut self) {
        if let Some(socket) = &self.socket {
            self.outputs.push(Output::Measure { socket: socket.id });
            self.timers.arm(Timer::Drain, self.now + self.config.drain_interval);
        }
    }

    pub(super) fn handle_buffered(&mut self, bytes: u64) {
        let Some(socket) = &mut self.socket else { return };
        socket.buffered = bytes;
        if socket.is_full && bytes < self.config.buffered_low {
            socket.is_full = false;
            self.timers.stop(Timer::Drain);
            self.flush();
        }
    }

    /// The last message was not sent, since the socket is closing: nothing more goes into it.
    pub(super) fn handle_unsent(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        socket.is_full = true;
        self.timers.stop(Timer::Drain);
        if let Some(step) = self.outbox.take_back(socket.id) {
            self.tell(step);
        }
        if matches!(self.state, State::Ended(_)) {
            self.refuse_unsent();
        }
    }

    pub(super) fn handle_ack(&mut self, id: String) {
        if self.outbox.remove(&id) {
            self.tell((id, Delivery::Acked));
        }
    }

    pub(super) fn handle_nack(&mut self, id: Option<String>, reason: String) {
        if let Some(id) = id.filter(|id| self.outbox.remove(id)) {
            self.tell((id, Delivery::Refused(Refusal::Server(reason))));
        }
    }

    /// A message that the server does not acknowledge has most likely arrived once something comes
    /// back after it.
    pub(super) fn settle_sent(&mut self) {
        if let Some(socket) = &self.socket
            && self.treatment().intake == Intake::Messages
        {
            self.outbox.settle(socket.id, self.now);
        }
    }

    /// What went through a lost socket may be lost with it.
    pub(super) fn lose_sent(&mut self, socket: SocketId) {
        let is_kept = self.policy.intake == Intake::AckedMessages;
        let outputs = &mut self.outputs;
        self.outbox.lose(socket, is_kept, &mut |step| outputs.push(told(step)));
    }

    /// Takes out the message over which the server closed the connection with `code`; whether there
    /// is one. It would be closed over it again and again.
    pub(super) fn quarantine(&mut self, code: CloseCode) -> bool {
        let refusal = match code {
            CloseCode::TOO_BIG => Refusal::TooBig,
            CloseCode::UNSUPPORTED | CloseCode::INVALID_DATA => Refusal::Unreadable,
            _ => return false,
        };
        let Some(socket) = &self.socket else { return false };
        let is_acked = self.policy.intake == Intake::AckedMessages;
        let suspect = self.outbox.remove_suspect(socket.id, is_acked);
        let is_found = suspect.is_some();
        if let Some(id) = suspect {
            self.tell((id, Delivery::Refused(refusal)));
        }
        is_found
    }

    /// It is known now what the server takes: what waited for that and is not taken will not be
    /// sent.
    pub(super) fn refuse_untaken(&mut self) {
        let intake = self.treatment().intake;
        let outputs = &mut self.outputs;
        let is_taken = &|content: &Content| intake.takes(content);
        self.outbox
            .refuse_unsent(&Refusal::NotTaken, is_taken, &mut |step| outputs.push(told(step)));
    }

    /// The session has ended: nothing more is sent.
    pub(super) fn refuse_unsent(&mut self) {
        let outputs = &mut self.outputs;
        self.outbox
            .refuse_unsent(&Refusal::Ended, &|_| false, &mut |step| outputs.push(told(step)));
    }

    pub(super) fn clear_outbox(&mut self, refusal: &Refusal) {
        let outputs = &mut self.outputs;
        self.outbox.clear(refusal, &mut |step| outputs.push(told(step)));
    }

    fn expire(&mut self) {
        let outputs = &mut self.outputs;
        self.outbox
            .expire(self.now, self.config.message_age_max, &mut |step| outputs.push(told(step)));
    }

    pub(super) fn sweep(&mut self) {
        self.expire();
        self.keep_sweeping();
    }

    fn keep_sweeping(&mut self) {
        if !self.outbox.is_empty() && !self.timers.is_armed(Timer::Sweep) {
            self.timers.arm(Timer::Sweep, self.now + self.config.sweep_interval);
        }
    }

    /// Sends a request and begins to wait for its reply.
    pub(super) fn request(&mut self, request: RequestId) {
        let socket = self.socket.as_ref().filter(|_| self.state == State::Connected);
        let result = match socket {
            None => Err(RequestError::NotConnected),
            Some(_) if self.treatment().intake != Intake::Requests => Err(RequestError::NotTaken),
            Some(socket) => {
                let due = self.now + self.config.request_timeout;
                self.requests.begin(request, due, self.config.requests_max).map(|()| socket.id)
            }
        };
        match result {
            Ok(socket) => {
                let frame = Frame::Request(request);
                self.outputs.push(Output::Transmit { socket, frame });
                self.await_replies();
            }
            Err(error) => self.answer(request, Err(error)),
        }
    }

    pub(super) fn handle_reply(&mut self, id: Option<RequestId>) {
        match self.requests.take(id) {
            Some(request) => {
                self.answer(request, Ok(()));
                self.await_replies();
            }
            // An error about something of ours, nobody knows what: shown like any message.
            None if id.is_none() => self.admit(None),
            // Too late: whoever asked has been told that there is no reply.
            None => {}
        }
    }

    pub(super) fn handle_overdue_requests(&mut self) {
        while let Some(request) = self.requests.take_overdue(self.now) {
            self.answer(request, Err(RequestError::TimedOut));
        }
        self.await_replies();
    }

    pub(super) fn drop_requests(&mut self) {
        while let Some(request) = self.requests.pop() {
            self.answer(request, Err(RequestError::Dropped));
        }
        self.timers.stop(Timer::Request);
    }

    fn await_replies(&mut self) {
        match self.requests.due() {
            Some(due) => self.timers.arm(Timer::Request, due),
            None => self.timers.stop(Timer::Request),
        }
    }

    fn answer(&mut self, request: RequestId, result: Result<(), RequestError>) {
        self.outputs.push(Output::Event(Event::Answered { request, result }));
    }

    fn tell(&mut self, step: Step) {
        self.outputs.push(told(step));
    }
}

fn told((id, delivery): Step) -> Output {
    Output::Event(Event::Delivery { id, delivery })
}
