//! Where the connection goes, and what it does when there is no such place.

use agent_activity::connection::EndpointError;

use super::scene::*;

/// A connection to what `page` and `path` come down to, asked to connect, with all that it did.
fn connect(page: &str, path: &str) -> (Connection, Vec<Output>) {
    let endpoint = Endpoint::resolve(page, page, path, "s");
    let mut connection = Connection::new(Config::default(), endpoint, 1);
    let mut outputs = Vec::new();
    for second in 0..3_600 {
        let input = if second == 0 { Input::Connect } else { Input::Timeout };
        connection.handle_input(Instant::from_origin(s(second)), input);
        loop {
            match connection.poll_output() {
                Output::Timeout(_) => break,
                output => outputs.push(output),
            }
        }
    }
    (connection, outputs)
}

/// 6, 7, 8.
#[test]
fn an_address_that_cannot_be_used_is_named_once_and_nothing_is_tried() {
    for (page, path, kind) in [
        ("file:///home/index.html", "/ws", ErrorKind::BadEndpoint),
        ("blob:https://h/0a-1b", "/ws", ErrorKind::BadEndpoint),
        ("about:blank", "ws", ErrorKind::BadEndpoint),
        ("http://h/", "ftp://h/ws", ErrorKind::BadEndpoint),
        ("http://h/", "ws:///ws", ErrorKind::BadEndpoint),
        ("https://h/", "ws://example.com/ws", ErrorKind::Insecure),
    ] {
        let (connection, outputs) = connect(page, path);
        let State::Failed(failure) = connection.state() else { panic!("{page} + {path} is tried") };
        assert_eq!(failure.kind(), kind, "{page} + {path}");
        assert_eq!(outputs, [Output::Event(Event::StateChanged(connection.state().clone()))]);
    }
}

/// 7.
#[test]
fn a_socket_to_this_machine_may_be_unencrypted() {
    let (_, outputs) = connect("https://h/", "ws://127.0.0.1:8000/ws");
    assert!(outputs.iter().any(
        |output| matches!(output, Output::Open { url, .. } if url == "ws://127.0.0.1:8000/ws/s")
    ));
}

/// 12.
#[test]
fn another_address_of_the_session_holds_from_the_next_attempt_on() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.input(Input::Readdress(endpoint("/ws?user=2")));
    scene.check("connected");
    assert_eq!(scene.opened.len(), 1, "what is connected stays so");
    scene.close(1006);
    scene.pass(s(1));
    assert_eq!(scene.url(), "ws://h/ws/s?user=2&epoch=e1&after=1");
}

/// 12.
#[test]
fn an_address_that_has_become_useless_is_named_at_the_next_attempt() {
    let mut scene = Scene::connected();
    scene.input(Input::Readdress(Endpoint::resolve("file:///x", "file:///x", "/ws", "s")));
    scene.check("connected");
    scene.close(1006);
    scene.pass(s(1));
    scene.check("failed");
    scene.input(Input::Readdress(endpoint("/ws")));
    scene.input(Input::Reconnect);
    scene.check("connecting");
}

/// 12, 77.
#[test]
fn another_session_is_followed_from_its_beginning_and_at_once() {
    let mut scene = Scene::connected();
    scene.event(1);
    let before = scene.socket();
    let other = Endpoint::resolve("http://h/", "http://h/", "/ws", "other");
    scene.input(Input::Follow(other));
    assert_eq!(scene.closed, [(before, CloseCode::NORMAL)]);
    assert_eq!(scene.url(), "ws://h/ws/other");
    scene.check("connecting");
    scene.greet("e9");
    scene.event(1);
    assert_eq!(scene.count(&Event::Admitted), 2);
    assert_eq!(scene.count(&Event::EpochChanged), 0, "it continues nothing");
}

#[test]
fn another_session_is_followed_whatever_became_of_the_last() {
    let other = || Input::Follow(endpoint("/other"));
    let ended = |scene: &mut Scene| {
        scene.message(Signal::Event {
            seq: Some(1),
            identity: None,
            ends: Some(Outcome::Complete),
        });
    };
    let endings: [Act; 3] =
        [|scene| scene.close(4404), |scene| scene.close(1006), |scene| scene.pass(s(45))];
    for ending in endings {
        let mut scene = Scene::connected();
        ending(&mut scene);
        scene.input(other());
        assert_eq!(scene.connection.state(), &State::Connecting { attempt: 1 });
    }
    let mut scene = Scene::connected();
    ended(&mut scene);
    scene.input(other());
    scene.check("connecting");

    let mut scene = Scene::new();
    scene.input(other());
    scene.check("idle");
    scene.input(Input::Connect);
    assert_eq!(scene.url(), "ws://h/other/s");
}

/// 12.
#[test]
fn nothing_that_is_known_of_one_session_is_held_against_another() {
    let other = || Input::Follow(endpoint("/other"));

    let mut holes = Scene::connected();
    for seq in [2, 4, 6, 8, 10] {
        holes.event(seq);
        holes.greet("e1");
        holes.event(seq);
    }
    holes.input(other());
    holes.greet("e1");
    let opened = holes.opened.len();
    holes.event(2);
    assert_eq!(holes.opened.len(), opened + 1, "the other one's holes are counted by themselves");

    let mut contents = Scene::connected_to(FORGETFUL);
    contents.unnumbered(1);
    contents.input(other());
    contents.greet_as(FORGETFUL);
    contents.unnumbered(1);
    assert_eq!(contents.events.last(), Some(&Event::Admitted), "it may say the same");
    assert!(contents.asked.is_empty(), "and has forgotten nothing");

    let mut pongs = Scene::connected_to(ON_TRIAL);
    pongs.pass(s(25));
    pongs.message(Signal::Pong { timestamp: Some(pongs.last_ping) });
    assert_eq!(pongs.connection.rtt(), Some(s(0)));
    pongs.input(other());
    assert_eq!(pongs.connection.rtt(), None);
    pongs.greet_as(ON_TRIAL);
    pongs.pass(s(74));
    pongs.check("connected");
}

/// 8.
#[test]
fn an_address_that_the_browser_cannot_read_is_a_reason_and_tried_once() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Invalid);
    let failure = Failure::Endpoint(EndpointError::Unreadable { host: "h".to_owned() });
    assert_eq!(failure.kind(), ErrorKind::BadEndpoint);
    assert_eq!(scene.connection.state(), &State::Failed(failure));
    scene.pass(s(3_600));
    assert_eq!((scene.opened.len(), scene.asked.len()), (1, 0));
}
