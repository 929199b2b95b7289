//! Going on with a server that numbers nothing, and may have forgotten the session.

use super::scene::*;

const ACTIVE: bool = true;

fn list(scene: &mut Scene, hashes: &[u128], total: u64, is_active: bool) {
    for &hash in hashes {
        let identity = Some(Identity { hash, is_dated: true });
        scene.input(Input::Merge { identity, ends: None });
    }
    scene.answer(Answer::Events { total, is_active });
}

/// Lost after two events, and about to attempt again.
fn lost() -> Scene {
    let mut scene = Scene::connected_to(FORGETFUL);
    scene.unnumbered(1);
    scene.unnumbered(2);
    scene.close(1006);
    scene.pass(s(1));
    scene.check("connecting");
    scene
}

/// Connected again after that, the list read once.
fn back() -> Scene {
    let mut scene = lost();
    list(&mut scene, &[1, 2], 2, ACTIVE);
    scene.greet_as(FORGETFUL);
    scene
}

/// 73.
#[test]
fn a_replay_of_everything_shows_nothing_twice() {
    let mut scene = back();
    for hash in [1, 2, 1, 2] {
        scene.unnumbered(hash);
    }
    scene.message(Signal::Ready);
    assert_eq!(scene.count(&Event::Admitted), 2);
    assert_eq!(scene.count(&Event::Ready { resumed: true }), 1);
    scene.check("connected");
}

/// 73.
#[test]
fn what_was_missed_is_read_before_a_socket_is_opened() {
    let mut scene = lost();
    assert_eq!((scene.queries(), scene.opened.len()), (vec![Query::Events { from: 0 }], 1));
    assert_eq!(scene.asked[0].url, "http://h/api/strategy/events/s?from=0");
    list(&mut scene, &[1, 2, 3], 3, ACTIVE);
    assert_eq!((scene.count(&Event::Admitted), scene.opened.len()), (3, 2));
}

#[test]
fn a_list_that_cannot_be_read_does_not_hold_the_attempt_up() {
    for status in [0, 404, 500] {
        let mut scene = lost();
        scene.answer(Answer::Status(status));
        assert_eq!(scene.opened.len(), 2, "{status}");
    }
    let mut scene = lost();
    scene.pass(s(5));
    assert_eq!(scene.opened.len(), 2, "a list that does not come is not waited for");
}

#[test]
fn where_there_is_no_list_there_is_the_socket_alone() {
    let mut scene = lost();
    scene.answer(Answer::Status(404));
    scene.greet_as(FORGETFUL);
    scene.unnumbered(3);
    scene.pass(s(20));
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!((scene.asked.len(), scene.opened.len()), (1, 3));
    assert_eq!(scene.count(&Event::Admitted), 3);
}

#[test]
fn the_list_is_read_every_two_seconds_until_the_socket_brings_something_new() {
    let mut scene = back();
    scene.unnumbered(1);
    scene.message(Signal::Ready);
    for round in 1..10 {
        scene.pass(ms(1_999));
        assert_eq!(scene.asked.len(), round);
        scene.pass(ms(1));
        assert_eq!(scene.asked.len(), round + 1);
        // With a socket such a server may begin another list.
        let from = if round == 1 { 0 } else { 2 };
        assert_eq!(scene.asked[round].query, Query::Events { from });
        list(&mut scene, &[], 2, ACTIVE);
    }
    let asked = scene.asked.len();
    scene.unnumbered(3);
    assert_eq!(scene.count(&Event::Held), 1);
    assert_eq!(scene.asked.len(), asked + 1, "what came before it is read first");
    list(&mut scene, &[3], 3, ACTIVE);
    assert_eq!(scene.count(&Event::Released), 1);
    scene.unnumbered(3);
    scene.unnumbered(4);
    assert_eq!((scene.count(&Event::Admitted), scene.count(&Event::Held)), (4, 1));
    scene.pass(s(20));
    assert_eq!(scene.asked.len(), asked + 1);
}

#[test]
fn what_is_held_is_put_behind_what_was_missed() {
    let mut scene = back();
    scene.message(Signal::Ready);
    scene.unnumbered(4);
    assert_eq!(scene.count(&Event::Admitted), 2);
    list(&mut scene, &[3], 3, ACTIVE);
    assert_eq!(scene.events.last(), Some(&Event::Released));
    scene.unnumbered(4);
    assert_eq!(scene.count(&Event::Admitted), 4);
}

#[test]
fn a_thousand_new_events_wait_for_the_list_and_no_more() {
    let mut scene = back();
    scene.message(Signal::Ready);
    for hash in 0..999 {
        scene.unnumbered(100 + hash);
    }
    assert_eq!((scene.count(&Event::Held), scene.count(&Event::Released)), (999, 0));
    scene.unnumbered(99);
    assert_eq!((scene.count(&Event::Held), scene.count(&Event::Released)), (1_000, 1));
    scene.unnumbered(98);
    assert_eq!(scene.events.last(), Some(&Event::Admitted));
}

#[test]
fn a_server_that_forgot_the_session_is_asked_how_it_ended() {
    let mut scene = lost();
    list(&mut scene, &[3], 3, !ACTIVE);
    assert_eq!(scene.asked[1].query, Query::Result);
    assert_eq!(scene.asked[1].url, "http://h/api/strategy/result/s");
    scene.answer(Answer::Outcome(Some(Outcome::Complete)));
    scene.check("ended");
    assert_eq!(scene.count(&Event::EndedUnsaid(Outcome::Complete)), 1);
    assert_eq!((scene.opened.len(), scene.deadline), (1, None));
}

#[test]
fn a_session_that_is_forgotten_while_the_socket_is_open_is_asked_for_on_another() {
    let mut scene = back();
    scene.pass(s(2));
    list(&mut scene, &[3], 3, !ACTIVE);
    scene.answer(Answer::Status(404));
    assert_eq!(scene.closed.last(), Some(&(SocketId(2), CloseCode(4000))));
    list(&mut scene, &[], 0, ACTIVE);
    assert_eq!(scene.opened.len(), 3);
    assert_eq!(scene.count(&Event::Admitted), 3);
}

#[test]
fn reopening_for_a_forgotten_session_is_rationed() {
    let mut scene = lost();
    for _ in 0..60 {
        list(&mut scene, &[], 2, ACTIVE);
        scene.greet_as(FORGETFUL);
        scene.pass(s(2));
        list(&mut scene, &[], 2, !ACTIVE);
        scene.answer(Answer::Status(404));
        if scene.connection.state().name() == "connected" {
            break;
        }
    }
    scene.check("connected");
    assert_eq!(scene.opened.len(), 2 + 5);
}

#[test]
fn an_older_server_without_a_socket_is_asked_how_the_session_stands() {
    let mut scene = Scene::with(|config| {
        config.policy(Some(FORGETFUL));
    });
    scene.input(Input::Connect);
    scene.close(1006);
    assert_eq!(scene.asked[0].url, "http://h/api/strategy/status/s");
    while scene.waiting().1 < s(5) {
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
    }
    scene.answer(Answer::Outcome(None));
    let asked = scene.asked.len();
    scene.pass(ms(1_999));
    assert_eq!(scene.asked.len(), asked);
    scene.pass(ms(1));
    assert_eq!(scene.queries()[asked..], [Query::Status]);
    scene.answer(Answer::Outcome(Some(Outcome::Error)));
    assert_eq!(scene.connection.state(), &State::Ended(Outcome::Error));
    assert_eq!(scene.deadline, None);
}

/// 75. By what an event is known is for the dialect to say: see `tests/session.rs`.
#[test]
fn a_hundred_thousand_contents_are_remembered() {
    let mut scene = Scene::connected_to(FORGETFUL);
    for hash in 0..=100_000 {
        scene.unnumbered(hash);
    }
    scene.unnumbered(1);
    assert_eq!(scene.events.last(), Some(&Event::Duplicate));
    scene.unnumbered(0);
    assert_eq!(scene.events.last(), Some(&Event::Admitted), "the first is forgotten");
}

#[test]
fn the_reading_goes_on_after_another_question_was_in_its_way() {
    let mut scene = back();
    for _ in 0..37 {
        scene.pass(s(2));
        list(&mut scene, &[], 2, ACTIVE);
    }
    scene.pass(s(1));
    scene.check("suspect");
    assert_eq!(scene.queries().last(), Some(&Query::Session));
    scene.pass(s(1));
    scene.answer(Answer::Status(0));
    scene.pass(s(2));
    assert_eq!(scene.queries().last(), Some(&Query::Events { from: 2 }));
}

#[test]
fn an_event_that_came_while_the_result_was_asked_for_is_shown_before_the_end() {
    let mut scene = back();
    scene.pass(s(2));
    list(&mut scene, &[], 2, !ACTIVE);
    assert_eq!(scene.asked.last().map(|asked| asked.query), Some(Query::Result));
    scene.unnumbered(3);
    assert_eq!(scene.count(&Event::Held), 1);
    scene.answer(Answer::Outcome(Some(Outcome::Complete)));
    assert_eq!(scene.count(&Event::Released), 1);
    scene.check("connected");
    scene.unnumbered(3);
    assert_eq!(scene.count(&Event::Admitted), 3);
    scene.pass(s(2));
    list(&mut scene, &[], 3, !ACTIVE);
    scene.answer(Answer::Outcome(Some(Outcome::Complete)));
    scene.check("ended");
}

#[test]
fn a_list_that_has_become_shorter_is_read_from_its_beginning() {
    let mut scene = back();
    for (total, from) in [(7, 0), (7, 7), (3, 7), (3, 0), (4, 3)] {
        scene.pass(s(2));
        assert_eq!(scene.queries().last(), Some(&Query::Events { from }));
        list(&mut scene, &[], total, ACTIVE);
    }
}

#[test]
fn a_list_that_is_answered_tells_of_a_silent_server_what_a_question_would() {
    let mut scene = back();
    for _ in 0..37 {
        scene.pass(s(2));
        list(&mut scene, &[], 2, ACTIVE);
    }
    // The next list is on its way when the silence has lasted too long.
    scene.page(PageEvent::Shown);
    assert_eq!(scene.queries().last(), Some(&Query::Events { from: 2 }));
    scene.pass(s(1));
    scene.check("suspect");
    list(&mut scene, &[], 2, ACTIVE);
    for _ in 0..2 {
        scene.pass(s(2));
        list(&mut scene, &[], 2, ACTIVE);
    }
    scene.turns(s(1), "suspect", "waiting");
    assert!(!scene.queries().contains(&Query::Session));
}
