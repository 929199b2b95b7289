//! Pages of one browser that share a socket, by its own locks and channels.

use agent_activity::{activity::Row, connection::State, web::Driver};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, endpoint, hello, log_event, pass, ready, until},
    driven::Driven,
};

const LIST: &str = "http://h/api/strategy/events/s?from=0";

/// An event of a server that bears one socket.
fn event(number: u32) -> Value {
    json!({"type":"agent_progress", "agent":"a", "message":format!("{number}"),
        "timestamp":format!("2026-01-01T00:00:00.{number:06}")})
}

/// Its list of events, as it stands in the answer to a request.
fn list(events: &[Value]) -> Value {
    json!({"events":events, "total":events.len(), "from":0, "session_active":true})
}

fn page(browser: &Browser) -> Driven {
    browser.let_share();
    Driven::new(|_| {})
}

/// What a page shows, entry by entry.
fn shown(driver: &Driver) -> Vec<String> {
    let session = driver.session();
    let log = &session.activity().log;
    let entry = |index| match log.row(index) {
        Some(Row::Entry(entry)) => Some(entry.message.to_owned()),
        _ => None,
    };
    (0..log.rows()).filter_map(entry).collect()
}

async fn until_shown(page: &Driven, count: usize) {
    until("its events", || shown(&page.driver).len() == count).await;
}

/// A page that leads, and one that has joined it.
async fn two_pages(browser: &Browser) -> [Driven; 2] {
    let before = browser.sockets().len();
    let first = page(browser);
    until("the first page's socket", || browser.sockets().len() == before + 1).await;
    browser.socket().accept();
    for frame in [event(1), ready(), event(2)] {
        browser.socket().receive(&frame);
    }
    let second = page(browser);
    until_shown(&second, 2).await;
    [first, second]
}

#[wasm_bindgen_test]
async fn two_pages_share_the_socket_of_a_server_that_bears_only_one() {
    let browser = Browser::take();
    let [first, second] = two_pages(&browser).await;
    browser.socket().receive(&event(3));
    until_shown(&second, 3).await;
    for page in [&first, &second] {
        assert_eq!(
            (page.stands(), shown(&page.driver)),
            ("connected", ["1", "2", "3"].map(str::to_owned).into())
        );
    }
    assert_eq!(second.driver.session().counters().joined, 1);
    browser.socket().receive(&json!({"type":"complete", "agent":"a", "message":"4"}));
    until_shown(&second, 4).await;
    assert_eq!([&first, &second].map(Driven::stands), ["ended"; 2]);
    assert_eq!(browser.sockets().len(), 1);
    assert!(browser.socket().sent_json().is_empty(), "such a server does not read");
}

#[wasm_bindgen_test]
async fn a_page_that_is_gone_is_followed_by_the_next() {
    let browser = Browser::take();
    for is_told in [true, false] {
        let [first, second] = two_pages(&browser).await;
        browser.answer(LIST, &list(&[event(1), event(2), event(3)]));
        let before = browser.sockets().len();
        if is_told {
            first.driver.disconnect();
        } else {
            drop(first);
        }
        until("the second page's socket", || browser.sockets().len() == before + 1).await;
        assert_eq!(shown(&second.driver), ["1", "2", "3"], "its list is read first");
        browser.socket().accept();
        for frame in [event(1), event(2), event(3), ready(), event(4)] {
            browser.socket().receive(&frame);
        }
        until_shown(&second, 4).await;
        assert_eq!(second.stands(), "connected");
        second.driver.disconnect();
        drop(second);
        pass(20).await;
        assert!(!browser.is_locked().await);
    }
}

#[wasm_bindgen_test]
async fn a_server_that_bears_any_number_gets_a_socket_from_each() {
    let browser = Browser::take();
    let first = page(&browser);
    let second = page(&browser);
    until("the first page's socket", || !browser.sockets().is_empty()).await;
    pass(50).await;
    assert_eq!(browser.sockets().len(), 1, "it is not known yet what the server bears");
    assert_eq!(second.stands(), "connecting");
    browser.socket().accept();
    browser.socket().receive(&hello("e1"));
    until("the second page's socket", || browser.sockets().len() == 2).await;
    browser.socket().greet();
    browser.sockets()[0].receive(&ready());
    for socket in browser.sockets() {
        socket.receive(&log_event(1));
    }
    assert_eq!(
        [&first, &second].map(|page| (page.stands(), page.entries())),
        [("connected", 1); 2]
    );
    // The browser gives a lock back in its own time.
    let mut waits = 0;
    while browser.is_locked().await {
        waits += 1;
        assert!(waits < 500, "nobody waits for anybody any more");
        pass(10).await;
    }
    let third = page(&browser);
    until("the third page's socket", || browser.sockets().len() == 3).await;
    drop(third);
}

#[wasm_bindgen_test]
async fn a_page_that_leaves_its_socket_to_another_leaves_nothing_behind() {
    let browser = Browser::take();
    browser.let_share();
    for round in 0..40 {
        let pages = [page(&browser), page(&browser), page(&browser)];
        if round % 2 == 0 {
            until("a socket", || browser.sockets().len() > round / 2).await;
            browser.socket().accept();
            browser.socket().receive(&ready());
        }
        drop(pages);
        browser.check_nothing_left();
    }
    pass(20).await;
    assert!(!browser.is_locked().await);
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn what_is_said_on_the_channel_by_somebody_else_is_ignored() {
    let browser = Browser::take();
    let [_first, second] = two_pages(&browser).await;
    let url = endpoint().expect("a good address").socket_url(None);
    let stranger =
        web_sys::BroadcastChannel::new(&format!("agent-activity 1 {url}")).expect("a channel");
    let words = [
        json!(null),
        json!("frame"),
        json!({}),
        json!([]),
        json!([1, "frame"]),
        json!([1, "frame", 2]),
        json!([1, "frame", "{\"type\":\"complete\"}"]),
        json!([1, "closed", 1000]),
        json!([1, "past", -1, 2, 3]),
        json!([1, "past", 0, true, ["{\"type\":\"complete\"}", 7]]),
        json!([1, "sing"]),
        json!(["a", "ask"]),
    ];
    for word in words {
        let word = js_sys::JSON::parse(&word.to_string()).expect("JSON");
        stranger.post_message(&word).expect("what can be cloned");
    }
    pass(50).await;
    stranger.close();
    assert_eq!((second.state(), shown(&second.driver).len()), (State::Connected, 2));
}
