//! The dialect of the older servers of this family, which number nothing.
//!
//! Such a server never reads from its socket, so that nothing is sent to it. It repeats its past on
//! every connection, some of it twice; when a connection is lost it hands the next event to it all
//! the same, and forgets the session over that. What happened meanwhile stands in a list that it
//! serves by HTTP, and how the session ended in a result. Its frames are those of the native
//! dialect, without `seq`.

use super::{Receiver, Verdict, event, native};
use crate::{
    connection::{Answer, Followers, Intake, Liveness, Outcome, Policy, Query, Resume, Signal},
    wire::{Object, Reading, count, decode, elements, field},
};

/// How such a server wants to be treated.
pub(super) const POLICY: Policy = Policy {
    liveness: Liveness::ReceiveOnly,
    resume: Resume::Identity,
    intake: Intake::Nothing,
    greets: true,
    followers: Followers::One,
};

/// Reads what such a server answers to `query` by HTTP; the events in it go to `receiver`.
pub(super) fn read_answer(
    query: Query,
    status: u16,
    body: &str,
    receiver: &mut impl Receiver,
) -> Answer {
    let answer = match (status, query) {
        (200, Query::Events { .. }) => read_list(body, receiver),
        (200, Query::Result | Query::Status) => read_outcome(body, query),
        _ => Some(Answer::Status(status)),
    };
    // A page for everything, such as one-page applications serve, is no answer to what was asked.
    answer.unwrap_or(Answer::Status(404))
}

fn read_list(body: &str, receiver: &mut impl Receiver) -> Option<Answer> {
    let answer = Object::read(body)?;
    let events = elements(answer.get("events")?.as_str())?;
    let total = count(answer.get("total")?.as_str())?;
    let is_active = answer.get("session_active").is_some_and(|flag| flag.as_str() == "true");
    if events.first().is_some_and(|raw| field(raw.as_str(), "seq").is_some()) {
        // The list of another kind of server, whose socket tells all of it.
        return None;
    }
    for raw in events {
        decode(raw.as_str(), |message| {
            let Reading::Event(event) = &message.reading else { return };
            let (identity, ends) = (native::identity(message.raw), event::outcome(&event.kind));
            let signal = Signal::Event { seq: None, identity, ends };
            if receiver.signal(signal) == Verdict::Show {
                event::operate(event, message.raw, receiver);
            }
        });
    }
    Some(Answer::Events { total, is_active })
}

/// How the session ended, as its `status` says; a result that says nothing of it is one of a session
/// that is done.
fn read_outcome(body: &str, query: Query) -> Option<Answer> {
    let status = field(body, "status").map(|status| status.text().unwrap_or_default());
    Some(Answer::Outcome(match status.as_deref() {
        Some("complete" | "completed" | "success") => Some(Outcome::Complete),
        Some("error" | "failed") => Some(Outcome::Error),
        Some("cancelled") => Some(Outcome::Cancelled),
        Some(_) => None,
        None if query == Query::Result && body.trim_ascii_start().starts_with('{') => {
            Some(Outcome::Complete)
        }
        None => return None,
    }))
}
