//! Scenes that once went wrong, most of them found by the simulator in `tests/sim`.

use std::time::Duration;

use agent_activity::{
    activity::LogBounds,
    connection::{CloseCode, Config, Content, Delivery, Endpoint, FetchId, Outgoing, SocketId},
    dialect::DialectKind,
    session::{Input, Output, Session},
    time::Instant,
};

/// A session, the time, and what it asked for last.
struct Scene {
    session: Session,
    now: Duration,
    deadline: Option<Instant>,
    socket: SocketId,
    fetches: Vec<(FetchId, String)>,
}

impl Scene {
    fn new(dialect: DialectKind) -> Self {
        let page = "http://h/";
        let endpoint = Endpoint::resolve(page, page, "/ws", "s");
        let session = Session::new(Config::default(), dialect, endpoint, LogBounds::default(), 7);
        let mut scene = Self {
            session,
            now: Duration::from_secs(1),
            deadline: None,
            socket: SocketId(0),
            fetches: Vec::new(),
        };
        scene.put(Input::Connect);
        scene
    }

    fn put(&mut self, input: Input<'_>) {
        self.session.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.session.poll_output() {
                Output::Open { socket, .. } => self.socket = socket,
                Output::Fetch { id, url, .. } => self.fetches.push((id, url)),
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                _ => {}
            }
        }
    }

    fn hear(&mut self, frames: &[&str]) {
        for frame in frames {
            self.put(Input::Text(self.socket, frame));
        }
    }

    fn open(&mut self, frames: &[&str]) {
        self.put(Input::Opened(self.socket));
        self.hear(frames);
    }

    fn close(&mut self, code: u16) {
        self.put(Input::Closed(self.socket, CloseCode(code)));
    }

    fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(at) = self.deadline.map(Instant::since_origin).filter(|&at| at <= until) {
            self.now = at;
            self.put(Input::Timeout);
        }
        self.now = until;
        self.put(Input::Timeout);
    }

    fn answer(&mut self, status: u16, body: &str) {
        let (id, _) = self.fetches.pop().expect("there was a request");
        self.put(Input::Fetched { id, status, body });
    }

    fn write(&mut self, id: &str) {
        let content = Content::Text("hello".to_owned());
        self.put(Input::Send(Outgoing {
            id: id.to_owned(),
            content,
            sent_at: 0,
            is_volatile: false,
        }));
    }

    fn delivery(&self) -> Delivery {
        self.session.messages().next().expect("there is a message").delivery.clone()
    }

    fn state(&self) -> &'static str {
        self.session.state().name()
    }
}

const HELLO: &str =
    r#"{"type":"hello","session":"s","epoch":"e","oldest":0,"newest":0,"heartbeat_s":30}"#;
const READY: &str = r#"{"type":"ready","message":"live"}"#;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_message_that_was_sent_before_is_not_called_unsent_when_it_is_taken_back() {
    let mut scene = Scene::new(DialectKind::Native);
    scene.open(&[HELLO, READY]);
    scene.write("m");
    scene.close(1006);
    assert_eq!(scene.delivery(), Delivery::Uncertain);
    scene.pass(s(1));
    scene.open(&[HELLO, READY]);
    assert_eq!(scene.delivery(), Delivery::Sent);
    scene.put(Input::Unsent(scene.socket));
    scene.close(1006);
    scene.pass(s(400));
    assert_eq!(scene.delivery(), Delivery::Uncertain, "it went through the first socket");
}

#[test]
fn a_message_taken_back_after_the_end_is_refused() {
    let mut scene = Scene::new(DialectKind::Native);
    scene.open(&[HELLO, READY]);
    scene.write("m");
    scene.hear(&[r#"{"type":"complete","seq":1}"#]);
    scene.put(Input::Unsent(scene.socket));
    assert!(matches!(scene.delivery(), Delivery::Refused(_)), "{:?}", scene.delivery());
}

#[test]
fn a_session_known_to_have_ended_is_not_connected_to_again() {
    let mut scene = Scene::new(DialectKind::Native);
    scene.open(&[HELLO, r#"{"type":"complete","seq":1}"#, READY]);
    scene.pass(s(2));
    scene.put(Input::Disconnect);
    assert_eq!(scene.state(), "idle");
    let before = scene.socket;
    scene.put(Input::Connect);
    assert_eq!((scene.state(), scene.socket), ("ended", before));
}

#[test]
fn a_server_that_is_too_busy_for_its_list_has_one() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(429, "");
    scene.open(&[READY]);
    scene.fetches.clear();
    scene.pass(s(2));
    assert_eq!(scene.fetches.len(), 1, "the list is read again");
}

#[test]
fn what_is_not_read_any_more_names_no_deadline_of_the_past() {
    let mut scene = Scene::new(DialectKind::Native);
    scene.open(&[HELLO, READY]);
    scene.now += s(100);
    scene.put(Input::Text(SocketId(99), "{}"));
    assert!(scene.deadline.is_some_and(|at| at.since_origin() > scene.now));
    scene.now += s(100);
    scene.put(Input::Fetched { id: FetchId(99), status: 200, body: "" });
    assert!(scene.deadline.is_some_and(|at| at.since_origin() > scene.now));
}
