//! What a server says by closing.

use super::scene::*;

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

/// 28.
#[test]
fn a_normal_close_without_an_end_is_tried_again() {
    let mut scene = Scene::connected();
    scene.close(1000);
    assert_eq!(scene.waiting().2, LossCause::Closed(CloseCode::NORMAL));
}

/// 29.
#[test]
fn what_does_not_say_that_trying_is_pointless_is_tried_again() {
    for code in [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1014, 3999, 4000, 4999] {
        let mut scene = Scene::connected();
        scene.close(code);
        let (attempt, wait, cause) = scene.waiting();
        assert_eq!((attempt, cause), (2, LossCause::Closed(CloseCode(code))));
        assert!(wait <= ms(750), "{code}: {wait:?}");
    }
}

/// 29.
#[test]
fn an_overloaded_server_is_left_five_seconds_more() {
    let wait_of = |seed| {
        let mut scene = Scene::seeded(seed, |_| {});
        scene.begin(NATIVE);
        scene.close(1013);
        assert_eq!(scene.waiting().2.kind(), Some(ErrorKind::Overloaded));
        scene.waiting().1
    };
    let shortest = (0..200).map(wait_of).min().expect("some");
    let longest = (0..200).map(wait_of).max().expect("some");
    assert!((ms(5_250)..ms(5_270)).contains(&shortest), "{shortest:?}");
    assert!((ms(5_730)..=ms(5_750)).contains(&longest), "{longest:?}");
}

/// 30.
#[test]
fn a_broken_protocol_is_tried_three_times_in_a_row() {
    for code in [1002, 1003, 1007] {
        let mut scene = Scene::new();
        scene.input(Input::Connect);
        for attempt in 2..4 {
            scene.says(SocketEvent::Opened);
            scene.close(code);
            assert_eq!(scene.waiting().0, attempt);
            scene.pass(s(3));
        }
        scene.says(SocketEvent::Opened);
        scene.close(code);
        let failure = Failure::Protocol(CloseCode(code));
        assert_eq!(scene.connection.state(), &State::Failed(failure));
    }
}

/// 30.
#[test]
fn a_message_in_between_starts_the_count_of_broken_protocols_again() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for _ in 0..20 {
        for heard in [false, true] {
            scene.says(SocketEvent::Opened);
            if heard {
                scene.message(Signal::Other);
            } else {
                scene.message(Signal::Unreadable { seq: None });
            }
            scene.close(1002);
            let (_, wait, _) = scene.waiting();
            scene.pass(wait);
        }
    }
    scene.check("connecting");
}

/// 31.
#[test]
fn what_waiting_does_not_cure_is_final() {
    for (code, kind) in [
        (1008, ErrorKind::Policy),
        (1010, ErrorKind::Policy),
        (3000, ErrorKind::Policy),
        (3003, ErrorKind::Policy),
        (4400, ErrorKind::BadEndpoint),
        (4401, ErrorKind::NotAuthenticated),
        (4403, ErrorKind::Forbidden),
        (4404, ErrorKind::NotFound),
        (4406, ErrorKind::Policy),
        (4409, ErrorKind::Policy),
    ] {
        let mut scene = Scene::connected();
        scene.close(code);
        let failure = Failure::Refused(CloseCode(code));
        assert_eq!(failure.kind(), kind, "{code}");
        assert_eq!(scene.connection.state(), &State::Failed(failure));
        scene.pass(s(3_600));
        assert_eq!(scene.opened.len(), 1, "{code}");
    }
}

#[test]
fn what_a_code_means_can_be_said_otherwise() {
    let mut scene = Scene::with(|config| {
        config.on_close(CloseCode(4404), Disposition::Retry);
        config.on_close(CloseCode(1001), Disposition::Retry);
        config.on_close(CloseCode(1001), Disposition::Final);
    });
    scene.begin(NATIVE);
    scene.close(4404);
    scene.check("waiting");
    scene.pass(s(1));
    scene.greet("e1");
    scene.close(1001);
    scene.check("failed");
}

/// 33. Every scene holds the rest of it: a code that browsers do not take fails it.
#[test]
fn our_own_closes_have_the_codes_that_browsers_take() {
    let closes: [(Act, CloseCode); 4] = [
        (|scene| scene.input(Input::Disconnect), CloseCode(1000)),
        (|scene| scene.page(PageEvent::Left), CloseCode(1000)),
        (|scene| scene.pass(s(45)), CloseCode(4000)),
        (|scene| scene.event(5), CloseCode(4000)),
    ];
    for (close, code) in closes {
        let mut scene = Scene::connected();
        let socket = scene.socket();
        close(&mut scene);
        assert_eq!(scene.closed, [(socket, code)]);
    }
}
