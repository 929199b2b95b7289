//! Pages that share one socket: what they tell each other, and what each makes of it.
//!
//! The orders in which all of that may arrive are the simulator's (`tests/sim/src/tabs.rs`).

use std::time::Duration;

use agent_activity::{
    activity::{LogBounds, Marker, Row},
    connection::{CloseCode, Config, Endpoint, FetchId, SocketId},
    dialect::DialectKind,
    session::{Input, Output, PageId, Session, Word},
    time::Instant,
};

const LEADER: PageId = PageId(1);
const READY: &str = r#"{"type":"ready","message":"Stream ready"}"#;

fn event(number: u32) -> String {
    format!(r#"{{"type":"log","message":"m{number}","timestamp":"2026-11-20T12:00:{number:02}"}}"#)
}

/// One page, and all that it asked for.
struct Page {
    session: Session,
    now: Duration,
    socket: SocketId,
    name: String,
    opened: usize,
    unshared: usize,
    closed: Vec<CloseCode>,
    told: Vec<Word>,
    fetches: Vec<(FetchId, String)>,
}

impl Page {
    fn new() -> Self {
        Self::with(&mut Config::default())
    }

    fn with(config: &mut Config) -> Self {
        let endpoint = Endpoint::resolve("http://h/", "http://h/", "/ws", "s");
        let bounds = LogBounds::default();
        let mut page = Self {
            session: Session::new(config.clone(), DialectKind::Auto, endpoint, bounds, 7),
            now: Duration::from_secs(1),
            socket: SocketId(0),
            name: String::new(),
            opened: 0,
            unshared: 0,
            closed: Vec::new(),
            told: Vec::new(),
            fetches: Vec::new(),
        };
        page.put(Input::Connect);
        page
    }

    fn leading(config: &mut Config, frames: &[&str]) -> Self {
        let mut page = Self::with(config);
        page.put(Input::Granted(page.socket));
        page.put(Input::Opened(page.socket));
        for frame in frames {
            page.put(Input::Text(page.socket, frame));
        }
        page.told.clear();
        page
    }

    fn put(&mut self, input: Input<'_>) {
        self.session.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.session.poll_output() {
                Output::Share { socket, name } => (self.socket, self.name) = (socket, name),
                Output::Tell { word, .. } => self.told.push(word),
                Output::Unshare { .. } => self.unshared += 1,
                Output::Open { .. } => self.opened += 1,
                Output::Close { code, .. } => self.closed.push(code),
                Output::Fetch { id, url, .. } => self.fetches.push((id, url)),
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }

    fn hears(&mut self, from: PageId, word: Word) {
        self.put(Input::Heard(self.socket, from, word));
    }

    fn state(&self) -> &'static str {
        self.session.state().name()
    }

    fn rows(&self) -> Vec<String> {
        let log = &self.session.activity().log;
        let row = |index| match log.row(index).expect("a row") {
            Row::Entry(entry) => entry.message.to_owned(),
            Row::Marker(Marker::Gap { count }) => format!("-- {count} missing"),
            Row::Marker(marker) => format!("-- {}", marker.name()),
        };
        (0..log.rows()).map(row).collect()
    }
}

fn past(missing: u64, is_resumed: bool, frames: &[&str]) -> Word {
    let frames = frames.iter().map(|&frame| frame.to_owned()).collect();
    Word::Past { missing, is_resumed, frames }
}

#[test]
fn a_page_asks_and_waits_before_it_opens_a_socket() {
    let page = Page::new();
    assert_eq!((page.opened, page.state()), (0, "connecting"));
    assert_eq!((page.told, page.name.as_str()), (vec![Word::Ask], "ws://h/ws/s"));
}

#[test]
fn whoever_has_the_lock_opens_the_socket_and_tells_what_it_brings() {
    let mut page = Page::leading(&mut Config::default(), &[]);
    assert_eq!(page.opened, 1);
    page.hears(PageId(2), Word::Ask);
    assert_eq!(page.told, [], "it is not known yet what the server bears");
    page.put(Input::Text(page.socket, READY));
    page.put(Input::Text(page.socket, &event(1)));
    assert_eq!(page.told, [Word::Lead], "nobody is there to be told what comes in");
    page.hears(PageId(2), Word::Ask);
    page.put(Input::Text(page.socket, &event(2)));
    page.put(Input::Closed(page.socket, CloseCode(1012)));
    assert_eq!(
        page.told[1..],
        [past(0, false, &[READY, &event(1)]), Word::Frame(event(2)), Word::Closed(CloseCode(1012))]
    );
}

#[test]
fn a_page_that_has_joined_shows_what_its_leader_tells_and_nobody_else() {
    let mut page = Page::new();
    page.hears(LEADER, Word::Frame(event(3)));
    page.hears(LEADER, past(0, false, &[&event(1), READY]));
    assert_eq!((page.state(), page.opened), ("connected", 0));
    page.hears(PageId(2), Word::Frame(event(9)));
    page.hears(PageId(2), Word::Closed(CloseCode(1000)));
    page.hears(LEADER, past(0, false, &[&event(1), READY, &event(2)]));
    page.hears(LEADER, Word::Frame(event(2)));
    assert_eq!(page.rows(), ["m1", "-- live", "m2"]);
    assert_eq!(page.session.counters().joined, 1);
    page.hears(LEADER, Word::Closed(CloseCode(1012)));
    assert_eq!((page.state(), page.closed.len()), ("waiting", 1));
}

#[test]
fn a_page_whose_leader_is_gone_attempts_again() {
    for is_told in [true, false] {
        let mut page = Page::new();
        page.hears(LEADER, past(0, false, &[READY]));
        if is_told {
            page.hears(PageId(3), Word::Lead);
        } else {
            page.put(Input::Granted(page.socket));
        }
        assert_eq!((page.state(), page.opened), ("waiting", 0), "{is_told}");
    }
}

#[test]
fn where_the_server_bears_any_number_each_opens_its_own() {
    let hello = r#"{"type":"hello","epoch":"e"}"#;
    let mut page = Page::leading(&mut Config::default(), &[hello]);
    page.put(Input::Text(page.socket, r#"{"type":"log","seq":1,"message":"m1"}"#));
    assert_eq!((page.told.as_slice(), page.unshared), ([].as_slice(), 1), "it said so before");

    let numbered = r#"{"type":"log","seq":1,"message":"m1"}"#;
    let mut page = Page::leading(&mut Config::default(), &[READY]);
    page.put(Input::Text(page.socket, numbered));
    assert_eq!((page.told.as_slice(), page.unshared), ([Word::Free].as_slice(), 1));

    let mut page = Page::leading(&mut Config::default(), &[READY]);
    page.hears(PageId(2), Word::Ask);
    page.put(Input::Text(page.socket, numbered));
    assert_eq!(page.told[1..], [Word::Frame(numbered.to_owned())], "what is shared stays so");

    type End = fn(&mut Page);
    let ends: [End; 2] =
        [|page| page.hears(LEADER, Word::Free), |page| page.put(Input::Unshared(page.socket))];
    for end in ends {
        let mut page = Page::new();
        end(&mut page);
        assert_eq!((page.opened, page.unshared), (1, 1));
        page.put(Input::Granted(page.socket));
        page.hears(LEADER, past(0, false, &[&event(1)]));
        assert_eq!((page.opened, page.rows().len()), (1, 0), "it is alone");
    }
}

#[test]
fn what_is_told_to_pages_that_come_late_is_bounded() {
    let frames = [event(1), event(2), event(3)];
    let mut config = Config::default();
    config.journal_bytes_max(2 * frames[0].len());
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let mut leader = Page::leading(&mut config, &frames);
    leader.hears(PageId(2), Word::Ask);
    assert_eq!(leader.told, [past(1, false, &frames[1..])]);

    // What is not told is in the server's list, or is said to be missing.
    for has_list in [true, false] {
        let mut page = Page::new();
        page.hears(LEADER, leader.told[0].clone());
        let (id, url) = page.fetches.pop().expect("the list is asked for");
        assert_eq!(url, "http://h/api/strategy/events/s?from=0");
        let events = frames.join(",");
        let body = format!(r#"{{"events":[{events}],"total":3,"session_active":true}}"#);
        let status = if has_list { 200 } else { 404 };
        page.put(Input::Fetched { id, status, body: &body });
        let expected: &[&str] =
            if has_list { &["m1", "m2", "m3"] } else { &["-- 1 missing", "m2", "m3"] };
        assert_eq!(page.rows(), expected);
    }
}

#[test]
fn a_page_may_be_told_not_to_share() {
    let mut config = Config::default();
    config.shares_sockets(false);
    let page = Page::with(&mut config);
    assert_eq!((page.opened, page.told), (1, Vec::new()));
}
