//! How a dead server is found, and how a live one is left alone.

use super::scene::*;

/// 38.
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

/// 37.
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

/// 39.
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
fn time_never_runs_backwards() {
    let mut scene = Scene::connected();
    scene.pass(s(3_600));
    let state = scene.connection.state().clone();
    scene.now -= s(3_000);
    scene.connection.handle_input(Instant::from_origin(scene.now), Input::Timeout);
    assert_eq!(scene.connection.state(), &state);
}

/// 36.
#[test]
fn a_ping_goes_out_after_twenty_five_idle_seconds_and_not_before() {
    let mut scene = Scene::connected();
    scene.pass(ms(24_999));
    assert_eq!(scene.pings, 0);
    scene.pass(ms(1));
    assert_eq!(scene.pings, 1);
    scene.pass(ms(9_999));
    assert_eq!(scene.pings, 1);
    scene.check("connected");
    scene.pass(ms(1));
    assert_eq!(scene.pings, 2);
    scene.turns(s(10), "suspect", "waiting");
}

/// 37.
#[test]
fn a_message_of_any_kind_moves_the_deadline() {
    for signal in [
        Signal::Other,
        Signal::Unreadable { seq: None },
        Signal::Heartbeat { newest: None },
        Signal::Ack { id: "unknown".to_owned() },
        Signal::Event { seq: None, identity: None, ends: None },
        Signal::Pong { timestamp: None },
    ] {
        let mut scene = Scene::connected();
        scene.pass(s(44));
        scene.check("suspect");
        scene.message(signal.clone());
        scene.check("connected");
        scene.pass(ms(44_999));
        scene.check("suspect");
        scene.pass(ms(1));
        scene.check("waiting");
    }
}

/// 38, 39.
#[test]
fn a_dead_socket_is_given_up_in_one_turn_and_for_ever() {
    let mut scene = Scene::connected();
    let dead = scene.socket();
    scene.pass(ms(44_999));
    let told = scene.events.len();
    scene.pass(ms(1));
    let [Event::StateChanged(State::Waiting { .. })] = &scene.events[told..] else {
        panic!("one change, told at once: {:?}", &scene.events[told..]);
    };
    assert_eq!(scene.closed, [(dead, CloseCode(4000))]);
    scene.pass(s(1));
    scene.check("connecting");
    for event in [
        SocketEvent::Opened,
        SocketEvent::Message(Signal::Ready),
        SocketEvent::Buffered(0),
        SocketEvent::Unsent,
        SocketEvent::Closed(CloseCode(4403)),
    ] {
        let (events, deadline) = (scene.events.len(), scene.deadline);
        scene.input(Input::Socket(dead, event));
        assert_eq!((scene.events.len(), scene.deadline), (events, deadline));
    }
}

/// 40.
#[test]
fn a_new_connection_is_not_blamed_for_the_silence_before_it() {
    let mut scene = Scene::connected();
    scene.pass(s(45));
    for _ in 0..8 {
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
    }
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    let pings = scene.pings;
    scene.greet("e1");
    scene.pass(ms(24_999));
    scene.check("connected");
    assert_eq!(scene.pings, pings);
    scene.pass(ms(1));
    assert_eq!(scene.pings, pings + 1);
}

/// 41.
#[test]
fn reconnecting_leaves_one_ping_timer() {
    let mut scene = Scene::connected();
    for _ in 0..10 {
        scene.close(1012);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.greet("e1");
    }
    scene.pass(s(25));
    assert_eq!(scene.pings, 1);
    scene.message(Signal::Pong { timestamp: None });
    scene.pass(s(25));
    assert_eq!(scene.pings, 2);
}

/// 44.
#[test]
fn nothing_is_ever_sent_to_a_server_that_does_not_read() {
    for policy in [RECEIVE_ONLY, FORGETFUL] {
        let mut scene = Scene::connected_to(policy);
        for round in 0..20 {
            scene.send(&round.to_string());
            scene.input(Input::Request(RequestId(round)));
            for event in
                [PageEvent::Hidden, PageEvent::Shown, PageEvent::Offline, PageEvent::Online]
            {
                scene.page(event);
            }
            scene.pass(s(30));
            scene.message(Signal::Heartbeat { newest: None });
        }
        scene.check("connected");
        assert_eq!((scene.pings, scene.messages.len(), scene.requests.len()), (0, 0, 0));
    }
}

/// 47.
#[test]
fn pings_are_no_messages() {
    let mut scene = Scene::connected();
    scene.pass(s(45));
    assert_eq!((scene.pings, scene.connection.queue().messages), (2, 0));
    scene.pass(s(1));
    scene.greet("e1");
    assert_eq!((scene.pings, scene.messages.len()), (2, 0), "none is made up for afterwards");
}

/// 48.
#[test]
fn a_wall_clock_set_back_by_an_hour_moves_no_deadline() {
    let mut clock = agent_activity::time::SleepProofClock::default();
    let mut scene = Scene::connected();
    let begun = scene.now;
    let mut at = |scene: &mut Scene, second: u64| {
        let wall = if second < 5 { 7_200 + second } else { 3_600 + second };
        scene.now = begun + clock.advance(s(second), s(wall)).since_origin();
        scene.input(Input::Timeout);
    };
    for second in 0..45 {
        at(&mut scene, second);
    }
    scene.check("suspect");
    at(&mut scene, 45);
    scene.check("waiting");
}

#[test]
fn a_silent_server_that_cannot_be_pinged_is_asked_by_http() {
    let mut scene = Scene::connected_to(RECEIVE_ONLY);
    scene.turns(s(75), "connected", "suspect");
    assert_eq!(scene.queries(), [Query::Session]);
    assert_eq!(scene.asked[0].url, "http://h/api/sessions/s");
    scene.pass(s(2));
    scene.answer(Answer::Status(200));
    scene.turns(s(5), "suspect", "waiting");
    assert_eq!(scene.waiting().2, LossCause::Silent);
}

#[test]
fn a_server_that_is_mute_everywhere_is_never_abandoned() {
    for status in [0, 502, 504] {
        let mut scene = Scene::connected_to(RECEIVE_ONLY);
        scene.pass(s(75));
        for round in 1..20 {
            assert_eq!(scene.asked.len(), round, "once in thirty seconds");
            scene.pass(s(4));
            scene.answer(Answer::Status(status));
            scene.pass(ms(25_999));
            assert_eq!(scene.asked.len(), round);
            scene.pass(ms(1));
        }
        scene.check("suspect");
        scene.event(1);
        scene.check("connected");
        assert_eq!(scene.closed, []);
    }
}

#[test]
fn an_http_question_is_given_five_seconds() {
    let mut scene = Scene::connected_to(RECEIVE_ONLY);
    scene.pass(s(75));
    let asked = scene.asked[0].id;
    scene.pass(ms(4_999));
    assert_eq!(scene.connection.query(asked), Some(Query::Session));
    scene.pass(ms(1));
    assert_eq!(scene.connection.query(asked), None);
    scene.input(Input::Fetched(asked, Answer::Status(200)));
    scene.pass(s(20));
    scene.check("suspect");
}

#[test]
fn any_message_saves_a_socket_that_is_in_doubt() {
    let mut answered = Scene::connected_to(RECEIVE_ONLY);
    answered.pass(s(76));
    answered.answer(Answer::Status(404));
    answered.pass(ms(4_999));
    answered.message(Signal::Heartbeat { newest: None });

    let mut unanswered = Scene::connected_to(RECEIVE_ONLY);
    unanswered.pass(s(76));
    unanswered.message(Signal::Heartbeat { newest: None });
    unanswered.answer(Answer::Status(200));

    for mut scene in [answered, unanswered] {
        scene.check("connected");
        scene.pass(s(74));
        scene.check("connected");
        assert_eq!(scene.closed, []);
    }
}

#[test]
fn unanswered_pings_count_only_once_one_was_answered() {
    let mut scene = Scene::connected_to(ON_TRIAL);
    scene.pass(s(25));
    assert_eq!(scene.pings, 1);
    scene.pass(s(600));
    scene.check("connected");
    assert_eq!(scene.queries(), [], "its silence says nothing");

    scene.message(Signal::Pong { timestamp: None });
    scene.check("connected");
    scene.pass(s(35));
    scene.check("suspect");
    scene.turns(s(10), "suspect", "waiting");
    scene.pass(s(1));
    scene.greet_as(ON_TRIAL);
    scene.turns(s(45), "suspect", "waiting");
}

/// 36.
#[test]
fn where_messages_flow_nothing_is_asked() {
    let mut scene = Scene::connected();
    for seq in 1..200 {
        scene.pass(s(20));
        scene.event(seq);
    }
    assert_eq!((scene.pings, scene.asked.len()), (0, 0));
    assert_eq!(scene.states(), ["connecting", "greeting", "connected"]);
}

#[test]
fn a_server_that_introduces_itself_anew_is_treated_as_it_says_last() {
    let mut scene = Scene::connected();
    scene.message(Signal::Greeting { epoch: None, policy: RECEIVE_ONLY });
    scene.turns(s(75), "connected", "suspect");
    assert_eq!(scene.pings, 0);
}

#[test]
fn a_pong_that_nobody_asked_for_does_not_end_the_watch() {
    for timestamp in [None, Some(0), Some(u64::MAX)] {
        let mut scene = Scene::connected_to(RECEIVE_ONLY);
        scene.message(Signal::Pong { timestamp });
        scene.turns(s(75), "connected", "suspect");
    }
}

#[test]
fn a_pong_with_a_time_that_no_ping_had_says_nothing_about_the_round_trip() {
    let mut scene = Scene::connected();
    scene.now += s(3_600);
    for timestamp in [0, 1, 1_000, 3_600_000, u64::MAX] {
        scene.message(Signal::Pong { timestamp: Some(timestamp) });
    }
    assert_eq!(scene.connection.rtt(), None);
    scene.pass(s(25));
    let asked = scene.last_ping;
    scene.message(Signal::Pong { timestamp: Some(asked - 1) });
    assert_eq!(scene.connection.rtt(), None);
    scene.turns(s(45), "suspect", "waiting");
}

#[test]
fn a_pong_may_answer_the_ping_before_the_last() {
    let mut scene = Scene::connected();
    scene.pass(s(25));
    let first = scene.last_ping;
    scene.pass(s(12));
    scene.check("suspect");
    scene.message(Signal::Pong { timestamp: Some(first) });
    assert_eq!(scene.connection.rtt(), Some(s(12)));
}
