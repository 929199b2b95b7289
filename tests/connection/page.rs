//! What happens to the page: seen and not, with and without a network, left and come back to.

use super::scene::*;

/// Waiting, with at least `least` to go.
fn waiting_long(least: std::time::Duration) -> Scene {
    let mut scene = Scene::failed(8);
    while scene.waiting().1 < least {
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
        scene.close(1006);
    }
    scene
}

fn local() -> Scene {
    let mut scene = Scene::new();
    scene.input(Input::Readdress(endpoint("ws://127.0.0.1:8000/ws")));
    scene
}

/// 49.
#[test]
fn a_connection_that_is_seen_again_is_probed_for_three_seconds() {
    for event in [PageEvent::Shown, PageEvent::Online, PageEvent::Returned] {
        let mut scene = Scene::connected();
        if event == PageEvent::Shown {
            scene.page(PageEvent::Hidden);
        }
        scene.pass(s(10));
        scene.page(event);
        assert_eq!(scene.pings, 1);
        scene.turns(s(3), "connected", "waiting");
        assert_eq!(scene.waiting().2, LossCause::Silent);
    }
}

/// 49.
#[test]
fn a_probe_that_is_answered_leaves_everything_as_it_was() {
    let mut scene = Scene::connected();
    scene.page(PageEvent::Hidden);
    scene.page(PageEvent::Shown);
    scene.pass(ms(2_999));
    scene.message(Signal::Pong { timestamp: Some(scene.last_ping) });
    scene.pass(ms(24_999));
    assert_eq!((scene.pings, scene.opened.len()), (1, 1));
    assert_eq!(scene.states(), ["connecting", "greeting", "connected"]);
}

/// 49.
#[test]
fn a_probe_shortens_the_wait_for_a_ping_that_is_out_already() {
    let mut scene = Scene::connected();
    scene.pass(s(26));
    scene.page(PageEvent::Shown);
    scene.page(PageEvent::Online);
    assert_eq!(scene.pings, 2, "probed once");
    scene.turns(s(3), "connected", "waiting");
}

/// 49.
#[test]
fn a_forgetful_server_is_asked_for_its_list_when_the_page_is_seen_again() {
    let mut scene = Scene::connected_to(FORGETFUL);
    scene.unnumbered(1);
    scene.page(PageEvent::Hidden);
    scene.page(PageEvent::Shown);
    assert_eq!(scene.queries(), [Query::Events { from: 0 }]);
    scene.answer(Answer::Events { total: 1, is_active: true });
    scene.pass(s(10));
    assert_eq!((scene.asked.len(), scene.opened.len()), (1, 1));
    scene.check("connected");
}

/// 50.
#[test]
fn what_nobody_opened_stays_closed() {
    let mut unopened = Scene::new();
    let mut closed = Scene::connected();
    closed.input(Input::Disconnect);
    let mut closed_while_waiting = Scene::failed(2);
    closed_while_waiting.input(Input::Disconnect);
    let mut refused = Scene::connected();
    refused.close(4404);
    for (scene, state) in [
        (&mut unopened, "idle"),
        (&mut closed, "idle"),
        (&mut closed_while_waiting, "idle"),
        (&mut refused, "failed"),
    ] {
        let opened = scene.opened.len();
        for event in [
            PageEvent::Hidden,
            PageEvent::Shown,
            PageEvent::Offline,
            PageEvent::Online,
            PageEvent::Left,
            PageEvent::Returned,
            PageEvent::Returned,
        ] {
            scene.page(event);
            scene.pass(s(120));
        }
        scene.check(state);
        assert_eq!(scene.opened.len(), opened);
    }
}

/// 51.
#[test]
fn a_hidden_page_attempts_once_a_minute() {
    let mut scene = Scene::failed(1);
    scene.page(PageEvent::Hidden);
    let begun = scene.opened[0].at;
    for minute in 1..30 {
        scene.check("paused");
        scene.pass(begun + s(60 * minute) - ms(1) - scene.now);
        assert_eq!(scene.opened.len() as u64, minute);
        scene.pass(ms(1));
        scene.check("connecting");
        scene.close(1006);
    }
}

/// 51.
#[test]
fn a_page_that_is_seen_again_attempts_within_a_second() {
    let delay = |seed| {
        let mut scene = Scene::seeded(seed, |_| {});
        scene.input(Input::Connect);
        scene.page(PageEvent::Hidden);
        scene.close(1006);
        scene.check("paused");
        scene.pass(s(30));
        scene.page(PageEvent::Shown);
        scene.waiting().1
    };
    let longest = (0..200).map(delay).max().expect("some");
    assert!((ms(980)..=s(1)).contains(&longest), "{longest:?}");
}

/// 51.
#[test]
fn a_hidden_page_keeps_its_connection() {
    let mut scene = Scene::connected();
    scene.page(PageEvent::Hidden);
    scene.event(1);
    scene.check("connected");
    scene.close(1006);
    scene.check("paused");
    scene.pass(s(60));
    scene.greet("e1");
    scene.check("connected");
    assert_eq!(scene.opened.len(), 2);
}

/// 52.
#[test]
fn a_missing_network_does_not_matter_to_this_machine() {
    let mut scene = local();
    scene.begin(NATIVE);
    scene.page(PageEvent::Offline);
    scene.pass(s(10));
    assert_eq!(scene.pings, 0);
    scene.close(1006);
    let (_, wait, _) = scene.waiting();
    scene.page(PageEvent::Offline);
    assert_eq!(scene.waiting().1, wait);
    scene.pass(wait);
    scene.check("connecting");
}

/// 52.
#[test]
fn a_missing_network_is_a_reason_to_ask_and_not_to_hang_up() {
    let mut scene = Scene::connected();
    scene.page(PageEvent::Offline);
    assert_eq!((scene.pings, scene.closed.len()), (1, 0));
    scene.message(Signal::Pong { timestamp: None });
    scene.pass(s(20));
    scene.check("connected");

    scene.page(PageEvent::Offline);
    scene.turns(s(3), "connected", "offline");
}

#[test]
fn without_a_network_one_attempt_a_minute_is_made_all_the_same() {
    let mut scene = waiting_long(s(10));
    let attempted = scene.opened.last().expect("some").at;
    let opened = scene.opened.len();
    scene.page(PageEvent::Offline);
    scene.turns(attempted + s(60) - scene.now, "offline", "connecting");
    scene.close(1006);
    scene.turns(s(60), "offline", "connecting");
    assert_eq!(scene.opened.len(), opened + 2);
    scene.greet("e1");
    scene.check("connected");
}

#[test]
fn a_lost_connection_is_offline_and_not_paused_where_it_is_both() {
    let mut scene = Scene::connected();
    scene.page(PageEvent::Hidden);
    scene.page(PageEvent::Offline);
    scene.close(1006);
    scene.check("offline");
    scene.page(PageEvent::Online);
    scene.check("paused");
    scene.page(PageEvent::Offline);
    scene.check("offline");
    scene.page(PageEvent::Shown);
    scene.check("offline");
    scene.page(PageEvent::Online);
    scene.pass(s(1));
    scene.check("connecting");
}

/// 53.
#[test]
fn a_network_brings_an_attempt_within_a_second() {
    let mut waiting = waiting_long(s(20));
    waiting.page(PageEvent::Online);
    assert!(waiting.waiting().1 <= s(1));
    let mut offline = waiting_long(s(20));
    offline.page(PageEvent::Offline);
    offline.page(PageEvent::Online);
    assert!(offline.waiting().1 <= s(1));
    for mut scene in [waiting, offline] {
        scene.pass(s(1));
        scene.check("connecting");
    }
}

/// 54.
#[test]
fn a_network_that_flaps_brings_one_socket() {
    let mut scene = waiting_long(s(20));
    let opened = scene.opened.len();
    for _ in 0..5 {
        scene.page(PageEvent::Offline);
        scene.pass(ms(100));
        scene.page(PageEvent::Online);
        scene.pass(ms(100));
    }
    scene.pass(s(1));
    assert_eq!(scene.opened.len(), opened + 1);

    let mut scene = Scene::connected();
    for _ in 0..5 {
        scene.page(PageEvent::Offline);
        scene.page(PageEvent::Online);
        scene.pass(ms(200));
    }
    assert_eq!((scene.pings, scene.opened.len()), (1, 1));
}

/// 55. That the close is made before the callback returns is in `tests/web`.
#[test]
fn a_page_that_is_left_closes_and_goes_on_where_it_was_when_it_is_back() {
    let mut scene = Scene::connected();
    scene.event(1);
    scene.event(2);
    let socket = scene.socket();
    scene.page(PageEvent::Left);
    assert_eq!(scene.closed, [(socket, CloseCode::NORMAL)]);
    scene.check("paused");
    assert_eq!(scene.deadline, None, "a page that is left waits for nothing");
    scene.page(PageEvent::Hidden);
    scene.pass(s(3_600));
    scene.page(PageEvent::Returned);
    assert_eq!(scene.url(), "ws://h/ws/s?epoch=e1&after=2");
    scene.page(PageEvent::Shown);
    scene.greet("e1");
    scene.event(3);
    scene.message(Signal::Ready);
    assert_eq!(scene.count(&Event::Ready { resumed: true }), 1);
    assert_eq!(scene.opened.len(), 2);
}

/// 55.
#[test]
fn a_page_that_was_left_offline_attempts_when_it_is_back() {
    let mut scene = Scene::connected();
    scene.page(PageEvent::Offline);
    scene.page(PageEvent::Left);
    scene.page(PageEvent::Returned);
    scene.check("connecting");
    scene.close(1006);
    scene.check("offline");
}

/// 55.
#[test]
fn nothing_is_waited_for_wherever_the_page_was_left() {
    let places: [Place; 5] = [
        || Scene::failed(1),
        || Scene::failed(9),
        || {
            let mut scene = Scene::new();
            scene.input(Input::Connect);
            scene
        },
        || {
            let mut scene = Scene::connected_to(RECEIVE_ONLY);
            scene.pass(s(75));
            scene
        },
        || {
            let mut scene = Scene::connected_to(FORGETFUL);
            scene.close(1006);
            scene.pass(s(1));
            scene
        },
    ];
    for place in places {
        let mut scene = place();
        let asked = scene.asked.last().map(|asked| asked.id);
        scene.page(PageEvent::Left);
        scene.check("paused");
        assert_eq!(scene.deadline, None);
        for event in [PageEvent::Hidden, PageEvent::Online, PageEvent::Offline, PageEvent::Online] {
            scene.page(event);
            scene.check("paused");
            assert_eq!(scene.deadline, None);
        }
        if let Some(asked) = asked {
            scene.input(Input::Fetched(asked, Answer::Status(200)));
        }
        scene.page(PageEvent::Returned);
        scene.check("connecting");
    }
}

#[test]
fn being_seen_does_not_put_off_an_attempt() {
    let mut scene = Scene::failed(1);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait - ms(1));
    for _ in 0..20 {
        scene.page(PageEvent::Shown);
    }
    scene.pass(ms(1));
    scene.check("connecting");

    let mut scene = waiting_long(s(20));
    for _ in 0..10 {
        scene.page(PageEvent::Shown);
        scene.pass(ms(100));
    }
    scene.check("connecting");
}
