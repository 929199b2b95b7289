//! How a session ends.

use std::time::Duration;

use super::scene::*;

/// 46.
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

/// 28.
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

/// 46.
#[test]
fn nothing_looks_for_life_after_the_end() {
    for policy in [NATIVE, RECEIVE_ONLY, ON_TRIAL] {
        let mut scene = Scene::connected_to(policy);
        scene.message(Signal::Event { seq: None, identity: None, ends: Some(Outcome::Complete) });
        scene.message(Signal::Heartbeat { newest: None });
        scene.pass(s(3_600));
        scene.check("ended");
        assert_eq!((scene.pings, scene.asked.len(), scene.opened.len()), (0, 0, 1));
        assert_eq!(scene.deadline, None);
    }
}

/// 28.
#[test]
fn an_end_is_final_even_by_hand() {
    let mut scene = Scene::connected();
    scene.message(Signal::Event { seq: Some(1), identity: None, ends: Some(Outcome::Complete) });
    for input in [
        Input::Reconnect,
        Input::Connect,
        Input::Page(PageEvent::Shown),
        Input::Page(PageEvent::Online),
        Input::Page(PageEvent::Left),
        Input::Page(PageEvent::Returned),
    ] {
        scene.input(input);
        scene.check("ended");
    }
    assert_eq!(scene.opened.len(), 1);
}

#[test]
fn an_end_that_was_read_by_http_is_not_undone_by_what_the_socket_says_first() {
    let mut scene = Scene::connected_to(FORGETFUL);
    scene.unnumbered(1);
    scene.close(1006);
    scene.pass(s(1));
    scene.answer(Answer::Events { total: 1, is_active: true });
    scene.says(SocketEvent::Opened);
    scene.pass(s(2));
    let ends = Some(Outcome::Complete);
    scene.input(Input::Merge { identity: Some(Identity { hash: 2, is_dated: true }), ends });
    scene.answer(Answer::Events { total: 2, is_active: false });
    scene.check("ended");
    scene.message(Signal::Greeting { epoch: None, policy: FORGETFUL });
    scene.message(Signal::Ready);
    scene.check("ended");
    scene.pass(s(3_600));
    scene.check("ended");
    assert_eq!(scene.closed.len(), scene.opened.len());
}
