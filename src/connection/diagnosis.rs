//! Why a socket did not open: browsers do not say, so that the server is asked by HTTP.

use super::{
    Answer, Connection, Diagnosis, Failure, LossCause, Purpose, Query, Resume, State, timer::Timer,
};

impl Connection {
    /// Asks why the last attempt failed.
    pub(super) fn ask_why(&mut self) {
        let query = match self.policy.resume {
            // The newest of these servers have no socket at all, and tell by this how a session is.
            Resume::Identity => Query::Status,
            Resume::Sequence | Resume::Nothing => Query::Session,
        };
        self.fetch(query, Purpose::Diagnosis);
    }

    /// Takes the answer. It changes the words, not the schedule, unless the server will not let us
    /// in whatever the schedule.
    pub(super) fn diagnose(&mut self, answer: Answer) {
        if let Answer::Outcome(Some(outcome)) = answer {
            return self.end_unsaid(outcome);
        }
        let diagnosis = Diagnosis::from_status(answer.status());
        match diagnosis {
            Diagnosis::NotAuthenticated if self.may_refresh_token() => {}
            Diagnosis::NotAuthenticated | Diagnosis::Forbidden => {
                return self.fail(Failure::Denied(diagnosis));
            }
            _ => {}
        }
        self.reword(diagnosis);
        if answer == Answer::Outcome(None) {
            self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
        }
    }

    /// The page's own policy does not allow the socket, which may never say that it is closed.
    pub(super) fn handle_blocked(&mut self) {
        if matches!(self.state, State::Connecting { .. }) {
            self.lose(LossCause::NeverOpened(Diagnosis::BlockedByPage), std::time::Duration::ZERO);
        }
    }

    /// The page's own policy did not allow the last socket, whose close has been told already:
    /// nobody needs to be asked why.
    pub(super) fn explain_by_block(&mut self) {
        if self.is_fetching(Purpose::Diagnosis) {
            self.forget_fetch();
        }
        self.reword(Diagnosis::BlockedByPage);
    }

    /// Puts a diagnosis into the cause for which the connection waits, or has given up.
    fn reword(&mut self, diagnosis: Diagnosis) {
        let mut state = self.state.clone();
        if let State::Waiting { cause, .. }
        | State::Offline { cause, .. }
        | State::Paused { cause, .. }
        | State::Failed(Failure::AttemptsExhausted(cause)) = &mut state
        {
            match cause {
                LossCause::NeverOpened(known) | LossCause::ConnectTimeout(known) => {
                    *known = diagnosis;
                }
                _ => return,
            }
            self.enter(state);
        }
    }
}
