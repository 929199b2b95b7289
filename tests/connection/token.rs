//! Asking the token provider, and what happens when the server refuses what it gave.

use super::scene::*;

fn with_provider() -> Scene {
    let mut scene = Scene::with(|config| {
        config.token_provider(true);
    });
    scene.input(Input::Connect);
    scene
}

fn provided(scene: &mut Scene, token: &str) {
    let id = scene.token_questions.last().expect("a token was asked for").0;
    scene.input(Input::Token(id, Ok(Some(Token(token.to_owned())))));
}

fn failed(scene: &mut Scene) {
    let id = scene.token_questions.last().expect("a token was asked for").0;
    scene.input(Input::Token(id, Err(TokenError)));
}

fn token(scene: &Scene) -> Option<&str> {
    scene.opened.last()?.token.as_ref().map(|token| token.0.as_str())
}

/// 9.
#[test]
fn a_provider_that_fails_twice_costs_two_waits() {
    let mut scene = with_provider();
    for attempt in 2..4 {
        failed(&mut scene);
        let (number, wait, cause) = scene.waiting();
        assert_eq!((number, cause), (attempt, LossCause::NoToken));
        assert_eq!(cause.kind(), Some(ErrorKind::NotAuthenticated));
        scene.pass(wait);
        scene.check("connecting");
    }
    assert!(scene.opened.is_empty());
    provided(&mut scene, "t");
    assert_eq!((scene.url(), token(&scene)), ("ws://h/ws/s", Some("t")));
    scene.greet("e1");
    scene.check("connected");
    assert_eq!((scene.token_questions.len(), scene.asked.len()), (3, 0));
}

/// 9.
#[test]
fn a_provider_that_says_nothing_is_given_as_long_as_a_socket() {
    let mut scene = with_provider();
    scene.turns(s(10), "connecting", "waiting");
    assert_eq!(scene.waiting().2, LossCause::NoToken);
    provided(&mut scene, "late");
    scene.check("waiting");
    assert!(scene.opened.is_empty(), "an answer that comes too late is to no question");
}

/// 13.
#[test]
fn the_socket_has_its_own_time_beside_the_providers() {
    let mut scene = with_provider();
    scene.pass(s(9));
    provided(&mut scene, "t");
    scene.turns(s(10), "connecting", "waiting");
    assert_eq!(scene.waiting().2, LossCause::ConnectTimeout(Diagnosis::Unknown));
}

/// 10.
#[test]
fn a_token_that_comes_after_the_connection_was_closed_opens_nothing() {
    let ways: [Act; 3] = [
        |scene| scene.input(Input::Disconnect),
        |scene| scene.page(PageEvent::Left),
        |scene| scene.pass(s(10)),
    ];
    for way in ways {
        let mut scene = with_provider();
        way(&mut scene);
        let state = scene.connection.state().clone();
        provided(&mut scene, "t");
        assert_eq!(scene.connection.state(), &state);
        assert!(scene.opened.is_empty());
    }
}

/// 10.
#[test]
fn only_the_answer_to_the_last_question_counts() {
    let mut scene = with_provider();
    let first = scene.token_questions[0].0;
    scene.input(Input::Disconnect);
    scene.input(Input::Connect);
    scene.input(Input::Token(first, Ok(Some(Token("old".to_owned())))));
    assert!(scene.opened.is_empty());
    provided(&mut scene, "new");
    scene.input(Input::Token(first, Err(TokenError)));
    provided(&mut scene, "twice");
    assert_eq!((scene.opened.len(), token(&scene)), (1, Some("new")));
}

/// 12.
#[test]
fn the_provider_is_asked_before_every_attempt() {
    let mut scene = with_provider();
    for round in ["a", "b", "c"] {
        provided(&mut scene, round);
        assert_eq!(token(&scene), Some(round));
        scene.close(1006);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    assert_eq!(scene.token_questions.len(), 4);
    assert!(scene.token_questions.iter().all(|&(_, is_refused)| !is_refused));
}

#[test]
fn a_provider_may_say_that_no_token_is_needed() {
    let mut scene = with_provider();
    let id = scene.token_questions[0].0;
    scene.input(Input::Token(id, Ok(None)));
    assert_eq!((scene.opened.len(), token(&scene)), (1, None));
}

/// 31.
#[test]
fn a_refused_token_is_replaced_once_and_at_once() {
    let mut scene = with_provider();
    provided(&mut scene, "old");
    scene.greet("e1");
    scene.close(4401);
    assert_eq!(scene.connection.state(), &State::Connecting { attempt: 1 });
    assert_eq!(
        scene.token_questions.iter().map(|question| question.1).collect::<Vec<_>>(),
        [false, true]
    );
    provided(&mut scene, "new");
    assert_eq!(token(&scene), Some("new"));
    scene.greet("e1");
    scene.close(4401);
    let failure = Failure::Refused(CloseCode::NOT_AUTHENTICATED);
    assert_eq!(scene.connection.state(), &State::Failed(failure));
    scene.pass(s(3_600));
    assert_eq!(scene.token_questions.len(), 2);
}

/// 31.
#[test]
fn a_token_that_has_proved_itself_may_be_refused_again() {
    let mut scene = with_provider();
    for _ in 0..3 {
        provided(&mut scene, "t");
        scene.greet("e1");
        scene.pass(s(5));
        scene.close(4401);
        scene.check("connecting");
    }
    scene.input(Input::Disconnect);
    scene.input(Input::Connect);
    assert_eq!(scene.token_questions.last().map(|question| question.1), Some(false));
}

/// 31.
#[test]
fn a_person_may_try_a_refused_token_again() {
    let mut scene = with_provider();
    for _ in 0..2 {
        provided(&mut scene, "t");
        scene.says(SocketEvent::Opened);
        scene.close(4401);
    }
    scene.check("failed");
    scene.input(Input::Reconnect);
    provided(&mut scene, "other");
    scene.greet("e1");
    scene.check("connected");
}

#[test]
fn an_http_answer_that_refuses_the_token_replaces_it_once_too() {
    let mut scene = with_provider();
    provided(&mut scene, "old");
    scene.close(1006);
    assert_eq!(scene.asked[0].token, Some(Token("old".to_owned())));
    let (_, wait, _) = scene.waiting();
    scene.answer(Answer::Status(401));
    assert_eq!(
        scene.waiting(),
        (2, wait, LossCause::NeverOpened(Diagnosis::NotAuthenticated)),
        "the words change and the schedule does not"
    );
    scene.pass(wait);
    assert_eq!(scene.token_questions.last().map(|question| question.1), Some(true));
    provided(&mut scene, "new");
    scene.close(1006);
    scene.answer(Answer::Status(401));
    let failure = Failure::Denied(Diagnosis::NotAuthenticated);
    assert_eq!(scene.connection.state(), &State::Failed(failure));
}

#[test]
fn another_session_is_not_shown_the_token_of_the_last() {
    let mut scene = with_provider();
    provided(&mut scene, "mine");
    scene.greet("e1");
    scene.input(Input::Follow(endpoint("/other")));
    failed(&mut scene);
    scene.pass(s(1));
    let id = scene.token_questions.last().expect("asked").0;
    scene.input(Input::Token(id, Ok(None)));
    scene.close(1006);
    assert_eq!(scene.asked.last().map(|asked| &asked.token), Some(&None));
}

#[test]
fn a_token_is_not_written_down() {
    let mut scene = with_provider();
    provided(&mut scene, "secret");
    let written = format!("{:?} {:?}", scene.connection, Token("secret".to_owned()));
    assert!(!written.contains("secret"));
}

/// 12, 25.
#[test]
fn an_address_that_has_become_useless_while_the_provider_was_asked_is_named_at_once() {
    let mut scene = with_provider();
    scene.input(Input::Readdress(Endpoint::resolve("file:///x", "file:///x", "/ws", "s")));
    provided(&mut scene, "t");
    scene.check("failed");
    assert!(scene.opened.is_empty());
}
