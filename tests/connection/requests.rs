//! Requests and their replies.

use super::scene::*;

fn request(scene: &mut Scene, id: u64) {
    scene.input(Input::Request(RequestId(id)));
}

fn reply(scene: &mut Scene, id: Option<u64>) {
    scene.message(Signal::Reply { id: id.map(RequestId) });
}

/// What came of a request so far.
fn results(scene: &Scene, id: u64) -> Vec<Result<(), RequestError>> {
    let result = |event: &Event| match event {
        Event::Answered { request, result } if request.0 == id => Some(*result),
        _ => None,
    };
    scene.events.iter().filter_map(result).collect()
}

/// 81.
#[test]
fn a_reply_finds_its_request() {
    let mut scene = Scene::connected_to(REPLYING);
    for id in [1, 2, 3] {
        request(&mut scene, id);
    }
    assert_eq!(scene.requests.len(), 3);
    for id in [2, 3, 1] {
        reply(&mut scene, Some(id));
        assert_eq!(results(&scene, id), [Ok(())]);
    }
    scene.pass(s(20));
    assert_eq!(scene.count(&Event::Admitted), 0);
}

/// 81.
#[test]
fn a_request_is_given_thirty_seconds() {
    let mut scene = Scene::connected_to(REPLYING);
    request(&mut scene, 1);
    scene.pass(s(10));
    request(&mut scene, 2);
    scene.message(Signal::Other);
    scene.pass(ms(19_999));
    assert_eq!(results(&scene, 1), []);
    scene.pass(ms(1));
    assert_eq!(
        (results(&scene, 1), results(&scene, 2)),
        (vec![Err(RequestError::TimedOut)], vec![])
    );
    scene.pass(s(4));
    scene.message(Signal::Other);
    scene.pass(ms(5_999));
    assert_eq!(results(&scene, 2), []);
    scene.pass(ms(1));
    assert_eq!(results(&scene, 2), [Err(RequestError::TimedOut)]);
}

/// 81.
#[test]
fn a_lost_connection_drops_its_requests_at_once() {
    let losses: [Act; 4] = [
        |scene| scene.close(1006),
        |scene| scene.input(Input::Disconnect),
        |scene| scene.page(PageEvent::Left),
        |scene| scene.input(Input::Follow(endpoint("/other"))),
    ];
    for lose in losses {
        let mut scene = Scene::connected_to(REPLYING);
        request(&mut scene, 1);
        request(&mut scene, 2);
        lose(&mut scene);
        for id in [1, 2] {
            assert_eq!(results(&scene, id), [Err(RequestError::Dropped)]);
        }
        scene.pass(s(60));
        assert_eq!(results(&scene, 1).len(), 1, "nothing is left of it");
    }
}

/// 81.
#[test]
fn a_reply_without_an_id_is_for_the_one_request_under_way() {
    let mut scene = Scene::connected_to(REPLYING);
    request(&mut scene, 1);
    reply(&mut scene, None);
    assert_eq!((results(&scene, 1), scene.count(&Event::Admitted)), (vec![Ok(())], 0));

    request(&mut scene, 2);
    request(&mut scene, 3);
    reply(&mut scene, None);
    assert_eq!((results(&scene, 2), results(&scene, 3)), (vec![], vec![]));
    assert_eq!(scene.count(&Event::Admitted), 1, "it is shown, since it is nobody's");

    reply(&mut scene, Some(2));
    reply(&mut scene, Some(3));
    reply(&mut scene, None);
    assert_eq!(scene.count(&Event::Admitted), 2);
}

/// 81.
#[test]
fn requests_are_bounded_and_none_is_queued() {
    let mut scene = Scene::connected_to(REPLYING);
    for id in 0..300 {
        request(&mut scene, id);
    }
    assert_eq!(scene.requests.len(), 256);
    assert_eq!(results(&scene, 255), []);
    assert_eq!(results(&scene, 256), [Err(RequestError::TooMany)]);
    reply(&mut scene, Some(17));
    request(&mut scene, 300);
    assert_eq!(scene.requests.len(), 257);

    scene.close(1006);
    request(&mut scene, 301);
    assert_eq!(results(&scene, 301), [Err(RequestError::NotConnected)]);
    scene.pass(s(1));
    scene.greet_as(REPLYING);
    scene.pass(s(1));
    assert_eq!(scene.requests.len(), 257);
}

#[test]
fn a_server_that_takes_no_requests_is_sent_none() {
    let mut scene = Scene::connected();
    request(&mut scene, 1);
    assert_eq!(results(&scene, 1), [Err(RequestError::NotTaken)]);
    assert!(scene.requests.is_empty());
}

/// 81.
#[test]
fn a_reply_that_comes_too_late_is_ignored() {
    let mut scene = Scene::connected_to(REPLYING);
    request(&mut scene, 1);
    scene.pass(s(30));
    reply(&mut scene, Some(1));
    reply(&mut scene, Some(99));
    assert_eq!(results(&scene, 1), [Err(RequestError::TimedOut)]);
    assert_eq!(scene.count(&Event::Admitted), 0);
}
