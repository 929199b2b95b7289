//! Messages that the browser did not send.

use super::scene::*;

#[test]
fn a_volatile_message_that_was_not_sent_is_refused_and_not_kept_for_later() {
    let mut scene = Scene::connected();
    scene.input(Input::Send(Outgoing {
        id: "m".to_owned(),
        content: Content::Text("typing".to_owned()),
        sent_at: 0,
        is_volatile: true,
    }));
    scene.says(SocketEvent::Unsent);
    let delivery = Delivery::Refused(Refusal::NotConnected);
    assert_eq!(scene.count(&Event::Delivery { id: "m".to_owned(), delivery }), 1);
    assert_eq!(scene.connection.queue().messages, 0);
}

#[test]
fn a_message_that_may_have_arrived_stays_uncertain_when_sending_it_again_fails() {
    let mut scene = Scene::connected();
    scene.input(Input::Send(Outgoing {
        id: "m".to_owned(),
        content: Content::Text("once".to_owned()),
        sent_at: 0,
        is_volatile: false,
    }));
    scene.close(1006);
    scene.pass(s(1));
    scene.greet("e1");
    scene.says(SocketEvent::Unsent);
    scene.close(1006);
    scene.input(Input::Page(PageEvent::Left));
    scene.pass(s(400));
    let fates: Vec<_> = scene
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Delivery { delivery, .. } => Some(delivery.clone()),
            _ => None,
        })
        .collect();
    let (sent, uncertain) = (Delivery::Sent, Delivery::Uncertain);
    assert_eq!(fates, [Delivery::Queued, sent.clone(), uncertain.clone(), sent, uncertain]);
    assert_eq!(scene.connection.queue().messages, 0);
}
