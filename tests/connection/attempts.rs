//! How attempts come, go and wait for each other.

use std::time::Duration;

use super::scene::*;

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

/// 16.
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

/// 20.
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

/// 13.
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

/// 21.
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

/// 22.
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

/// 25, 26.
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

/// 23.
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

/// 15.
#[test]
fn the_timeout_of_an_attempt_that_failed_at_once_never_comes() {
    let mut scene = Scene::failed(1);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.pass(ms(9_999));
    scene.check("connecting");
    assert_eq!(scene.opened.len(), 2, "the timeout is that of the second attempt alone");
    scene.pass(ms(1));
    assert_eq!(scene.waiting().0, 3);
}

/// 14. What the browser makes of it is in `tests/web`.
#[test]
fn a_socket_abandoned_while_it_opens_is_closed_with_a_code_of_ours_and_heard_no_more() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    let socket = scene.socket();
    scene.pass(s(10));
    assert_eq!(scene.closed, [(socket, CloseCode(4000))]);
    let before = scene.connection.state().clone();
    scene.input(Input::Socket(socket, SocketEvent::Opened));
    scene.input(Input::Socket(socket, SocketEvent::Closed(CloseCode::ABNORMAL)));
    assert_eq!(scene.connection.state(), &before);
}

/// 34.
#[test]
fn one_failure_told_twice_counts_once() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    let socket = scene.socket();
    for _ in 0..2 {
        scene.input(Input::Socket(socket, SocketEvent::Closed(CloseCode::ABNORMAL)));
    }
    let (attempt, wait, _) = scene.waiting();
    assert_eq!(attempt, 2);
    scene.pass(wait);
    assert_eq!(scene.opened.len(), 2);
    assert_eq!(scene.states(), ["connecting", "waiting", "connecting"]);
}

/// The waits after so many failures in a row, over many clients, sorted, in milliseconds.
fn waits(failures: u32, clients: u64) -> Vec<u128> {
    let wait_of = |seed| {
        let mut scene = Scene::seeded(seed, |_| {});
        scene.input(Input::Connect);
        for _ in 1..failures {
            scene.close(1006);
            let (_, wait, _) = scene.waiting();
            scene.pass(wait);
        }
        scene.close(1006);
        scene.waiting().1.as_millis()
    };
    let mut waits: Vec<u128> = (0..clients).map(wait_of).collect();
    waits.sort_unstable();
    waits
}

/// 16.
#[test]
fn the_windows_double_from_half_a_second_to_thirty() {
    for (failures, window) in
        [(1, 500), (2, 1_000), (3, 2_000), (6, 16_000), (7, 30_000), (8, 30_000), (40, 30_000)]
    {
        let waits = waits(failures, 300);
        let (first, last) = (waits[0], waits[waits.len() - 1]);
        assert!((250..250 + window / 30).contains(&first), "{failures}: {first}");
        assert!((250 + window * 29 / 30..=250 + window).contains(&last), "{failures}: {last}");
    }
}

/// 17.
#[test]
fn clients_dropped_together_do_not_come_back_together() {
    let first = waits(1, 1_000);
    for bucket in 0..10 {
        let inside = first.iter().filter(|&&wait| wait / 100 == bucket).count();
        assert!(inside <= 250, "{inside} of 1000 within the 100 ms from {}", bucket * 100);
    }
    let capped = waits(12, 1_000);
    assert!(capped[900] - capped[100] >= 15_000, "the jitter is not clamped away at the cap");
}

/// 18. There is no limit by default.
#[test]
fn the_thousandth_attempt_is_still_made() {
    let scene = Scene::failed(1_000);
    let (attempt, wait, _) = scene.waiting();
    assert_eq!((attempt, scene.opened.len()), (1_001, 1_000));
    assert!(wait <= ms(30_250));
}

/// 20.
#[test]
fn five_seconds_without_a_message_prove_nothing() {
    let mut scene = Scene::failed(3);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.says(SocketEvent::Opened);
    scene.pass(s(9));
    scene.close(1006);
    assert_eq!(scene.waiting().0, 5);
}

/// 21.
#[test]
fn a_greeting_is_waited_for_ten_seconds() {
    let mut scene = Scene::failed(4);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.says(SocketEvent::Opened);
    scene.turns(s(10), "greeting", "waiting");
    let (attempt, _, cause) = scene.waiting();
    assert_eq!((attempt, cause), (6, LossCause::GreetingTimeout));
}

/// 21.
#[test]
fn a_server_that_does_not_speak_first_is_asked_and_then_believed() {
    let quiet = Policy { greets: false, ..ON_TRIAL };
    let mut scene = Scene::with(|config| {
        config.policy(Some(quiet));
    });
    scene.input(Input::Connect);
    scene.send("m");
    scene.says(SocketEvent::Opened);
    assert_eq!(scene.pings, 1);
    scene.turns(s(10), "greeting", "connected");
    assert_eq!(scene.sent(), ["m"]);
    assert_eq!((scene.opened.len(), scene.closed.len()), (1, 0));
}

/// 22.
#[test]
fn reconnecting_by_hand_ends_a_wait_of_half_a_minute() {
    let mut scene = Scene::failed(12);
    while scene.waiting().1 < s(20) {
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
    }
    let (_, wait, _) = scene.waiting();
    let opened = scene.opened.len();
    scene.input(Input::Reconnect);
    assert_eq!(scene.opened.len(), opened + 1);
    scene.greet("e1");
    scene.message(Signal::Ready);
    scene.pass(wait);
    assert_eq!(scene.opened.len(), opened + 1, "the old wait opens nothing");
}

/// 23.
#[test]
fn a_connection_that_gave_up_starts_over_by_hand() {
    let mut scene = Scene::with(|config| {
        config.attempts_max(Some(2));
    });
    scene.input(Input::Connect);
    for _ in 0..2 {
        scene.close(1006);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
        scene.check("failed");
        scene.pass(s(3_600));
        scene.input(Input::Reconnect);
        assert_eq!(scene.connection.state(), &State::Connecting { attempt: 1 });
    }
    scene.greet("e1");
    scene.check("connected");
}

/// 24.
#[test]
fn disconnecting_while_it_waits_is_told_once_and_is_the_end_of_it() {
    let mut scene = Scene::failed(3);
    let told = scene.events.len();
    scene.input(Input::Disconnect);
    scene.input(Input::Disconnect);
    assert_eq!(scene.events[told..], [Event::StateChanged(State::Idle)]);
    assert_eq!(scene.deadline, None);
    scene.pass(s(3_600));
    assert_eq!((scene.opened.len(), scene.events.len()), (3, told + 1));
}

/// 25.
#[test]
fn what_is_opened_and_closed_in_one_turn_leaves_the_last_socket() {
    let mut scene = Scene::connected();
    for input in [Input::Disconnect, Input::Connect, Input::Disconnect, Input::Connect] {
        scene.input(input);
    }
    assert_eq!(scene.opened.len() - scene.closed.len(), 1);
    assert_eq!(scene.connection.socket(), Some(scene.socket()));
    scene.greet("e1");
    scene.check("connected");
}

/// 26.
#[test]
fn connecting_twice_opens_one_socket() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.input(Input::Connect);
    scene.greet("e1");
    scene.input(Input::Connect);
    scene.pass(s(5));
    assert_eq!((scene.opened.len(), scene.closed.len()), (1, 0));
}

#[test]
fn a_server_that_must_not_be_spoken_to_is_not_asked_whether_it_is_there() {
    let mute = Policy { greets: false, ..RECEIVE_ONLY };
    let mut scene = Scene::with(|config| {
        config.policy(Some(mute));
    });
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.turns(s(10), "greeting", "connected");
    assert_eq!(scene.pings, 0);
}

/// 13.
#[test]
fn a_socket_that_opens_starts_the_timeouts_again() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for _ in 0..2 {
        while scene.connection.state().name() == "connecting" {
            scene.pass(ms(500));
        }
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    scene.says(SocketEvent::Opened);
    scene.close(1006);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.turns(s(10), "connecting", "waiting");
}
