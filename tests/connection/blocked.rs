//! Sockets that the page's own security policy does not allow.

use super::scene::*;

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
