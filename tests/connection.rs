//! The connection, scene by scene, on a virtual clock.

use std::time::Duration;

use agent_activity::{
    connection::{
        Answer, CloseCode, Config, Connection, Content, Delivery, Diagnosis, Endpoint, ErrorKind,
        Event, Failure, FetchId, Frame, Input, Intake, Liveness, LossCause, Outcome, Outgoing,
        Output, PageEvent, Policy, Refusal, Resume, Signal, SocketEvent, SocketId, State,
    },
    time::Instant,
};

const PAGE: &str = "http://h/";

const NATIVE: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Sequence,
    intake: Intake::AckedMessages,
    greets: true,
};

const RECEIVE_ONLY: Policy =
    Policy { liveness: Liveness::ReceiveOnly, intake: Intake::Nothing, ..NATIVE };

/// A connection, the time, and all that came out of it.
struct Scene {
    connection: Connection,
    now: Duration,
    deadline: Option<Instant>,
    opened: Vec<(SocketId, String)>,
    closed: Vec<(SocketId, CloseCode)>,
    pings: usize,
    last_ping: u64,
    events: Vec<Event>,
}

impl Scene {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        let endpoint = Endpoint::resolve(PAGE, PAGE, "/ws", "s");
        Self {
            connection: Connection::new(config, endpoint, 7),
            now: Duration::from_secs(1),
            deadline: None,
            opened: Vec::new(),
            closed: Vec::new(),
            pings: 0,
            last_ping: 0,
            events: Vec::new(),
        }
    }

    /// Connected to a server that introduced itself, and live.
    fn connected() -> Self {
        let mut scene = Self::new();
        scene.input(Input::Connect);
        scene.greet("e1");
        scene.message(Signal::Ready);
        scene
    }

    fn input(&mut self, input: Input) {
        self.connection.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.connection.poll_output() {
                Output::Open { socket, url, .. } => self.opened.push((socket, url)),
                Output::Close { socket, code } => self.closed.push((socket, code)),
                Output::Transmit { frame: Frame::Ping { timestamp }, .. } => {
                    self.pings += 1;
                    self.last_ping = timestamp;
                }
                Output::Transmit { .. }
                | Output::Measure { .. }
                | Output::Fetch { .. }
                | Output::FetchToken { .. } => {}
                Output::Event(event) => self.events.push(event),
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    assert!(
                        deadline.is_none_or(|at| at.since_origin() > self.now),
                        "a drained connection waits for something to come"
                    );
                    break;
                }
            }
        }
        let live = self.opened.len() - self.closed.len();
        assert!(live <= 1 || self.connection.socket().is_none(), "two sockets at once");
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(at) = self.deadline.map(Instant::since_origin).filter(|&at| at <= until) {
            self.now = at;
            self.input(Input::Timeout);
        }
        self.now = until;
        self.input(Input::Timeout);
    }

    fn socket(&self) -> SocketId {
        self.opened.last().expect("a socket was opened").0
    }

    fn url(&self) -> &str {
        &self.opened.last().expect("a socket was opened").1
    }

    fn says(&mut self, event: SocketEvent) {
        self.input(Input::Socket(self.socket(), event));
    }

    fn message(&mut self, signal: Signal) {
        self.says(SocketEvent::Message(signal));
    }

    fn greet(&mut self, epoch: &str) {
        self.says(SocketEvent::Opened);
        let epoch = Some(epoch.to_owned());
        self.message(Signal::Greeting { epoch, policy: NATIVE });
    }

    fn event(&mut self, seq: u64) {
        self.message(Signal::Event { seq: Some(seq), identity: None, ends: None });
    }

    fn close(&mut self, code: u16) {
        // The browser's word: nothing is left for us to close.
        let socket = self.socket();
        self.says(SocketEvent::Closed(CloseCode(code)));
        assert!(
            self.connection.socket() != Some(socket),
            "a closed socket is no longer the connection's"
        );
    }

    fn count(&self, wanted: &Event) -> usize {
        self.events.iter().filter(|event| *event == wanted).count()
    }

    fn waiting(&self) -> (u32, Duration, LossCause) {
        match self.connection.state() {
            State::Waiting { attempt, at, cause } => {
                (*attempt, at.since_origin() - self.now, *cause)
            }
            other => panic!("not waiting but {other:?}"),
        }
    }

    fn check(&self, name: &str) {
        assert_eq!(self.connection.state().name(), name);
    }
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_first_connection_asks_for_everything_and_later_ones_for_the_rest() {
    let mut scene = Scene::new();
    scene.check("idle");
    scene.input(Input::Connect);
    scene.check("connecting");
    assert_eq!(scene.url(), "ws://h/ws/s");
    scene.says(SocketEvent::Opened);
    scene.check("greeting");
    scene.message(Signal::Greeting { epoch: Some("e1".to_owned()), policy: NATIVE });
    scene.check("connected");
    scene.event(1);
    scene.event(2);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=2");
}

#[test]
fn a_server_that_numbers_without_an_epoch_is_asked_for_the_rest_too() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.message(Signal::Greeting { epoch: None, policy: RECEIVE_ONLY });
    scene.event(1);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?after=1");
}

#[test]
fn a_position_of_zero_is_asked_for_too() {
    let mut scene = Scene::connected();
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=0");
}

#[test]
fn what_was_received_before_is_not_admitted_again() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(1);
    scene.event(2);
    assert_eq!((scene.count(&Event::Admitted), scene.count(&Event::Duplicate)), (2, 1));
}

#[test]
fn a_hole_reopens_at_once_from_the_last_number_without_one() {
    let mut scene = Scene::connected();
    scene.event(1);
    let old = scene.socket();
    scene.event(4);
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=1");
    assert_eq!(scene.closed, [(old, CloseCode::ABANDONED)]);
    let event = Signal::Event { seq: Some(5), identity: None, ends: None };
    scene.input(Input::Socket(old, SocketEvent::Message(event)));
    assert_eq!(scene.count(&Event::Admitted), 1, "what came after the hole is discarded");
    scene.greet("e1");
    for seq in 2..=5 {
        scene.event(seq);
    }
    assert_eq!(scene.count(&Event::Admitted), 5);
}

#[test]
fn a_hole_that_the_replay_has_again_is_a_gap() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(4);
    scene.greet("e1");
    scene.event(4);
    assert_eq!(scene.count(&Event::Missing { from: 2, to: 3 }), 1);
    assert_eq!(scene.count(&Event::Admitted), 2);
    scene.event(5);
    scene.check("connected");
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn a_heartbeat_tells_of_events_that_did_not_come() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.message(Signal::Heartbeat { newest: Some(1) });
    assert_eq!(scene.opened.len(), 1);
    scene.message(Signal::Heartbeat { newest: Some(3) });
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=1");
    scene.greet("e1");
    scene.message(Signal::Heartbeat { newest: Some(3) });
    assert_eq!(scene.count(&Event::Missing { from: 2, to: 3 }), 1);
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn a_gap_moves_the_position() {
    let mut scene = Scene::connected();
    scene.message(Signal::Gap { from: 1, to: 40 });
    scene.event(41);
    assert_eq!(scene.count(&Event::Missing { from: 1, to: 40 }), 1);
    assert_eq!(scene.count(&Event::Admitted), 1);
    scene.message(Signal::Gap { from: 30, to: 41 });
    scene.message(Signal::Gap { from: 90, to: 80 });
    assert_eq!(scene.events.iter().filter(|e| matches!(e, Event::Missing { .. })).count(), 1);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=41");
}

#[test]
fn a_number_at_the_very_end_does_no_harm() {
    let mut scene = Scene::connected();
    scene.message(Signal::Gap { from: 0, to: u64::MAX });
    scene.event(u64::MAX);
    scene.event(1);
    scene.message(Signal::Heartbeat { newest: Some(u64::MAX) });
    scene.check("connected");
}

#[test]
fn another_epoch_starts_the_count_again() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(2);
    scene.close(1012);
    scene.pass(s(1));
    scene.greet("e2");
    assert_eq!(scene.count(&Event::EpochChanged), 1);
    scene.event(1);
    scene.message(Signal::Ready);
    assert_eq!(scene.count(&Event::Admitted), 3);
    assert_eq!(scene.count(&Event::Ready { resumed: true }), 1);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e2&after=1");
}

#[test]
fn holes_reopen_five_times_a_minute_at_the_most() {
    let mut scene = Scene::connected();
    for round in 0..20 {
        scene.event(round * 10 + 5);
        if scene.connection.state().name() == "connecting" {
            scene.greet("e1");
            scene.event(round * 10 + 5);
        }
    }
    assert_eq!(scene.opened.len(), 1 + 5);
    scene.check("connected");
}

#[test]
fn each_failed_attempt_waits_within_its_window() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for attempt in 2..12_u32 {
        scene.close(1006);
        let (number, wait, cause) = scene.waiting();
        let window = Duration::from_millis(500 * 2_u64.pow(attempt - 2)).min(s(30));
        assert_eq!((number, cause), (attempt, LossCause::NeverOpened(Diagnosis::Unknown)));
        assert!(wait >= Duration::from_millis(250), "{wait:?}");
        assert!(wait <= Duration::from_millis(250) + window, "{wait:?}");
        scene.pass(wait);
        scene.check("connecting");
    }
}

#[test]
fn an_open_alone_does_not_start_the_backoff_again() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for attempt in 2..8 {
        scene.says(SocketEvent::Opened);
        scene.pass(Duration::from_millis(2));
        scene.close(1006);
        let (number, wait, cause) = scene.waiting();
        assert_eq!(
            (number, cause),
            (attempt, LossCause::ClosedAtOnce { code: CloseCode::ABNORMAL, times: attempt - 1 })
        );
        scene.pass(wait);
    }
}

#[test]
fn a_socket_that_closes_at_once_three_times_is_a_proxys() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for kind in [None, None, Some(ErrorKind::Proxy), Some(ErrorKind::Proxy)] {
        scene.says(SocketEvent::Opened);
        scene.close(1006);
        let (_, wait, cause) = scene.waiting();
        assert_eq!(cause.kind(), kind);
        scene.pass(wait);
    }
    scene.greet("e1");
    scene.close(1006);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.says(SocketEvent::Opened);
    scene.close(1006);
    assert_eq!(scene.waiting().2.kind(), None, "a message in between starts the count again");
}

#[test]
fn five_seconds_and_a_message_start_the_backoff_again() {
    let check = |uptime: Duration, expected: u32| {
        let mut scene = Scene::new();
        scene.input(Input::Connect);
        for _ in 0..3 {
            scene.close(1006);
            let (_, wait, _) = scene.waiting();
            scene.pass(wait);
        }
        scene.greet("e1");
        scene.pass(uptime);
        scene.close(1006);
        assert_eq!(scene.waiting().0, expected, "after {uptime:?}");
    };
    check(Duration::from_millis(4_999), 5);
    check(s(5), 2);
}

#[test]
fn a_late_first_message_counts_once_the_socket_was_up_long_enough() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.close(1006);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.says(SocketEvent::Opened);
    scene.pass(s(6));
    scene.message(Signal::Other);
    scene.close(1006);
    assert_eq!(scene.waiting().0, 2);
}

#[test]
fn a_socket_that_never_opens_is_abandoned_without_waiting_for_its_close() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for timeout_ms in [10_000, 15_000, 22_500, 30_000, 30_000] {
        let socket = scene.socket();
        scene.pass(Duration::from_millis(timeout_ms - 1));
        scene.check("connecting");
        scene.pass(Duration::from_millis(1));
        assert_eq!(scene.closed.last(), Some(&(socket, CloseCode::ABANDONED)));
        let (_, wait, cause) = scene.waiting();
        assert_eq!(cause, LossCause::ConnectTimeout(Diagnosis::Unknown));
        scene.pass(wait);
    }
}

#[test]
fn a_socket_that_says_nothing_is_abandoned() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.message(Signal::Unreadable { seq: None });
    scene.check("greeting");
    scene.pass(s(9));
    scene.check("greeting");
    scene.pass(s(1));
    assert_eq!(scene.waiting().2, LossCause::GreetingTimeout);
}

#[test]
fn a_silent_server_is_asked_twice_and_then_abandoned_at_once() {
    let mut scene = Scene::connected();
    let socket = scene.socket();
    scene.pass(s(25));
    assert_eq!(scene.pings, 1);
    scene.check("connected");
    scene.pass(s(10));
    scene.check("suspect");
    assert_eq!(scene.pings, 2);
    scene.pass(s(10));
    assert_eq!(scene.waiting().2, LossCause::Silent);
    assert_eq!(scene.closed, [(socket, CloseCode::ABANDONED)]);
}

#[test]
fn any_message_is_life() {
    let mut scene = Scene::connected();
    for _ in 0..10 {
        scene.pass(s(24));
        scene.message(Signal::Heartbeat { newest: None });
    }
    assert_eq!(scene.pings, 0);
    scene.pass(s(25));
    scene.pass(s(10));
    scene.check("suspect");
    scene.message(Signal::Unreadable { seq: None });
    scene.check("connected");
    scene.pass(s(24));
    assert_eq!(scene.pings, 2);
}

#[test]
fn the_deadline_of_a_ping_follows_the_round_trip() {
    let mut scene = Scene::connected();
    scene.pass(s(25));
    let sent = scene.last_ping;
    scene.pass(s(5));
    scene.message(Signal::Pong { timestamp: Some(sent) });
    assert_eq!(scene.connection.rtt(), Some(s(5)));
    scene.pass(s(25));
    assert_eq!(scene.pings, 2);
    scene.pass(s(19));
    scene.check("connected");
    scene.pass(s(1));
    scene.check("suspect");
}

#[test]
fn a_receive_only_server_is_never_sent_anything() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.message(Signal::Greeting { epoch: None, policy: RECEIVE_ONLY });
    for _ in 0..20 {
        scene.message(Signal::Heartbeat { newest: None });
        scene.pass(s(30));
    }
    assert_eq!(scene.pings, 0);
    scene.check("connected");
}

#[test]
fn a_retired_socket_changes_nothing() {
    let mut scene = Scene::connected();
    let old = scene.socket();
    scene.close(1006);
    let before = scene.connection.state().clone();
    let events = scene.events.len();
    for event in [
        SocketEvent::Opened,
        SocketEvent::Message(Signal::Event {
            seq: Some(1),
            identity: None,
            ends: Some(Outcome::Complete),
        }),
        SocketEvent::Closed(CloseCode(4404)),
    ] {
        scene.input(Input::Socket(old, event));
    }
    assert_eq!(scene.connection.state(), &before);
    assert_eq!(scene.events.len(), events);
}

#[test]
fn an_overloaded_server_is_left_some_more_time() {
    for code in [1013, 4429] {
        let mut scene = Scene::connected();
        scene.close(code);
        assert!(scene.waiting().1 >= s(5), "{code}");
    }
}

#[test]
fn some_codes_are_final_until_somebody_reconnects() {
    let mut scene = Scene::connected();
    scene.close(4404);
    let failure = Failure::Refused(CloseCode::NOT_FOUND);
    assert_eq!(scene.connection.state(), &State::Failed(failure));
    scene.pass(s(3_600));
    assert_eq!(scene.opened.len(), 1);
    scene.input(Input::Reconnect);
    scene.check("connecting");
}

#[test]
fn a_normal_close_without_an_end_is_tried_again() {
    let mut scene = Scene::connected();
    scene.close(1000);
    assert_eq!(scene.waiting().2, LossCause::Closed(CloseCode::NORMAL));
}

#[test]
fn the_end_comes_with_the_event_and_the_socket_goes_a_second_later() {
    let mut scene = Scene::connected();
    let socket = scene.socket();
    scene.message(Signal::Event { seq: Some(1), identity: None, ends: Some(Outcome::Complete) });
    assert_eq!(scene.connection.state(), &State::Ended(Outcome::Complete));
    scene.event(2);
    assert_eq!(scene.count(&Event::Admitted), 2, "what follows the end still counts");
    scene.pass(Duration::from_millis(999));
    assert!(scene.closed.is_empty());
    scene.pass(Duration::from_millis(1));
    assert_eq!(scene.closed, [(socket, CloseCode::NORMAL)]);
    scene.pass(s(3_600));
    assert_eq!((scene.opened.len(), scene.pings), (1, 0));
}

#[test]
fn the_end_is_not_left_for_what_may_be_missing() {
    for signal in [
        Signal::Heartbeat { newest: Some(9) },
        Signal::Event { seq: Some(9), identity: None, ends: None },
        Signal::Gap { from: 2, to: 9 },
    ] {
        let mut scene = Scene::connected();
        scene.message(Signal::Event {
            seq: Some(1),
            identity: None,
            ends: Some(Outcome::Complete),
        });
        scene.message(signal.clone());
        scene.check("ended");
        scene.pass(s(60));
        assert_eq!(scene.opened.len(), 1, "{signal:?}");
    }
}

#[test]
fn a_message_that_cannot_be_read_still_has_its_place() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.message(Signal::Unreadable { seq: Some(2) });
    scene.message(Signal::Unreadable { seq: Some(2) });
    scene.event(3);
    assert_eq!((scene.count(&Event::Admitted), scene.count(&Event::Duplicate)), (3, 1));
    assert_eq!(scene.opened.len(), 1);
}

#[test]
fn an_end_in_the_replay_waits_for_the_replay() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.greet("e1");
    scene.message(Signal::Event { seq: Some(1), identity: None, ends: Some(Outcome::Error) });
    scene.check("ended");
    scene.pass(s(5));
    assert!(scene.closed.is_empty());
    scene.message(Signal::Ready);
    scene.pass(s(1));
    assert_eq!(scene.closed.len(), 1);
    assert_eq!(scene.count(&Event::Ready { resumed: false }), 1);
}

#[test]
fn after_the_end_a_close_of_any_kind_is_the_end() {
    for code in [1000, 1006, 1013, 4404] {
        let mut scene = Scene::connected();
        scene.message(Signal::Event {
            seq: Some(1),
            identity: None,
            ends: Some(Outcome::Cancelled),
        });
        scene.close(code);
        scene.check("ended");
        scene.pass(s(3_600));
        assert_eq!(scene.opened.len(), 1, "{code}");
    }
}

#[test]
fn reconnecting_by_hand_does_not_wait_and_leaves_no_second_attempt_behind() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for _ in 0..6 {
        scene.close(1006);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    scene.close(1006);
    let opened = scene.opened.len();
    scene.input(Input::Reconnect);
    scene.input(Input::Reconnect);
    assert_eq!(scene.opened.len(), opened + 1);
    scene.greet("e1");
    scene.message(Signal::Ready);
    scene.pass(s(20));
    assert_eq!(scene.opened.len(), opened + 1);
}

#[test]
fn disconnecting_ends_every_wait() {
    let mut scene = Scene::connected();
    scene.input(Input::Disconnect);
    scene.check("idle");
    assert_eq!(scene.closed.len(), 1);
    assert_eq!(scene.deadline, None);
    scene.input(Input::Connect);
    scene.close(1006);
    scene.input(Input::Disconnect);
    scene.pass(s(3_600));
    assert_eq!(scene.opened.len(), 2);
    scene.check("idle");
}

#[test]
fn connect_and_disconnect_in_one_turn_leave_one_socket() {
    let mut scene = Scene::new();
    for input in [
        Input::Connect,
        Input::Connect,
        Input::Disconnect,
        Input::Connect,
        Input::Disconnect,
        Input::Connect,
    ] {
        scene.input(input);
    }
    assert_eq!(scene.opened.len() - scene.closed.len(), 1);
    scene.check("connecting");
}

#[test]
fn a_limit_of_attempts_is_kept_where_there_is_one() {
    let mut scene = Scene::with(|config| {
        config.attempts_max(Some(3));
    });
    scene.input(Input::Connect);
    for _ in 0..2 {
        scene.close(1006);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    scene.close(1006);
    let failure = Failure::AttemptsExhausted(LossCause::NeverOpened(Diagnosis::Unknown));
    assert_eq!(scene.connection.state(), &State::Failed(failure));
    scene.input(Input::Reconnect);
    scene.check("connecting");
}

#[test]
fn an_address_that_cannot_be_used_is_said_once_and_never_tried() {
    let endpoint = Endpoint::resolve("file:///x", "file:///x", "/ws", "s");
    let mut connection = Connection::new(Config::default(), endpoint, 1);
    connection.handle_input(Instant::default(), Input::Connect);
    assert!(matches!(connection.poll_output(), Output::Event(Event::StateChanged(_))));
    assert_eq!(connection.poll_output(), Output::Timeout(None));
    assert!(matches!(connection.state(), State::Failed(Failure::Endpoint(_))));
}

#[test]
fn time_never_runs_backwards() {
    let mut scene = Scene::connected();
    scene.pass(s(3_600));
    let state = scene.connection.state().clone();
    scene.now -= s(3_000);
    scene.connection.handle_input(Instant::from_origin(scene.now), Input::Timeout);
    assert_eq!(scene.connection.state(), &state);
}

#[test]
fn a_socket_that_the_page_forbids_is_named_so_whether_that_is_said_before_its_close_or_after() {
    let blocked = LossCause::NeverOpened(Diagnosis::BlockedByPage);
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Blocked);
    scene.says(SocketEvent::Closed(CloseCode::ABNORMAL));
    assert_eq!((scene.waiting().0, scene.waiting().2), (2, blocked));

    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.close(1006);
    assert_eq!(scene.waiting().2, LossCause::NeverOpened(Diagnosis::Unknown));
    assert!(scene.connection.query(FetchId(1)).is_some(), "HTTP is asked why");
    scene.says(SocketEvent::Blocked);
    assert_eq!((scene.waiting().0, scene.waiting().2), (2, blocked));
    assert_eq!(scene.connection.query(FetchId(1)), None, "nobody needs to be asked any more");
    scene.input(Input::Fetched(FetchId(1), Answer::Status(0)));
    assert_eq!(scene.waiting().2, blocked);
    // It changes words, not the schedule.
    scene.pass(s(1));
    scene.check("connecting");

    let mut scene = Scene::with(|config| {
        config.attempts_max(Some(1));
    });
    scene.input(Input::Connect);
    scene.close(1006);
    scene.says(SocketEvent::Blocked);
    let failure = Failure::AttemptsExhausted(blocked);
    assert_eq!(scene.connection.state(), &State::Failed(failure));
}

#[test]
fn a_block_says_nothing_about_a_socket_that_had_opened() {
    let mut scene = Scene::connected();
    scene.says(SocketEvent::Blocked);
    scene.check("connected");
    scene.close(1006);
    scene.says(SocketEvent::Blocked);
    assert_eq!(scene.waiting().2, LossCause::Closed(CloseCode::ABNORMAL));
}

#[test]
fn a_volatile_message_that_was_not_sent_is_refused_and_not_kept_for_later() {
    let mut scene = Scene::connected();
    scene.input(Input::Send(Outgoing {
        id: "m".to_owned(),
        content: Content::Text("typing".to_owned()),
        sent_at: 0,
        is_volatile: true,
    }));
    scene.says(SocketEvent::Unsent);
    let delivery = Delivery::Refused(Refusal::NotConnected);
    assert_eq!(scene.count(&Event::Delivery { id: "m".to_owned(), delivery }), 1);
    assert_eq!(scene.connection.queue_depth(), (0, 0));
}

#[test]
fn a_message_that_may_have_arrived_stays_uncertain_when_sending_it_again_fails() {
    let mut scene = Scene::connected();
    scene.input(Input::Send(Outgoing {
        id: "m".to_owned(),
        content: Content::Text("once".to_owned()),
        sent_at: 0,
        is_volatile: false,
    }));
    scene.close(1006);
    scene.pass(s(1));
    scene.greet("e1");
    scene.says(SocketEvent::Unsent);
    scene.close(1006);
    scene.input(Input::Page(PageEvent::Left));
    scene.pass(s(400));
    let fates: Vec<_> = scene
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Delivery { delivery, .. } => Some(delivery.clone()),
            _ => None,
        })
        .collect();
    let (sent, uncertain) = (Delivery::Sent, Delivery::Uncertain);
    assert_eq!(fates, [Delivery::Queued, sent.clone(), uncertain.clone(), sent, uncertain]);
    assert_eq!(scene.connection.queue_depth(), (0, 0));
}

#[test]
fn a_message_of_unknown_fate_is_queued_until_it_is_too_old_to_be_sent_again() {
    let mut scene = Scene::connected();
    let is_queued = |scene: &Scene| scene.connection.is_queued("m1");
    assert!(!is_queued(&scene));
    scene.input(Input::Send(Outgoing {
        id: "m1".to_owned(),
        content: Content::Text("hello".to_owned()),
        sent_at: 0,
        is_volatile: false,
    }));
    scene.close(1006);
    let fate = |delivery| Event::Delivery { id: "m1".to_owned(), delivery };
    assert_eq!(scene.events.iter().filter(|&it| *it == fate(Delivery::Uncertain)).count(), 1);
    assert!(is_queued(&scene));
    scene.pass(Duration::from_secs(330));
    assert!(!is_queued(&scene));
}
