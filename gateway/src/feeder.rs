//! A feeder: hands the messages of a session to one agent, one JSON line each.
//!
//! It is to an agent what a follower is to a page: it waits for the agent to take a line, and
//! nobody waits for it.

use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::session::Listener;

/// Writes what `listener` hears to an agent's standard input, for as long as that is open.
pub async fn feed(listener: Listener<'_>, mut input: impl AsyncWrite + Unpin) {
    loop {
        let message = listener.next().await;
        // An agent may close its standard input; what it has not taken waits for the next one.
        if input.write_all(message.line().as_bytes()).await.is_err() {
            return;
        }
        listener.take();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, duplex},
        time::timeout,
    };

    use super::*;
    use crate::{
        draft::Context,
        message::Message,
        session::{Limits, Session},
    };

    const CONTEXT: Context<'_> = Context { phase: "p", agent: "a", iteration: None };

    fn session() -> Session {
        Session::new("s".into(), "e".into(), Limits::of_tests())
    }

    fn store(session: &Session, id: &str) {
        session.store(&Message::new(id, "", 1)).expect("room for one more");
    }

    /// What an agent that starts now finds waiting.
    async fn waiting(session: &Session) -> Vec<String> {
        let listener = session.listen(&CONTEXT);
        let mut ids = Vec::new();
        while let Ok(message) = timeout(Duration::ZERO, listener.next()).await {
            ids.push(message.id().to_owned());
            listener.take();
        }
        ids
    }

    #[tokio::test]
    async fn it_writes_what_came_before_and_what_comes() {
        let session = session();
        store(&session, "before");
        let (input, mut agent) = duplex(1000);
        let both = async {
            let mut lines = String::new();
            for id in ["before", "after"] {
                let mut line = vec![0; Message::new(id, "", 1).line().len()];
                agent.read_exact(&mut line).await.expect("a line");
                lines.push_str(&String::from_utf8(line).expect("text"));
                if id == "before" {
                    store(&session, "after");
                }
            }
            lines
        };
        let lines = tokio::select! {
            () = feed(session.listen(&CONTEXT), input) => panic!("the agent reads"),
            lines = both => lines,
        };
        let expected = ["before", "after"].map(|id| Message::new(id, "", 1).line().to_owned());
        assert_eq!(lines, expected.concat());
        assert_eq!(waiting(&session).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn what_an_agent_did_not_take_waits_for_the_next() {
        let session = session();
        let (input, agent) = duplex(1000);
        drop(agent);
        store(&session, "a");
        store(&session, "b");
        feed(session.listen(&CONTEXT), input).await;
        assert_eq!(waiting(&session).await, ["a", "b"]);
    }

    #[tokio::test]
    async fn a_line_that_was_cut_short_was_not_taken() {
        let session = session();
        store(&session, "a");
        let (input, _agent) = duplex(5);
        let fed = feed(session.listen(&CONTEXT), input);
        assert!(timeout(Duration::from_millis(1), fed).await.is_err());
        assert_eq!(waiting(&session).await, ["a"]);
    }
}
