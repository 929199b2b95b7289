//! Why a socket did not open.

use super::scene::*;

/// Every HTTP status, and what it says about a socket that did not open.
const STATUSES: [(u16, Diagnosis, ErrorKind); 12] = [
    (0, Diagnosis::ServerDown, ErrorKind::ServerDown),
    (502, Diagnosis::ServerDown, ErrorKind::ServerDown),
    (504, Diagnosis::ServerDown, ErrorKind::ServerDown),
    (200, Diagnosis::Refused, ErrorKind::Refused),
    (204, Diagnosis::Refused, ErrorKind::Refused),
    (301, Diagnosis::Refused, ErrorKind::Refused),
    (404, Diagnosis::NotFound, ErrorKind::NotFound),
    (429, Diagnosis::Overloaded, ErrorKind::Overloaded),
    (503, Diagnosis::Overloaded, ErrorKind::Overloaded),
    (500, Diagnosis::Refused, ErrorKind::Refused),
    (418, Diagnosis::Refused, ErrorKind::Refused),
    (999, Diagnosis::Refused, ErrorKind::Refused),
];

#[test]
fn each_status_has_its_word_and_leaves_the_schedule_alone() {
    for (status, diagnosis, kind) in STATUSES {
        let mut scene = Scene::failed(1);
        let (attempt, wait, cause) = scene.waiting();
        assert_eq!(cause.kind(), Some(ErrorKind::Refused), "until it is known better");
        scene.answer(Answer::Status(status));
        let cause = LossCause::NeverOpened(diagnosis);
        assert_eq!(scene.waiting(), (attempt, wait, cause), "{status}");
        assert_eq!(cause.kind(), Some(kind), "{status}");
        scene.pass(wait);
        assert_eq!(scene.opened.len(), 2);
    }
}

#[test]
fn a_socket_that_does_not_open_in_time_is_asked_about_too() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.pass(s(10));
    assert_eq!(scene.waiting().2.kind(), Some(ErrorKind::Timeout));
    scene.answer(Answer::Status(200));
    assert_eq!(scene.waiting().2.kind(), Some(ErrorKind::Timeout), "HTTP works, the socket hangs");
    scene.pass(s(1));
    scene.pass(s(15));
    scene.answer(Answer::Status(0));
    assert_eq!(scene.waiting().2.kind(), Some(ErrorKind::ServerDown));
}

#[test]
fn who_may_not_follow_the_session_does_not_try_again() {
    for (status, diagnosis, kind) in [
        (401, Diagnosis::NotAuthenticated, ErrorKind::NotAuthenticated),
        (403, Diagnosis::Forbidden, ErrorKind::Forbidden),
    ] {
        let mut scene = Scene::failed(1);
        scene.answer(Answer::Status(status));
        let failure = Failure::Denied(diagnosis);
        assert_eq!(failure.kind(), kind);
        assert_eq!(scene.connection.state(), &State::Failed(failure));
        assert_eq!(scene.deadline, None);
    }
}

#[test]
fn one_question_is_asked_for_each_attempt() {
    let scene = Scene::failed(20);
    assert_eq!((scene.asked.len(), scene.opened.len()), (20, 20));
    assert!(scene.asked.iter().all(|asked| asked.query == Query::Session));
    assert!(scene.asked.iter().all(|asked| asked.url == "http://h/api/sessions/s"));
}

#[test]
fn what_opened_is_not_asked_about() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.says(SocketEvent::Opened);
    scene.close(1006);
    scene.pass(s(1));
    scene.greet("e1");
    scene.close(1006);
    scene.check("waiting");
    assert!(scene.asked.is_empty());
}

#[test]
fn an_answer_about_an_earlier_attempt_says_nothing_about_this_one() {
    let mut scene = Scene::failed(1);
    let first = scene.asked[0].id;
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.close(1006);
    scene.input(Input::Fetched(first, Answer::Status(403)));
    assert_eq!(scene.waiting().2, LossCause::NeverOpened(Diagnosis::Unknown));
}

#[test]
fn nobody_who_answers_within_five_seconds_is_a_server_that_is_down() {
    let mut scene = Scene::failed(9);
    while scene.waiting().1 < s(6) {
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
    }
    scene.pass(ms(4_999));
    assert_eq!(scene.waiting().2, LossCause::NeverOpened(Diagnosis::Unknown));
    scene.pass(ms(1));
    assert_eq!(scene.waiting().2, LossCause::NeverOpened(Diagnosis::ServerDown));
}

#[test]
fn the_words_change_where_nobody_looks_too() {
    for (event, state) in [(PageEvent::Hidden, "paused"), (PageEvent::Offline, "offline")] {
        let mut scene = Scene::failed(1);
        scene.page(event);
        scene.answer(Answer::Status(404));
        scene.check(state);
        let (State::Paused { cause, .. } | State::Offline { cause, .. }) = scene.connection.state()
        else {
            panic!("{state}");
        };
        assert_eq!(*cause, LossCause::NeverOpened(Diagnosis::NotFound));
    }
}

/// 8. What a browser does with such a socket is in `tests/web`.
#[test]
fn a_socket_that_the_pages_policy_blocks_is_named_whatever_is_told_first() {
    let blocked = LossCause::NeverOpened(Diagnosis::BlockedByPage);
    assert_eq!(blocked.kind(), Some(ErrorKind::BlockedByPage));

    let mut told_first = Scene::new();
    told_first.input(Input::Connect);
    told_first.says(SocketEvent::Blocked);
    told_first.says(SocketEvent::Closed(CloseCode::ABNORMAL));
    assert!(told_first.asked.is_empty(), "nobody needs to be asked");

    let mut told_last = Scene::failed(1);
    told_last.says(SocketEvent::Blocked);
    told_last.answer(Answer::Status(0));

    for mut scene in [told_first, told_last] {
        let (attempt, wait, cause) = scene.waiting();
        assert_eq!((attempt, cause), (2, blocked));
        scene.pass(wait);
        scene.says(SocketEvent::Blocked);
        assert_eq!(scene.waiting().0, 3);
    }
}
