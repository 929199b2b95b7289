//! A session from its frames to its log, on a virtual clock. `tests/README.md` lists the scenes
//! that have a number.

use std::time::Duration;

use agent_activity::{
    activity::{LogBounds, Marker, Row},
    connection::{CloseCode, Config, Content, Delivery, Endpoint, FetchId, Outgoing, SocketId},
    dialect::DialectKind,
    session::{Input, Output, Session},
    time::Instant,
};

/// A session, the time, and what it asked for.
struct Scene {
    session: Session,
    now: Duration,
    socket: SocketId,
    fetch: Option<FetchId>,
    url: String,
    sent: Vec<String>,
    opened: usize,
}

impl Scene {
    /// Opened, and not greeted yet.
    fn new() -> Self {
        let endpoint = Endpoint::resolve("http://h/", "http://h/", "/ws/strategy/progress", "s");
        let session =
            Session::new(Config::default(), DialectKind::Auto, endpoint, LogBounds::default(), 7);
        let mut scene = Self {
            session,
            now: Duration::from_secs(1),
            socket: SocketId(0),
            fetch: None,
            url: String::new(),
            sent: Vec::new(),
            opened: 0,
        };
        scene.input(Input::Connect);
        scene.input(Input::Opened(scene.socket));
        scene
    }

    /// Greeted by the server of this project.
    fn greeted() -> Self {
        let mut scene = Self::new();
        scene.text(&hello("e1"));
        scene.text(r#"{"type":"ready","message":""}"#);
        scene
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.session.poll_output() {
                Output::Timeout(_) => break,
                Output::Open { socket, url, .. } => {
                    (self.socket, self.url) = (socket, url);
                    self.opened += 1;
                }
                Output::Send { text, .. } => self.sent.push(text),
                Output::Fetch { id, url, .. } => (self.fetch, self.url) = (Some(id), url),
                // A page that is alone gets the lock at once.
                Output::Share { socket, .. } => self.input(Input::Granted(socket)),
                Output::FetchToken { .. }
                | Output::Tell { .. }
                | Output::Unshare { .. }
                | Output::Measure { .. }
                | Output::Close { .. }
                | Output::Replied { .. } => {}
            }
        }
    }

    fn text(&mut self, frame: &str) {
        self.input(Input::Text(self.socket, frame));
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.now += Duration::from_millis(100);
            self.input(Input::Timeout);
        }
    }

    fn lose(&mut self) {
        self.input(Input::Closed(self.socket, CloseCode::ABNORMAL));
        self.pass(1);
    }

    fn answer(&mut self, body: &str) {
        let id = self.fetch.take().expect("something was asked");
        self.input(Input::Fetched { id, status: 200, body });
    }

    fn send(&mut self, id: &str) {
        self.input(Input::Send(Outgoing {
            id: id.to_owned(),
            content: Content::Text("go on".to_owned()),
            sent_at: 0,
            is_volatile: false,
        }));
    }

    fn delivery(&self, id: &str) -> Option<&Delivery> {
        self.session.messages().find(|message| message.id == id).map(|message| &message.delivery)
    }

    /// What the entries say, in order.
    fn log(&self) -> Vec<String> {
        let log = &self.session.activity().log;
        let rows = (0..log.rows()).filter_map(|index| log.row(index));
        rows.filter_map(|row| match row {
            Row::Entry(entry) => Some(entry.message.to_owned()),
            Row::Marker(_) => None,
        })
        .collect()
    }

    fn markers(&self) -> Vec<Marker> {
        let log = &self.session.activity().log;
        let rows = (0..log.rows()).filter_map(|index| log.row(index));
        rows.filter_map(|row| match row {
            Row::Entry(_) => None,
            Row::Marker(marker) => Some(marker),
        })
        .collect()
    }

    fn check(&self, name: &str) {
        assert_eq!(self.session.state().name(), name);
    }
}

fn hello(epoch: &str) -> String {
    format!(
        r#"{{"type":"hello","session":"s","epoch":"{epoch}","oldest":1,"newest":0,"heartbeat_s":30}}"#
    )
}

fn numbered(seq: u64, message: &str) -> String {
    format!(
        r#"{{"type":"log","seq":{seq},"timestamp":"2025-10-29T14:42:18Z","message":"{message}"}}"#
    )
}

/// An event of an older server, dated by its second.
fn dated(second: u32, message: &str) -> String {
    format!(
        r#"{{"type":"agent_start","agent":"A","timestamp":"2025-10-29T14:42:{second:02}.5","message":"{message}"}}"#
    )
}

/// 72. That the page shows them all is in `tests/web`.
#[test]
fn ten_thousand_frames_in_one_turn_are_all_there_and_in_order() {
    let mut scene = Scene::greeted();
    for seq in 1..=10_000 {
        scene.text(&numbered(seq, &seq.to_string()));
    }
    let log = scene.log();
    assert_eq!(log.len(), 10_000);
    assert!(log.iter().enumerate().all(|(index, message)| *message == (index + 1).to_string()));
    assert_eq!(scene.session.activity().entries, 10_000);
}

/// 72.
#[test]
fn ten_thousand_events_in_one_frame_are_all_there_and_in_order() {
    let mut scene = Scene::greeted();
    let events: Vec<String> = (1..=10_000).map(|seq| numbered(seq, &seq.to_string())).collect();
    scene.text(&format!("[{}]", events.join(",")));
    let log = scene.log();
    assert_eq!(log.len(), 10_000);
    assert_eq!((log[0].as_str(), log[9_999].as_str()), ("1", "10000"));
}

/// 72.
#[test]
fn the_log_keeps_a_hundred_thousand_entries_and_counts_those_that_went() {
    let mut scene = Scene::greeted();
    let mut next = 1..;
    for _ in 0..100 {
        let events: Vec<String> = next.by_ref().take(1_000).map(|seq| numbered(seq, "")).collect();
        scene.text(&format!("[{}]", events.join(",")));
    }
    assert_eq!((scene.log().len(), scene.markers()), (100_000, vec![]));
    scene.text(&numbered(100_001, ""));
    let [Marker::Trimmed(count)] = scene.markers()[..] else { panic!("{:?}", scene.markers()) };
    assert!((1..=2_000).contains(&count), "{count}");
    assert_eq!(scene.session.activity().entries, 100_001);
}

/// 73.
#[test]
fn a_server_that_repeats_its_past_shows_each_event_once_and_in_order() {
    let mut scene = Scene::new();
    let past: Vec<String> = (0..20).map(|second| dated(second, &second.to_string())).collect();
    for event in &past {
        scene.text(event);
    }
    scene.text(r#"{"type":"ready","message":""}"#);
    // Such a server sends what it has just repeated once more.
    for event in &past {
        scene.text(event);
    }
    scene.lose();
    assert_eq!(scene.url, "http://h/api/strategy/events/s?from=0");
    scene.answer(&format!(
        r#"{{"events":[{}],"total":20,"from":0,"session_active":true}}"#,
        past.join(",")
    ));
    scene.input(Input::Opened(scene.socket));
    for event in &past {
        scene.text(event);
    }
    scene.text(r#"{"type":"ready","message":""}"#);
    let expected: Vec<String> = (0..20).map(|second: u32| second.to_string()).collect();
    assert_eq!(scene.log(), expected);
    assert_eq!(scene.session.activity().entries, 20);
}

/// 73.
#[test]
fn what_an_older_server_told_only_by_http_stands_where_it_happened() {
    let mut scene = Scene::new();
    scene.text(&dated(0, "a"));
    scene.lose();
    let list = |events: &str, total: u32| {
        format!(r#"{{"events":[{events}],"total":{total},"from":0,"session_active":true}}"#)
    };
    scene.answer(&list(&dated(0, "a"), 1));
    scene.input(Input::Opened(scene.socket));
    scene.text(&dated(0, "a"));
    scene.text(r#"{"type":"ready","message":""}"#);
    scene.text(&dated(2, "c"));
    assert_eq!(scene.log(), ["a"], "something may have happened before it");
    scene.answer(&list(&[dated(0, "a"), dated(1, "b")].join(","), 2));
    assert_eq!(scene.log(), ["a", "b", "c"]);
    scene.text(&dated(2, "c"));
    scene.text(&dated(3, "d"));
    assert_eq!(scene.log(), ["a", "b", "c", "d"]);
}

/// 75.
#[test]
fn events_in_the_same_words_at_other_times_are_other_events() {
    let mut scene = Scene::new();
    for second in [1, 2, 2, 1, 3] {
        scene.text(&dated(second, "still working"));
    }
    assert_eq!(scene.log().len(), 3);
}

/// 76.
#[test]
fn a_hole_that_cannot_be_closed_is_marked() {
    let mut scene = Scene::greeted();
    scene.text(&numbered(1, "a"));
    scene.text(&numbered(5, "e"));
    assert_eq!(scene.opened, 2);
    assert_eq!(scene.url, "ws://h/ws/strategy/progress/s?epoch=e1&after=1");
    scene.input(Input::Opened(scene.socket));
    scene.text(&hello("e1"));
    scene.text(r#"{"type":"gap","from":2,"to":3,"reason":"trimmed"}"#);
    scene.text(&numbered(4, "d"));
    scene.text(&numbered(5, "e"));
    assert_eq!(scene.log(), ["a", "d", "e"]);
    assert!(scene.markers().contains(&Marker::Gap { count: 2 }));
}

/// 77.
#[test]
fn another_history_stands_below_a_marker_and_is_counted_anew() {
    let mut scene = Scene::greeted();
    scene.text(&numbered(1, "a"));
    scene.lose();
    scene.input(Input::Opened(scene.socket));
    scene.text(&hello("e2"));
    scene.text(&numbered(1, "a"));
    assert_eq!(scene.log(), ["a", "a"]);
    assert!(scene.markers().contains(&Marker::Epoch));
    assert_eq!(scene.session.activity().entries, 1);
}

/// 80.
#[test]
fn what_cannot_be_read_is_shown_as_it_came() {
    let mut scene = Scene::greeted();
    let frames = [
        "not JSON",
        "",
        "{",
        "17",
        "null",
        r#""text""#,
        r#"{"no":"type"}"#,
        r#"{"type":null,"message":"x"}"#,
        r#"{"type":17}"#,
        r#"{"type":"log","seq":"one"}"#,
    ];
    for frame in frames {
        scene.text(frame);
    }
    scene.check("connected");
    assert_eq!(scene.session.activity().entries, frames.len() as u64);
    assert!(scene.log().contains(&"not JSON".to_owned()));
    scene.text(&numbered(1, "readable"));
    assert_eq!(scene.log().last().map(String::as_str), Some("readable"));
    assert_eq!(scene.opened, 1);
}

/// 80.
#[test]
fn types_and_fields_that_nobody_knows_are_shown_and_disturb_nothing() {
    let mut scene = Scene::greeted();
    scene.text(r#"{"type":"from_the_future","seq":1,"shape":{"a":[1,2]}}"#);
    scene
        .text(r#"{"type":"log","seq":2,"message":null,"agent":null,"level":null,"progress":null}"#);
    scene.text(r#"{"type":"log","seq":3,"message":"c","colour":"red"}"#);
    scene.check("connected");
    assert_eq!(scene.session.activity().entries, 3);
    assert!(scene.log()[0].contains("shape"));
    assert_eq!(scene.log()[2], "c");
    assert_eq!(scene.opened, 1, "each has its place in the order");
}

/// 44.
#[test]
fn nothing_is_sent_to_a_server_that_did_not_say_hello() {
    for first in [numbered(1, "a"), dated(1, "a")] {
        let mut scene = Scene::new();
        scene.text(&first);
        scene.send("m");
        for _ in 0..20 {
            scene.pass(30);
            scene.text(r#"{"type":"heartbeat"}"#);
        }
        scene.check("connected");
        assert!(scene.sent.is_empty());
    }
}

/// 47, 60.
#[test]
fn what_is_sent_is_worded_for_the_server_and_pings_wait_for_nobody() {
    let mut scene = Scene::new();
    scene.send("m");
    scene.text(&hello("e1"));
    scene.pass(26);
    let [message, ping] = &scene.sent[..] else { panic!("{:?}", scene.sent) };
    assert!(message.contains(r#""type":"message""#) && message.contains(r#""id":"m""#));
    assert!(ping.contains(r#""type":"ping""#));
    assert_eq!(scene.session.messages().count(), 1);
}

#[test]
fn a_message_shows_what_became_of_it_and_not_of_its_double() {
    let mut scene = Scene::greeted();
    scene.send("m");
    assert_eq!(scene.delivery("m"), Some(&Delivery::Sent));
    scene.send("m");
    assert_eq!(scene.delivery("m"), Some(&Delivery::Sent), "the first is still under way");
    scene.text(r#"{"type":"ack","id":"m"}"#);
    assert_eq!(scene.delivery("m"), Some(&Delivery::Acked));
    assert_eq!(scene.sent.len(), 1);
}

#[test]
fn another_session_begins_with_nothing_of_the_last() {
    let mut scene = Scene::greeted();
    scene.text(&numbered(1, "a"));
    assert!(scene.session.is_live());
    scene.input(Input::Disconnect);
    let other = Endpoint::resolve("http://h/", "http://h/", "/ws/strategy/progress", "other");
    scene.input(Input::Follow(other));
    assert_eq!((scene.log().len(), scene.session.is_live()), (0, false));
    scene.input(Input::Connect);
    assert_eq!(scene.url, "ws://h/ws/strategy/progress/other");
    scene.input(Input::Opened(scene.socket));
    scene.text(&hello("e1"));
    scene.text(&numbered(1, "b"));
    assert_eq!((scene.log(), scene.markers()), (vec!["b".to_owned()], vec![]));
}
