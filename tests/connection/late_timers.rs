//! A page that slept, or was held up, does not take its own sleep for somebody else's silence.

use super::scene::*;

fn lateness(scene: &Scene) -> usize {
    scene.events.iter().filter(|event| matches!(event, Event::WasLate { .. })).count()
}

/// Each deadline: how to come to where it is armed, how long it then takes, and the state that it
/// leads to.
const DEADLINES: [(&str, Place, u64, &str); 4] = [
    ("connect", connecting, 10_000, "waiting"),
    ("greeting", greeting, 10_000, "waiting"),
    ("silence", receiving, 75_000, "suspect"),
    ("mute", doubted, 5_000, "waiting"),
];

fn connecting() -> Scene {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene
}

fn greeting() -> Scene {
    let mut scene = connecting();
    scene.says(SocketEvent::Opened);
    scene
}

fn receiving() -> Scene {
    Scene::connected_to(RECEIVE_ONLY)
}

fn doubted() -> Scene {
    let mut scene = receiving();
    scene.pass(s(75));
    scene.answer(Answer::Status(200));
    scene
}

/// A ping is out.
fn pinged() -> Scene {
    let mut scene = Scene::connected();
    scene.pass(s(25));
    scene
}

#[test]
fn a_deadline_that_is_noticed_later_is_given_one_second() {
    for (name, prepare, due, to) in DEADLINES {
        let mut scene = prepare();
        let from = scene.connection.state().name();
        scene.sleep(ms(due + 1_001));
        assert_eq!(lateness(&scene), 1, "{name}");
        assert_eq!(scene.events.last(), Some(&Event::WasLate { by: ms(1_001) }));
        scene.turns(s(1), from, to);
        assert_eq!(lateness(&scene), 1, "{name}");
    }
}

#[test]
fn a_deadline_that_is_late_twice_is_acted_upon() {
    for (name, prepare, due, to) in DEADLINES {
        let mut scene = prepare();
        scene.sleep(ms(due + 60_000));
        scene.sleep(s(60));
        assert_eq!(scene.connection.state().name(), to, "{name}");
    }
}

#[test]
fn what_came_during_the_sleep_counts_before_the_deadline() {
    let mut scene = greeting();
    scene.now += s(3_600);
    scene.message(Signal::Greeting { epoch: None, policy: NATIVE });
    scene.check("connected");

    let mut scene = pinged();
    scene.now += s(3_600);
    scene.event(1);
    scene.check("connected");
    assert_eq!(lateness(&scene), 0);
}

#[test]
fn what_comes_within_the_grace_saves_the_socket() {
    let mut scene = pinged();
    scene.sleep(s(3_600));
    scene.pass(ms(999));
    scene.event(1);
    scene.pass(s(24));
    scene.check("connected");
    assert_eq!((scene.pings, scene.closed.len()), (1, 0));
}

#[test]
fn a_ping_that_was_slept_through_is_followed_by_one_probe() {
    let mut scene = pinged();
    scene.sleep(s(3_600));
    assert_eq!(scene.pings, 1);
    scene.turns(s(1), "connected", "suspect");
    assert_eq!(scene.pings, 2);
    scene.turns(s(3), "suspect", "waiting");
    assert_eq!(scene.pings, 2);
}

#[test]
fn a_last_ping_that_was_slept_through_is_followed_by_one_probe_too() {
    let mut scene = Scene::connected();
    scene.pass(s(35));
    scene.check("suspect");
    scene.sleep(s(3_600));
    scene.pass(s(1));
    scene.check("suspect");
    assert_eq!(scene.pings, 3);
    scene.turns(s(3), "suspect", "waiting");
}

#[test]
fn a_page_that_wakes_up_once_a_minute_still_finds_a_dead_peer() {
    for policy in [NATIVE, RECEIVE_ONLY] {
        let mut scene = Scene::connected_to(policy);
        for _ in 0..5 {
            assert_eq!(scene.opened.len() - scene.closed.len(), 1);
            scene.sleep(s(60));
            if scene.connection.query(FetchId(1)).is_some() {
                scene.answer(Answer::Status(200));
            }
        }
        assert_eq!(scene.waiting().2, LossCause::Silent);
    }
}

#[test]
fn a_question_by_http_that_was_slept_through_is_given_a_second() {
    let mut scene = Scene::connected_to(RECEIVE_ONLY);
    scene.pass(s(75));
    let asked = scene.asked[0].id;
    scene.sleep(s(20));
    assert_eq!(scene.connection.query(asked), Some(Query::Session));
    scene.pass(s(1));
    assert_eq!(scene.connection.query(asked), None);
}

#[test]
fn a_reply_that_was_slept_through_is_given_a_second() {
    let mut scene = Scene::connected_to(REPLYING);
    scene.input(Input::Request(RequestId(1)));
    scene.input(Input::Request(RequestId(2)));
    scene.sleep(s(3_600));
    scene.pass(ms(500));
    scene.message(Signal::Reply { id: Some(RequestId(2)) });
    scene.pass(ms(499));
    let answered = |request, result| Event::Answered { request: RequestId(request), result };
    assert_eq!(scene.count(&answered(2, Ok(()))), 1);
    assert_eq!(scene.count(&answered(1, Err(RequestError::TimedOut))), 0);
    scene.pass(ms(1));
    assert_eq!(scene.count(&answered(1, Err(RequestError::TimedOut))), 1);
}

#[test]
fn a_wait_that_was_slept_through_ends_at_once() {
    let mut scene = Scene::failed(5);
    scene.answer(Answer::Status(200));
    scene.sleep(s(3_600));
    scene.check("connecting");
    assert_eq!(lateness(&scene), 0, "nothing was waited for but the time");
}

#[test]
fn a_deadline_that_is_noticed_up_to_a_second_late_is_acted_upon() {
    for (name, prepare, due, to) in DEADLINES {
        let mut scene = prepare();
        scene.sleep(ms(due + 1_000));
        assert_eq!((scene.connection.state().name(), lateness(&scene)), (to, 0), "{name}");
    }
}
