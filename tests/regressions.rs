//! Scenes that once went wrong, most of them found by the simulator in `tests/sim`.

use std::time::Duration;

use agent_activity::{
    activity::{LogBounds, Row},
    connection::{
        CloseCode, Config, Content, Delivery, Endpoint, FetchId, Outgoing, PageEvent, SocketId,
        TokenId,
    },
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
        Self::with(Config::default(), dialect)
    }

    fn with(config: Config, dialect: DialectKind) -> Self {
        let page = "http://h/";
        let endpoint = Endpoint::resolve(page, page, "/ws", "s");
        let session = Session::new(config, dialect, endpoint, LogBounds::default(), 7);
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
                // A page that is alone gets the lock at once.
                Output::Share { socket, .. } => self.put(Input::Granted(socket)),
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

    fn messages(&self) -> Vec<&str> {
        let log = &self.session.activity().log;
        let row = |index| match log.row(index) {
            Some(Row::Entry(entry)) => Some(entry.message),
            _ => None,
        };
        (0..log.rows()).filter_map(row).collect()
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
fn a_message_is_not_answered_by_the_rest_of_the_frame_over_which_it_goes_out() {
    let mut scene = Scene::new(DialectKind::TaskPush);
    scene.put(Input::Opened(scene.socket));
    scene.write("m");
    // It introduces the server, and is a sign of life besides.
    scene.hear(&[r#"{"type":"pong","timestamp":0}"#]);
    assert_eq!(scene.delivery(), Delivery::Sent);
    scene.put(Input::Unsent(scene.socket));
    assert_eq!(scene.delivery(), Delivery::Queued, "the socket is closing, and did not take it");
    scene.close(1006);
    scene.pass(s(1));
    scene.open(&[r#"{"type":"pong","timestamp":0}"#]);
    assert_eq!(scene.delivery(), Delivery::Sent);
    scene.pass(s(1));
    scene.hear(&[r#"{"type":"pong","timestamp":0}"#]);
    scene.close(1006);
    assert_eq!(scene.delivery(), Delivery::Sent, "something came back after it");
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

const LIST: &str = r#"{"events":[EVENTS],"total":TOTAL,"session_active":true}"#;

fn list(events: &[&str]) -> String {
    LIST.replace("EVENTS", &events.join(",")).replace("TOTAL", &events.len().to_string())
}

fn event(number: u32) -> String {
    format!(
        r#"{{"type":"agent_progress","message":"{number}","timestamp":"2026-01-01T00:00:0{number}"}}"#
    )
}

#[test]
fn a_new_socket_may_have_begun_a_new_list_which_is_read_from_its_start() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[&event(1), READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[&event(1)]));
    scene.open(&[READY]);
    scene.hear(&[&event(3)]);
    assert!(scene.fetches[0].1.ends_with("?from=0"), "{:?}", scene.fetches);
    scene.answer(200, &list(&[&event(2), &event(3)]));
    assert_eq!(scene.messages(), ["1", "2", "3"]);
}

#[test]
fn nothing_is_held_for_a_list_that_cannot_be_asked_for() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    let page = "http://h/";
    scene.put(Input::Readdress(Endpoint::resolve(page, page, "ftp://h/", "s")));
    scene.hear(&[&event(1)]);
    assert_eq!(scene.messages(), ["1"]);
}

#[test]
fn the_list_is_read_on_after_another_request_was_in_its_way() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    let page = "http://h/";
    scene.put(Input::Readdress(Endpoint::resolve(page, page, "ftp://h/", "s")));
    scene.pass(s(10));
    scene.put(Input::Readdress(Endpoint::resolve(page, page, "/ws", "s")));
    scene.pass(s(2));
    assert_eq!(scene.fetches.len(), 1, "{:?}", scene.fetches);
}

#[test]
fn what_was_held_is_shown_though_its_socket_is_lost_before_the_list_comes() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    scene.hear(&[&event(2)]);
    scene.close(1006);
    scene.answer(200, &list(&[&event(1)]));
    assert_eq!(scene.messages(), ["1", "2"]);
    scene.pass(s(1));
    scene.answer(200, &list(&[&event(1), &event(2)]));
    scene.open(&[READY]);
    scene.pass(s(2));
    assert_eq!(scene.fetches.len(), 1, "the list is read on: {:?}", scene.fetches);
}

#[test]
fn a_silent_server_whose_list_comes_has_lost_the_socket() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    let before = scene.socket;
    while scene.now < s(110) {
        scene.pass(Duration::from_millis(6_900));
        if !scene.fetches.is_empty() {
            scene.answer(200, &list(&[]));
        }
    }
    assert_ne!(scene.socket, before, "{}", scene.state());
}

#[test]
fn a_pong_that_was_slept_over_measures_no_round_trip() {
    let mut scene = Scene::new(DialectKind::Native);
    scene.open(&[HELLO, READY]);
    scene.pass(s(25));
    let ping = scene.now.as_millis();
    scene.now += s(3 * 3600);
    scene.hear(&[&format!(r#"{{"type":"pong","timestamp":{ping}}}"#)]);
    let before = scene.socket;
    scene.pass(s(60));
    assert_ne!(scene.socket, before, "{}", scene.state());
}

#[test]
fn out_of_sight_there_is_a_minute_between_sockets_whatever_came_before_them() {
    let mut config = Config::default();
    config.token_provider(true);
    let mut scene = Scene::with(config, DialectKind::Native);
    scene.put(Input::Page(PageEvent::Hidden));
    scene.now += s(299);
    scene.put(Input::Token(TokenId(1), Ok(None)));
    let before = scene.socket;
    scene.close(1006);
    scene.pass(s(2));
    scene.put(Input::Token(TokenId(2), Ok(None)));
    assert_eq!(scene.socket, before);
}

#[test]
fn an_end_that_was_held_ends_the_attempt_that_has_just_begun() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    scene.hear(&[r#"{"type":"complete","message":"1","timestamp":"2026-01-01T00:00:01"}"#]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(502, "");
    assert_eq!(scene.state(), "ended");
    scene.put(Input::Opened(scene.socket));
    assert_eq!(scene.state(), "ended");
}

#[test]
fn what_is_new_in_the_past_that_is_repeated_does_not_show_that_the_server_still_tells_all() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[&event(1)]);
    scene.answer(200, &list(&[&event(1)]));
    scene.hear(&[READY]);
    assert_eq!(scene.messages(), ["1"]);
    scene.pass(s(2));
    scene.answer(200, &list(&[&event(1)]));
    scene.hear(&[&event(2)]);
    scene.answer(200, &list(&[&event(1), &event(2)]));
    scene.pass(s(4));
    assert_eq!(scene.fetches.len(), 0, "what is new after the past does: {:?}", scene.fetches);
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

#[test]
fn undated_words_that_were_held_are_shown_once_though_the_next_socket_repeats_them() {
    let again = r#"{"type":"agent_progress","message":"again"}"#;
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[again, READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(502, "");
    scene.open(&[again, READY, again]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(404, "");
    scene.open(&[again, again, READY]);
    assert_eq!(scene.messages(), ["again", "again"]);
}

#[test]
fn what_was_held_by_a_lost_socket_is_shown_when_the_list_does_not_come() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    scene.pass(s(2));
    scene.hear(&[&event(1)]);
    scene.close(1006);
    scene.pass(s(10));
    assert_eq!(scene.messages(), ["1"]);
}

#[test]
fn a_list_that_was_asked_for_before_the_loss_does_not_stand_for_one_after_it() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.open(&[READY]);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(200, &list(&[]));
    scene.open(&[READY]);
    scene.pass(s(2));
    assert_eq!(scene.fetches.len(), 1, "it is being read: {:?}", scene.fetches);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.fetches.len(), 2, "it is asked for anew: {:?}", scene.fetches);
    let before = scene.socket;
    scene.answer(200, &list(&[&event(1)]));
    assert!(scene.socket > before, "what was asked after it does");
    assert_eq!(scene.messages(), ["1"]);
}
