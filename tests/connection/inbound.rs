//! What is received: once, in order, and with every gap known.

use super::scene::*;

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

/// 78.
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

/// 76.
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

/// 76.
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

/// 77.
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
fn a_message_that_cannot_be_read_still_has_its_place() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.message(Signal::Unreadable { seq: Some(2) });
    scene.message(Signal::Unreadable { seq: Some(2) });
    scene.event(3);
    assert_eq!((scene.count(&Event::Admitted), scene.count(&Event::Duplicate)), (3, 1));
    assert_eq!(scene.opened.len(), 1);
}

/// 76.
#[test]
fn what_follows_a_hole_is_not_shown_before_the_hole_is_closed() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(3);
    assert_eq!((scene.count(&Event::Admitted), scene.states().last()), (1, Some(&"connecting")));
    scene.greet("e1");
    for seq in [2, 3, 4] {
        scene.event(seq);
        assert_eq!(scene.events.last(), Some(&Event::Admitted), "{seq}");
    }
    assert_eq!(scene.count(&Event::Duplicate), 0);
}

/// 76.
#[test]
fn holes_reopen_again_after_a_minute() {
    let mut scene = Scene::connected();
    let mut seq = 0;
    let mut hole = |scene: &mut Scene| {
        seq += 2;
        let opened = scene.opened.len();
        scene.event(seq);
        let reopened = scene.opened.len() > opened;
        if reopened {
            scene.greet("e1");
            scene.event(seq);
        }
        reopened
    };
    for _ in 0..5 {
        assert!(hole(&mut scene));
    }
    scene.pass(ms(20_000));
    scene.message(Signal::Heartbeat { newest: None });
    scene.pass(ms(20_000));
    scene.message(Signal::Heartbeat { newest: None });
    scene.pass(ms(19_999));
    assert!(!hole(&mut scene));
    scene.pass(ms(1));
    assert!(hole(&mut scene));
}

/// 77.
#[test]
fn an_old_position_is_never_asked_for_in_a_new_epoch() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(2);
    scene.message(Signal::Greeting { epoch: Some("e2".to_owned()), policy: NATIVE });
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e2&after=0");
}

/// 78.
#[test]
fn a_socket_that_opened_and_told_nothing_leaves_nothing_to_resume() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s");
    scene.greet("e1");
    scene.message(Signal::Ready);
    assert_eq!(scene.count(&Event::Ready { resumed: false }), 1);
}

/// 80.
#[test]
fn what_cannot_be_read_is_shown_and_disturbs_nothing() {
    let mut scene = Scene::connected();
    scene.event(1);
    for _ in 0..100 {
        scene.message(Signal::Unreadable { seq: None });
    }
    scene.event(2);
    assert_eq!((scene.count(&Event::Admitted), scene.opened.len()), (102, 1));
    scene.check("connected");
}

/// 77.
#[test]
fn an_epoch_that_is_named_late_starts_the_count_again_too() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.greet_as(RECEIVE_ONLY);
    scene.event(1);
    scene.event(2);
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?after=2");
    scene.greet("e1");
    assert_eq!(scene.count(&Event::EpochChanged), 1, "whose events these were nobody knows");
    scene.event(1);
    assert_eq!(scene.count(&Event::Admitted), 3);
}

/// 77.
#[test]
fn a_hole_in_a_new_epoch_is_another_hole() {
    let mut scene = Scene::connected();
    scene.event(5);
    scene.greet("e2");
    scene.event(5);
    assert_eq!(scene.opened.len(), 3, "that the old one could not be closed says nothing");
    scene.greet("e2");
    scene.event(5);
    assert_eq!((scene.opened.len(), scene.count(&Event::Missing { from: 1, to: 4 })), (3, 1));
}
