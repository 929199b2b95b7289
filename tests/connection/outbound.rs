//! What is sent: in order, bounded, and none without a word about its fate.

use super::scene::*;

/// A server that takes messages and acknowledges none.
const UNACKED: Policy = Policy { intake: Intake::Messages, ..NATIVE };

fn volatile(id: &str) -> Outgoing {
    Outgoing { is_volatile: true, ..text(id, "now or never") }
}

fn ack(scene: &mut Scene, id: &str) {
    scene.message(Signal::Ack { id: id.to_owned() });
}

/// Sends a message of so many bytes, its id included.
fn send_bytes(scene: &mut Scene, id: &str, bytes: usize) {
    scene.input(Input::Send(text(id, &"x".repeat(bytes - id.len()))));
}

fn refused(refusal: Refusal) -> Delivery {
    Delivery::Refused(refusal)
}

/// Connects again after a loss, up to the greeting.
fn reconnect(scene: &mut Scene) {
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.greet("e1");
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// 60.
#[test]
fn what_is_sent_before_there_is_a_connection_goes_out_in_order_and_first() {
    let mut scene = Scene::new();
    scene.send("a");
    scene.input(Input::Connect);
    scene.send("b");
    scene.says(SocketEvent::Opened);
    scene.send("c");
    assert!(scene.messages.is_empty(), "nothing is sent before the server has introduced itself");
    assert_eq!(scene.queue_depth().0, 3);
    scene.message(Signal::Greeting { epoch: Some("e1".to_owned()), policy: NATIVE });
    scene.send("d");
    assert_eq!(scene.sent(), ["a", "b", "c", "d"]);
    for id in ["a", "b", "c", "d"] {
        assert_eq!(scene.steps(id), [Delivery::Queued, Delivery::Sent]);
    }
}

/// 60. A message may come in before the greeting, as with a dialect that cannot tell yet.
#[test]
fn a_first_message_alone_sends_nothing() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.send("a");
    scene.says(SocketEvent::Opened);
    scene.message(Signal::Other);
    scene.check("connected");
    scene.send("b");
    assert!(scene.messages.is_empty());
    scene.message(Signal::Greeting { epoch: None, policy: NATIVE });
    assert_eq!(scene.sent(), ["a", "b"]);
}

/// 61.
#[test]
fn what_is_sent_while_the_queue_is_being_sent_goes_behind_it() {
    let mut scene = Scene::with(|config| {
        config.queue_max(256, 4 * MIB);
    });
    for id in ["a", "b", "c"] {
        send_bytes(&mut scene, id, 600 * KIB);
    }
    scene.input(Input::Connect);
    scene.greet("e1");
    assert_eq!(scene.sent(), ["a", "b"], "the browser has enough for now");
    scene.send("d");
    scene.pass(ms(100));
    scene.send("e");
    scene.says(SocketEvent::Buffered(0));
    scene.send("f");
    assert_eq!(scene.sent(), ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn a_message_that_the_server_stores_is_acknowledged() {
    let mut scene = Scene::connected();
    scene.send("a");
    scene.send("b");
    ack(&mut scene, "b");
    ack(&mut scene, "b");
    ack(&mut scene, "never");
    assert_eq!(scene.steps("b"), [Delivery::Queued, Delivery::Sent, Delivery::Acked]);
    assert_eq!((scene.fate("a"), scene.queue_depth()), (Delivery::Sent, (1, 6)));
    ack(&mut scene, "a");
    assert_eq!(scene.queue_depth(), (0, 0));
}

#[test]
fn a_message_that_the_server_refuses_is_refused_in_its_words() {
    let mut scene = Scene::connected();
    scene.send("a");
    let nack = |id: Option<&str>| Signal::Nack {
        id: id.map(str::to_owned),
        reason: "no such agent".to_owned(),
    };
    scene.message(nack(None));
    scene.message(nack(Some("never")));
    assert_eq!(scene.fate("a"), Delivery::Sent);
    scene.message(nack(Some("a")));
    assert_eq!(scene.fate("a"), refused(Refusal::Server("no such agent".to_owned())));
    assert_eq!(scene.queue_depth(), (0, 0));
}

/// 62.
#[test]
fn two_hundred_and_fifty_six_messages_wait_and_no_more() {
    let mut scene = Scene::new();
    for number in 0..256 {
        scene.send(&number.to_string());
    }
    scene.send("more");
    assert_eq!(scene.fate("255"), Delivery::Queued);
    assert_eq!(scene.steps("more"), [refused(Refusal::QueueFull)]);
    scene.input(Input::Connect);
    scene.greet("e1");
    assert_eq!(scene.messages.len(), 256, "none that was taken was dropped");
    scene.send("still");
    assert_eq!(scene.fate("still"), refused(Refusal::QueueFull));
    ack(&mut scene, "0");
    scene.send("again");
    assert_eq!(scene.fate("again"), Delivery::Sent);
}

/// 62.
#[test]
fn a_mebibyte_of_utf8_waits_and_no_more() {
    let mut scene = Scene::new();
    send_bytes(&mut scene, "a", MIB);
    assert_eq!(scene.queue_depth(), (1, MIB));
    scene.input(Input::Send(text("b", "")));
    assert_eq!(scene.fate("b"), refused(Refusal::QueueFull));

    let mut scene = Scene::new();
    // Three bytes each, two for the ids, and so one too many.
    let a_third = |id| text(id, &"€".repeat((MIB - 2) / 6));
    scene.input(Input::Send(a_third("a")));
    assert_eq!(scene.queue_depth(), (1, 1 + (MIB - 2) / 6 * 3));
    scene.input(Input::Send(a_third("b")));
    assert_eq!(scene.fate("b"), Delivery::Queued);
    let left = MIB - scene.queue_depth().1;
    send_bytes(&mut scene, "c", left + 1);
    assert_eq!(scene.fate("c"), refused(Refusal::QueueFull));
    send_bytes(&mut scene, "d", left);
    assert_eq!(scene.fate("d"), Delivery::Queued);
}

#[test]
fn an_id_is_under_way_once() {
    let mut scene = Scene::connected();
    scene.send("a");
    scene.send("a");
    assert_eq!(scene.fate("a"), refused(Refusal::Repeated));
    assert_eq!(scene.sent(), ["a"]);
    ack(&mut scene, "a");
    scene.send("a");
    assert_eq!(scene.sent(), ["a", "a"]);
}

/// 63.
#[test]
fn a_message_is_sent_for_five_minutes() {
    for (age, is_sent) in [(s(300) - ms(1), true), (s(300), true), (s(300) + ms(1), false)] {
        let mut scene = Scene::new();
        scene.send("a");
        scene.sleep(age - s(10));
        scene.input(Input::Connect);
        scene.pass(s(5));
        scene.says(SocketEvent::Opened);
        scene.pass(s(5));
        scene.message(Signal::Greeting { epoch: None, policy: NATIVE });
        assert_eq!(!scene.messages.is_empty(), is_sent, "{age:?}");
        if !is_sent {
            assert_eq!(scene.steps("a"), [Delivery::Queued, Delivery::Expired { age }]);
            assert_eq!(scene.queue_depth(), (0, 0));
        }
    }
}

/// 63.
#[test]
fn a_message_that_nobody_waits_for_is_found_to_be_too_old_within_fifteen_seconds() {
    let mut scene = Scene::new();
    scene.send("a");
    assert_eq!(scene.deadline, Some(Instant::from_origin(scene.now + s(15))));
    scene.pass(s(314));
    assert_eq!(scene.fate("a"), Delivery::Queued);
    scene.pass(s(1));
    assert_eq!(scene.fate("a"), Delivery::Expired { age: s(315) });
    assert_eq!(scene.deadline, None, "nothing is looked for where nothing waits");
}

/// 63.
#[test]
fn a_sleeping_machine_counts_too() {
    let mut scene = Scene::new();
    scene.send("a");
    scene.now += s(8 * 3_600);
    scene.input(Input::Connect);
    scene.greet("e1");
    assert!(scene.messages.is_empty());
    assert_eq!(scene.fate("a"), Delivery::Expired { age: s(8 * 3_600) });
}

#[test]
fn what_was_sent_and_never_acknowledged_is_uncertain_after_five_minutes_and_not_expired() {
    let mut scene = Scene::connected();
    scene.send("a");
    for _ in 0..32 {
        scene.pass(s(10));
        scene.message(Signal::Heartbeat { newest: None });
    }
    assert_eq!(scene.steps("a"), [Delivery::Queued, Delivery::Sent, Delivery::Uncertain]);
    assert_eq!((scene.queue_depth(), scene.messages.len()), ((0, 0), 1));
}

/// 65.
#[test]
fn what_is_too_old_makes_room_before_the_room_is_judged() {
    let mut scene = Scene::new();
    for number in 0..256 {
        scene.send(&number.to_string());
    }
    scene.now += s(300) + ms(1);
    scene.send("new");
    assert_eq!(scene.fate("0"), Delivery::Expired { age: s(300) + ms(1) });
    assert_eq!(scene.fate("new"), Delivery::Queued);
    assert_eq!(scene.queue_depth().0, 1);
}

/// 66.
#[test]
fn what_a_lost_connection_left_unsent_follows_once_and_in_order() {
    let mut scene = Scene::new();
    for id in ["a", "b", "c", "d"] {
        scene.send(id);
    }
    scene.input(Input::Connect);
    scene.greet("e1");
    // The browser took two, and then the socket was closing.
    scene.says(SocketEvent::Unsent);
    scene.says(SocketEvent::Unsent);
    assert_eq!((scene.fate("b"), scene.fate("c")), (Delivery::Sent, Delivery::Queued));
    assert_eq!(scene.fate("d"), Delivery::Queued);
    scene.send("e");
    assert_eq!(scene.sent(), ["a", "b", "c", "d"], "nothing more goes into a closing socket");
    ack(&mut scene, "a");
    ack(&mut scene, "b");
    scene.close(1006);
    reconnect(&mut scene);
    assert_eq!(scene.sent()[4..], ["c", "d", "e"]);
}

/// 66.
#[test]
fn what_may_have_arrived_is_sent_again_under_its_id_and_before_what_is_newer() {
    let mut scene = Scene::connected();
    for id in ["a", "b", "c"] {
        scene.send(id);
    }
    ack(&mut scene, "b");
    scene.close(1006);
    assert_eq!(
        (scene.fate("a"), scene.fate("b"), scene.fate("c")),
        (Delivery::Uncertain, Delivery::Acked, Delivery::Uncertain)
    );
    scene.send("d");
    reconnect(&mut scene);
    assert_eq!(scene.sent()[3..], ["a", "c", "d"]);
    ack(&mut scene, "a");
    assert_eq!(
        scene.steps("a"),
        [Delivery::Queued, Delivery::Sent, Delivery::Uncertain, Delivery::Sent, Delivery::Acked]
    );
}

/// 66.
#[test]
fn what_nobody_acknowledges_is_not_sent_again() {
    let mut scene = Scene::connected_to(UNACKED);
    scene.send("a");
    scene.pass(ms(1));
    scene.message(Signal::Other);
    scene.send("b");
    scene.close(1006);
    assert_eq!(scene.fate("a"), Delivery::Sent, "something came back after it");
    assert_eq!(scene.fate("b"), Delivery::Uncertain);
    let (_, wait, _) = scene.waiting();
    scene.pass(wait);
    scene.greet_as(UNACKED);
    assert_eq!(scene.sent(), ["a", "b"]);
    assert_eq!(scene.queue_depth(), (0, 0));
}

/// 68.
#[test]
fn nothing_is_handed_over_while_the_browser_is_a_mebibyte_behind() {
    let mut scene = Scene::with(|config| {
        config.queue_max(256, 4 * MIB);
    });
    scene.begin(NATIVE);
    send_bytes(&mut scene, "a", MIB);
    assert_eq!(scene.sent(), ["a"]);
    send_bytes(&mut scene, "b", 1);
    assert_eq!(scene.sent(), ["a", "b"], "a mebibyte is not too much");
    scene.send("c");
    scene.send("d");
    assert_eq!(scene.sent(), ["a", "b"], "a byte more is");
    assert_eq!(scene.fate("c"), Delivery::Queued);
    assert_eq!(scene.measured, 0);
    scene.pass(ms(99));
    assert_eq!(scene.measured, 0);
    scene.pass(ms(1));
    assert_eq!(scene.measured, 1);
    for bytes in [MIB, 256 * KIB] {
        scene.says(SocketEvent::Buffered(bytes as u64));
        scene.pass(ms(100));
        assert_eq!(scene.messages.len(), 2, "{bytes}");
    }
    assert_eq!(scene.measured, 3);
    scene.says(SocketEvent::Buffered(256 * KIB as u64 - 1));
    assert_eq!(scene.sent(), ["a", "b", "c", "d"]);
    scene.pass(s(10));
    assert_eq!(scene.measured, 3, "nobody asks where nothing waits");
}

/// 68.
#[test]
fn a_browser_that_does_not_keep_up_bounds_what_is_taken() {
    let mut scene = Scene::connected();
    for number in 0..100 {
        send_bytes(&mut scene, &number.to_string(), 64 * KIB);
        let id = number.to_string();
        if number < 15 {
            ack(&mut scene, &id);
        }
    }
    assert!(scene.queue_depth().1 <= MIB);
    assert_eq!(scene.messages.len(), 17, "a mebibyte and the message that made it more");
    assert_eq!(scene.fate("99"), refused(Refusal::QueueFull));
}

/// 68.
#[test]
fn a_new_socket_owes_nothing() {
    let mut scene = Scene::with(|config| {
        config.queue_max(256, 4 * MIB);
    });
    scene.begin(NATIVE);
    send_bytes(&mut scene, "a", MIB + 1);
    ack(&mut scene, "a");
    scene.send("b");
    assert_eq!(scene.sent(), ["a"]);
    scene.close(1006);
    reconnect(&mut scene);
    assert_eq!(scene.sent(), ["a", "b"]);
    scene.pass(s(10));
    assert_eq!(scene.measured, 0);
}

#[test]
fn nothing_is_sent_while_the_server_is_suspect() {
    let mut scene = Scene::connected();
    scene.pass(s(35));
    scene.check("suspect");
    scene.send("a");
    assert!(scene.messages.is_empty());
    scene.message(Signal::Pong { timestamp: None });
    assert_eq!(scene.sent(), ["a"]);
}

/// 70.
#[test]
fn a_volatile_message_is_sent_now_or_refused() {
    let places: [Place; 4] = [
        Scene::new,
        || Scene::failed(1),
        || {
            let mut scene = Scene::new();
            scene.input(Input::Connect);
            scene.says(SocketEvent::Opened);
            scene
        },
        || {
            let mut scene = Scene::connected();
            scene.pass(s(35));
            scene
        },
    ];
    for place in places {
        let mut scene = place();
        scene.input(Input::Send(volatile("v")));
        assert_eq!(scene.steps("v"), [refused(Refusal::NotConnected)]);
        assert_eq!(scene.queue_depth(), (0, 0));
    }
    let mut scene = Scene::connected();
    scene.input(Input::Send(volatile("v")));
    assert_eq!(scene.sent(), ["v"]);
    scene.close(1006);
    assert_eq!(scene.fate("v"), Delivery::Uncertain);
    reconnect(&mut scene);
    assert_eq!(scene.sent(), ["v"], "it is not sent again");
}

/// 71.
#[test]
fn what_was_for_one_session_is_not_sent_to_another() {
    let mut scene = Scene::connected();
    scene.send("sent");
    scene.says(SocketEvent::Unsent);
    scene.close(1006);
    scene.send("waiting");
    let mut uncertain = Scene::connected();
    uncertain.send("sent");
    for (scene, fate) in
        [(&mut scene, refused(Refusal::OtherSession)), (&mut uncertain, Delivery::Uncertain)]
    {
        scene.input(Input::Follow(endpoint("/other")));
        assert_eq!(scene.fate("sent"), fate);
        let sent = scene.messages.len();
        scene.greet("e1");
        scene.message(Signal::Ready);
        assert_eq!(scene.messages.len(), sent);
        assert_eq!(scene.queue_depth(), (0, 0));
        scene.send("new");
        assert_eq!(scene.sent().last(), Some(&"new"));
    }
    assert_eq!(scene.fate("waiting"), refused(Refusal::OtherSession));
}

#[test]
fn a_server_that_takes_no_messages_says_so_for_each() {
    let mut scene = Scene::new();
    scene.send("before");
    scene.begin(RECEIVE_ONLY);
    scene.send("after");
    for id in ["before", "after"] {
        assert_eq!(scene.fate(id), refused(Refusal::NotTaken));
    }
    assert_eq!(scene.queue_depth(), (0, 0));
}

#[test]
fn a_session_that_has_ended_takes_no_messages() {
    let mut scene = Scene::connected();
    scene.send("sent");
    scene.send("unsent");
    scene.says(SocketEvent::Unsent);
    scene.message(Signal::Event { seq: Some(1), identity: None, ends: Some(Outcome::Complete) });
    scene.send("after");
    for id in ["unsent", "after"] {
        assert_eq!(scene.fate(id), refused(Refusal::Ended), "{id}");
    }
    ack(&mut scene, "sent");
    assert_eq!(scene.fate("sent"), Delivery::Acked);
}

#[test]
fn what_the_end_leaves_without_an_answer_is_uncertain() {
    let mut scene = Scene::connected();
    scene.send("a");
    scene.message(Signal::Event { seq: Some(1), identity: None, ends: Some(Outcome::Complete) });
    scene.pass(s(1));
    assert_eq!(scene.fate("a"), Delivery::Uncertain);
    scene.pass(s(400));
    assert_eq!((scene.queue_depth(), scene.deadline), ((0, 0), None));
    assert_eq!(scene.steps("a").len(), 3);
}

/// 30.
#[test]
fn a_message_over_which_the_server_closes_is_sent_once() {
    for (code, refusal) in
        [(1009, Refusal::TooBig), (1003, Refusal::Unreadable), (1007, Refusal::Unreadable)]
    {
        let mut scene = Scene::connected();
        for id in ["a", "b", "c"] {
            scene.send(id);
        }
        ack(&mut scene, "a");
        scene.close(code);
        assert_eq!(scene.fate("b"), refused(refusal.clone()), "the first without an answer");
        assert_eq!(scene.fate("c"), Delivery::Uncertain);
        reconnect(&mut scene);
        assert_eq!(scene.sent()[3..], ["c"]);

        let mut scene = Scene::connected_to(UNACKED);
        scene.send("a");
        scene.send("b");
        scene.close(code);
        assert_eq!(scene.fate("a"), Delivery::Uncertain);
        assert_eq!(scene.fate("b"), refused(refusal), "the last that was sent");
    }
}

/// 30.
#[test]
fn a_close_over_a_message_is_no_broken_protocol() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    for round in 0..10 {
        scene.greet("e1");
        scene.send(&round.to_string());
        scene.close(1007);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    scene.check("connecting");
    assert_eq!(scene.messages.len(), 10);
}

/// 30.
#[test]
fn a_close_that_no_message_explains_takes_none_out() {
    let mut scene = Scene::new();
    scene.input(Input::Connect);
    scene.send("a");
    for code in [1009, 1003, 1007] {
        scene.says(SocketEvent::Opened);
        scene.close(code);
        assert_eq!(scene.fate("a"), Delivery::Queued);
        let (_, wait, _) = scene.waiting();
        scene.pass(wait);
    }
    scene.greet("e1");
    assert_eq!(scene.sent(), ["a"]);
}

#[test]
fn disconnecting_keeps_what_waits_for_the_next_connection() {
    let mut scene = Scene::connected();
    scene.send("a");
    scene.input(Input::Disconnect);
    scene.send("b");
    scene.input(Input::Connect);
    scene.greet("e1");
    assert_eq!(scene.sent(), ["a", "a", "b"]);
}

/// 70.
#[test]
fn a_volatile_message_does_not_wait_for_the_next_connection() {
    let mut choked = Scene::with(|config| {
        config.queue_max(256, 4 * MIB);
    });
    choked.begin(NATIVE);
    send_bytes(&mut choked, "a", MIB + 1);
    choked.input(Input::Send(volatile("v")));
    ack(&mut choked, "a");

    let mut closing = Scene::connected();
    closing.input(Input::Send(volatile("v")));
    closing.says(SocketEvent::Unsent);

    assert_eq!(choked.fate("v"), Delivery::Queued);
    assert_eq!(closing.fate("v"), refused(Refusal::NotConnected), "as soon as it is not sent");
    for mut scene in [choked, closing] {
        scene.close(1006);
        assert_eq!(scene.fate("v"), refused(Refusal::NotConnected));
        let sent = scene.messages.len();
        reconnect(&mut scene);
        assert_eq!(scene.messages.len(), sent);
        assert_eq!(scene.queue_depth(), (0, 0));
    }
}

#[test]
fn what_could_not_be_sent_again_may_still_have_arrived_before() {
    let mut scene = Scene::connected();
    scene.send("a");
    scene.close(1006);
    reconnect(&mut scene);
    assert_eq!(scene.sent(), ["a", "a"]);
    scene.says(SocketEvent::Unsent);
    assert_eq!(scene.fate("a"), Delivery::Uncertain, "the first time it was sent");
    scene.close(1006);
    reconnect(&mut scene);
    assert_eq!(scene.sent(), ["a", "a", "a"]);
    scene.says(SocketEvent::Unsent);
    scene.close(1006);
    scene.input(Input::Disconnect);
    scene.pass(s(400));
    assert_eq!(scene.fate("a"), Delivery::Uncertain, "that is not the same as expired");
}

#[test]
fn a_closing_socket_is_not_asked_what_it_has_sent() {
    let mut scene = Scene::with(|config| {
        config.queue_max(256, 4 * MIB);
    });
    scene.begin(NATIVE);
    send_bytes(&mut scene, "a", MIB + 1);
    scene.says(SocketEvent::Unsent);
    scene.pass(s(10));
    assert_eq!(scene.measured, 0);
}

#[test]
fn a_message_of_unknown_fate_is_queued_until_it_is_too_old_to_be_sent_again() {
    let mut scene = Scene::connected();
    let is_queued = |scene: &Scene| scene.connection.is_queued("m1");
    assert!(!is_queued(&scene));
    scene.input(Input::Send(Outgoing {
        id: "m1".to_owned(),
        content: Content::Text("hello".to_owned()),
        sent_at: 0,
        is_volatile: false,
    }));
    scene.close(1006);
    let fate = |delivery| Event::Delivery { id: "m1".to_owned(), delivery };
    assert_eq!(scene.events.iter().filter(|&it| *it == fate(Delivery::Uncertain)).count(), 1);
    assert!(is_queued(&scene));
    scene.pass(s(330));
    assert!(!is_queued(&scene));
}
