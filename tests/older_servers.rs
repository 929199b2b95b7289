//! Following older servers, which number nothing, forget at times, and tell the rest by HTTP.

mod scene;

use std::ops::RangeInclusive;

use agent_activity::{
    connection::{PageEvent, State},
    dialect::DialectKind,
    session::Input,
};
use scene::{Scene, s};

/// The n-th event of the session.
fn event(number: u32) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!(
        r#"{{"type":"log","message":"m{number}","timestamp":"2026-11-20T12:{minute:02}:{second:02}"}}"#
    )
}

fn events(numbers: RangeInclusive<u32>) -> Vec<String> {
    numbers.map(event).collect()
}

/// The list as the server answers with it: these events of it, and how long it is.
fn list(numbers: RangeInclusive<u32>, total: u32, is_active: bool) -> String {
    answer(&events(numbers), total, is_active)
}

/// The same from its end on.
fn nothing_new(total: u32, is_active: bool) -> String {
    answer(&[], total, is_active)
}

fn answer(events: &[String], total: u32, is_active: bool) -> String {
    let events = events.join(",");
    format!(r#"{{"events":[{events}],"total":{total},"from":0,"session_active":{is_active}}}"#)
}

const READY: &str = r#"{"type":"ready","message":"Stream ready"}"#;

/// The first `count` events have come.
fn followed(count: u32) -> Scene {
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears(READY);
    scene.hears_all(&events(1..=count));
    scene
}

/// The same, and the connection is lost; the next attempt begins.
fn lost(count: u32) -> Scene {
    let mut scene = followed(count);
    lose(&mut scene);
    scene
}

fn lose(scene: &mut Scene) {
    scene.lose(1006);
    scene.wait_until("the next attempt", |scene| scene.state() == "connecting");
}

/// The same, and it is open again; the list had nothing new, and the past has come again.
fn reopened(count: u32) -> Scene {
    let mut scene = lost(count);
    scene.answer(200, &list(1..=count, count, true));
    scene.accept();
    scene.hears_all(&events(1..=count));
    scene.hears(READY);
    scene
}

/// Checks that these events are shown, in this order, and nothing else.
#[track_caller]
fn check(scene: &Scene, numbers: &[u32]) {
    let expected: Vec<String> = numbers.iter().map(|number| format!("log||m{number}")).collect();
    assert_eq!(scene.entries(), expected);
}

#[test]
fn nothing_is_ever_sent_and_nothing_asked_while_all_is_well() {
    let mut scene = followed(3);
    for _ in 0..20 {
        scene.pass(s(30));
        scene.hears(r#"{"type":"heartbeat"}"#);
    }
    assert!(scene.sent.is_empty());
    assert!(scene.fetched.is_empty());
    assert_eq!(scene.state(), "connected");
}

#[test]
fn the_past_that_comes_twice_is_shown_once() {
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears_all(&events(1..=5));
    scene.hears(READY);
    scene.hears_all(&events(1..=6));
    check(&scene, &[1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_was_missed_is_read_before_a_socket_is_opened_again() {
    let mut scene = lost(2);
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    assert_eq!(scene.opened.len(), 1, "to connect may make the server forget");
    scene.answer(200, &list(1..=4, 4, true));
    check(&scene, &[1, 2, 3, 4]);
    assert_eq!(scene.opened.len(), 2);
    scene.accept();
    scene.hears_all(&events(1..=4));
    scene.hears(READY);
    check(&scene, &[1, 2, 3, 4]);
    assert_eq!(scene.rows()[4], "-- reconnected 2", "{:?}", scene.rows());
}

#[test]
fn the_list_is_read_every_two_seconds_until_something_new_comes() {
    let mut scene = reopened(2);
    for round in 1..=5 {
        assert_eq!(scene.asked(), None);
        scene.pass(s(2));
        // With a socket such a server may begin another list.
        let from = if round == 1 { 0 } else { 2 };
        let asked = format!("strategy/events/s?from={from}");
        assert_eq!(scene.asked(), Some(asked.as_str()), "round {round}");
        scene.answer(200, &nothing_new(2, true));
    }
    scene.hears(&event(3));
    scene.answer(200, &list(3..=3, 3, true));
    check(&scene, &[1, 2, 3]);
    let asked = scene.fetched.len();
    scene.pass(s(20));
    scene.hears(&event(4));
    check(&scene, &[1, 2, 3, 4]);
    assert_eq!(scene.fetched.len(), asked);
}

#[test]
fn something_new_waits_for_what_may_have_come_before_it() {
    let mut scene = reopened(2);
    scene.hears(&event(5));
    scene.hears(&event(6));
    check(&scene, &[1, 2]);
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.answer(200, &list(3..=5, 5, true));
    check(&scene, &[1, 2, 3, 4, 5, 6]);
    scene.hears(&event(7));
    check(&scene, &[1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn something_new_in_the_past_that_comes_again_proves_nothing() {
    let mut scene = lost(2);
    scene.answer(200, &list(1..=2, 2, true));
    scene.accept();
    scene.hears_all(&events(1..=2));
    scene.hears(&event(4));
    scene.hears(READY);
    scene.answer(200, &list(3..=4, 4, true));
    check(&scene, &[1, 2, 3, 4]);
    // What happens now may still go to the connection that was lost.
    scene.pass(s(2));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=4"));
    scene.answer(200, &list(5..=5, 5, true));
    check(&scene, &[1, 2, 3, 4, 5]);
    scene.hears(&event(6));
    scene.answer(200, &list(6..=6, 6, true));
    check(&scene, &[1, 2, 3, 4, 5, 6]);
    let asked = scene.fetched.len();
    scene.pass(s(20));
    assert_eq!(scene.fetched.len(), asked);
}

#[test]
fn what_waited_is_shown_though_the_list_lacks_it() {
    let mut scene = lost(2);
    scene.answer(200, &list(1..=2, 2, false));
    scene.answer(404, "");
    scene.accept();
    scene.hears(&event(3));
    scene.hears(&event(4));
    check(&scene, &[1, 2]);
    scene.answer(200, &nothing_new(2, false));
    check(&scene, &[1, 2, 3, 4]);
    assert_eq!(scene.asked(), Some("strategy/result/s"));
    scene.answer(404, "");
    check(&scene, &[1, 2, 3, 4]);
    assert_eq!(scene.asked(), None, "it is not asked again and again");
}

#[test]
fn an_answer_from_before_something_new_is_not_the_one_it_waits_for() {
    let mut scene = reopened(2);
    scene.pass(s(2));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.hears(&event(4));
    scene.answer(200, &nothing_new(2, true));
    check(&scene, &[1, 2]);
    scene.answer(200, &list(3..=4, 4, true));
    check(&scene, &[1, 2, 3, 4]);
}

#[test]
fn what_waits_is_shown_when_the_list_cannot_be_read() {
    for status in [0, 404, 500, 503] {
        let mut scene = reopened(2);
        scene.hears(&event(5));
        check(&scene, &[1, 2]);
        scene.answer(status, "");
        check(&scene, &[1, 2, 5]);
        scene.hears(&event(6));
        check(&scene, &[1, 2, 5, 6]);
    }
    let mut scene = reopened(2);
    scene.hears(&event(5));
    scene.pass(s(6));
    check(&scene, &[1, 2, 5]);
}

#[test]
fn what_waits_is_bounded() {
    let mut scene = reopened(1);
    scene.hears_all(&events(2..=3_000));
    assert!(scene.entries().len() > 1_000, "{}", scene.entries().len());
    scene.answer(200, &list(2..=2, 3_000, true));
    assert!(scene.entries().len() <= 3_000);
    scene.hears_all(&events(3_001..=3_005));
    let entries = scene.entries();
    assert_eq!(entries.len(), 3_005);
    assert_eq!(entries.last().map(String::as_str), Some("log||m3005"));
}

#[test]
fn where_there_is_no_list_there_is_the_socket_alone() {
    // A page for everything is no list either.
    for (status, body) in [(404, ""), (405, "{}"), (200, "<!doctype html>"), (200, "{}")] {
        let mut scene = lost(2);
        scene.answer(status, body);
        assert_eq!(scene.opened.len(), 2, "{status}");
        scene.accept();
        scene.hears_all(&events(1..=3));
        check(&scene, &[1, 2, 3]);
        scene.pass(s(30));
        lose(&mut scene);
        assert_eq!((scene.fetched.len(), scene.opened.len()), (1, 3), "{status}");
    }
}

#[test]
fn a_mute_list_does_not_hold_up_the_socket() {
    for status in [0, 500] {
        let mut scene = lost(2);
        scene.answer(status, "");
        assert_eq!(scene.opened.len(), 2, "{status}");
    }
    let mut scene = lost(2);
    scene.pass(s(5));
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn a_session_that_is_over_is_not_opened_again() {
    let mut scene = lost(2);
    scene.answer(200, &list(1..=3, 3, false));
    check(&scene, &[1, 2, 3]);
    assert_eq!(scene.asked(), Some("strategy/result/s"));
    scene.answer(200, r#"{"status":"error"}"#);
    assert_eq!((scene.state(), scene.run(), scene.opened.len()), ("ended", "error", 1));
    scene.pass(s(3_600));
    assert_eq!(scene.opened.len(), 1);
}

#[test]
fn an_end_in_the_list_is_the_end() {
    let end = r#"{"type":"complete","message":"done","timestamp":"2026-11-20T12:00:09"}"#;
    let mut scene = lost(1);
    let body = format!(
        r#"{{"events":[{},{end},{}],"total":3,"session_active":false}}"#,
        event(1),
        event(2)
    );
    scene.answer(200, &body);
    assert_eq!((scene.state(), scene.run(), scene.opened.len()), ("ended", "complete", 1));
    assert_eq!(scene.entries(), ["log||m1", "complete||done", "log||m2"]);
    scene.pass(s(3_600));
    assert_eq!((scene.opened.len(), scene.fetched.len()), (1, 1));
}

#[test]
fn an_end_that_only_the_result_tells_is_the_end_too() {
    let mut scene = reopened(2);
    scene.pass(s(2));
    scene.answer(200, &list(3..=3, 3, false));
    scene.answer(200, r#"{"generated":"code"}"#);
    assert_eq!((scene.state(), scene.run()), ("ended", "complete"));
    assert!(!scene.has_socket());
    check(&scene, &[1, 2, 3]);
    scene.pass(s(3_600));
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn a_session_that_was_forgotten_is_opened_again_at_once() {
    let mut scene = reopened(2);
    scene.pass(s(2));
    scene.answer(200, &list(3..=3, 3, false));
    scene.answer(404, "");
    check(&scene, &[1, 2, 3]);
    // The socket goes at once, and what the list has is taken once more before the next one.
    assert!(!scene.has_socket());
    assert_eq!(scene.state(), "connecting");
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.answer(200, &list(1..=3, 3, false));
    scene.answer(404, "");
    assert_eq!(scene.opened.len(), 3);
    scene.accept();
    scene.hears(&event(4));
    scene.answer(200, &list(1..=1, 1, true));
    check(&scene, &[1, 2, 3, 4]);
}

#[test]
fn a_session_that_was_not_begun_is_waited_for() {
    let mut scene = Scene::opened(DialectKind::Progress);
    scene.hears(READY);
    lose(&mut scene);
    scene.answer(200, &nothing_new(0, false));
    scene.answer(404, "");
    scene.accept();
    scene.hears(READY);
    for _ in 0..10 {
        scene.pass(s(2));
        scene.answer(200, &nothing_new(0, false));
        scene.answer(404, "");
    }
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn a_list_that_began_anew_is_read_from_its_beginning() {
    let mut scene = reopened(3);
    lose(&mut scene);
    // The server forgot, and what it has since then is gone as soon as a socket is opened.
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.answer(200, &list(4..=4, 1, false));
    check(&scene, &[1, 2, 3, 4]);
}

#[test]
fn reading_goes_on_after_a_silent_server_was_asked_for_life() {
    let mut scene = reopened(2);
    // Polled all along and mute over the socket, and in the end mute altogether.
    for round in 0..60 {
        scene.pass(s(2));
        match scene.asked() {
            Some(_) if round > 30 => scene.answer(0, ""),
            Some(_) => scene.answer(200, &nothing_new(2, true)),
            None => {}
        }
    }
    let asked = scene.fetched.len();
    scene.pass(s(10));
    assert!(scene.fetched.len() > asked, "the polling goes on");
}

#[test]
fn a_page_that_is_looked_at_again_reads_the_list_once() {
    let mut scene = followed(2);
    scene.input(Input::Page(PageEvent::Hidden));
    scene.pass(s(40));
    scene.input(Input::Page(PageEvent::Shown));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.answer(200, &list(1..=3, 3, true));
    check(&scene, &[1, 2, 3]);
    let asked = scene.fetched.len();
    scene.hears(r#"{"type":"heartbeat"}"#);
    scene.pass(s(20));
    assert_eq!(scene.fetched.len(), asked);
}

#[test]
fn a_server_without_a_socket_is_asked_how_the_session_stands() {
    let mut scene = Scene::new(DialectKind::Progress);
    scene.lose(1006);
    assert_eq!(scene.state(), "waiting");
    // Every two seconds, whatever the attempts in between.
    let mut asked = 0;
    for _ in 0..30 {
        if scene.asked() == Some("strategy/status/s") {
            asked += 1;
            scene.answer(200, r#"{"status":"processing","progress":1}"#);
            assert!(!matches!(scene.session.state(), State::Ended(_)));
        }
        scene.pass(s(1));
        if scene.has_socket() {
            scene.lose(1006);
        }
    }
    assert!((12..=40).contains(&asked), "{asked} in half a minute");
    scene.wait_until("a question", |scene| scene.asked() == Some("strategy/status/s"));
    scene.answer(200, r#"{"status":"complete","result":{}}"#);
    assert_eq!((scene.state(), scene.run()), ("ended", "complete"));
    let opened = scene.opened.len();
    scene.pass(s(3_600));
    assert_eq!(scene.opened.len(), opened);
}

#[test]
fn a_status_that_is_no_end_ends_nothing() {
    for (status, body) in [
        (200, r#"{"status":"processing"}"#),
        (200, r#"{"status":"not_found"}"#),
        (200, r#"{"status":7}"#),
        (200, "<html>"),
        (404, r#"{"status":"complete"}"#),
        (0, ""),
    ] {
        let mut scene = Scene::new(DialectKind::Progress);
        scene.lose(1006);
        scene.answer(status, body);
        assert_eq!((scene.state(), scene.run()), ("waiting", "none"), "{status} {body}");
    }
}

#[test]
fn a_retired_request_changes_nothing() {
    let mut scene = lost(2);
    scene.input(Input::Disconnect);
    scene.answer(200, &list(1..=9, 9, true));
    check(&scene, &[1, 2]);
    assert_eq!((scene.state(), scene.opened.len()), ("idle", 1));
}

#[test]
fn a_page_that_is_new_reads_the_list_until_something_new_comes() {
    // The page before it may have left a dead socket behind, which takes the next event with it.
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears_all(&events(1..=2));
    scene.hears(READY);
    assert_eq!(scene.asked(), None, "not at once");
    scene.pass(s(2));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"));
    scene.answer(200, &list(1..=3, 3, true));
    check(&scene, &[1, 2, 3]);
    scene.pass(s(2));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=3"));
    scene.answer(200, &nothing_new(3, true));
    scene.hears(&event(4));
    check(&scene, &[1, 2, 3, 4]);
    scene.pass(s(10));
    assert_eq!(scene.fetched.len(), 2, "the socket is known to work");

    // It was forgotten with that socket: another one may hear of it.
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears(READY);
    scene.pass(s(2));
    scene.answer(200, &list(1..=1, 1, false));
    scene.answer(404, "");
    assert_eq!(scene.opened.len(), 1);
    assert_eq!((scene.state(), scene.asked()), ("connecting", Some("strategy/events/s?from=0")));
}

#[test]
fn a_server_that_has_said_only_ready_is_followed_as_one_that_forgets() {
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears(READY);
    lose(&mut scene);
    assert_eq!(scene.asked(), Some("strategy/events/s?from=0"), "before another socket");
    scene.answer(200, &list(1..=2, 2, true));
    check(&scene, &[1, 2]);
    scene.accept();
    assert!(scene.sent().is_empty());
}

#[test]
fn the_list_of_a_server_that_numbers_is_left_to_its_socket() {
    let numbered = |number: u32| event(number).replacen('{', &format!(r#"{{"seq":{number},"#), 1);
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears(READY);
    lose(&mut scene);
    scene.answer(200, &answer(&[numbered(1)], 1, true));
    check(&scene, &[]);
    scene.accept();
    scene.hears_all(&[numbered(1), numbered(2)]);
    check(&scene, &[1, 2]);
    lose(&mut scene);
    assert_eq!(
        scene.opened.last().map(String::as_str),
        Some("ws://h/ws/strategy/progress/s?after=2")
    );
}

#[test]
fn the_rest_of_a_list_is_not_taken_across_the_loss_of_a_socket() {
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.hears_all(&events(1..=2));
    scene.hears(READY);
    scene.pass(s(2));
    scene.answer(200, &list(1..=2, 2, true));
    scene.pass(s(2));
    assert_eq!(scene.asked(), Some("strategy/events/s?from=2"));
    scene.lose(1006);
    // Another page has opened a socket meanwhile, and the server has begun another list.
    scene.answer(200, &list(5..=5, 3, true));
    check(&scene, &[1, 2]);
    scene.wait_until("the next attempt", |scene| scene.state() == "connecting");
    scene.answer(200, &list(3..=5, 3, true));
    check(&scene, &[1, 2, 3, 4, 5]);
}
