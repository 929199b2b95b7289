//! A browser to test in: real, but for its sockets and requests, which are a test's own.

use agent_activity::{
    connection::{Endpoint, EndpointError},
    ui::Follow,
};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement};

#[wasm_bindgen(module = "/tests/web/browser.js")]
extern "C" {
    /// A socket of the page, whose server is the test.
    #[derive(Clone, Debug)]
    pub(super) type FakeSocket;

    #[wasm_bindgen(method, getter)]
    pub(super) fn url(this: &FakeSocket) -> String;
    #[wasm_bindgen(method, getter)]
    fn sent(this: &FakeSocket) -> js_sys::Array;
    /// The code that the page closed it with.
    #[wasm_bindgen(method, getter, js_name = closeCode)]
    pub(super) fn close_code(this: &FakeSocket) -> Option<u16>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn handlers(this: &FakeSocket) -> u32;
    #[wasm_bindgen(method)]
    pub(super) fn accept(this: &FakeSocket);
    /// The page gets a text frame.
    #[wasm_bindgen(method, js_name = receive)]
    pub(super) fn receive_text(this: &FakeSocket, text: &str);
    #[wasm_bindgen(method, js_name = receiveBytes)]
    pub(super) fn receive_bytes(this: &FakeSocket, count: u32);
    /// The page gets a text frame in an event that is not the browser's.
    #[wasm_bindgen(method, js_name = receiveForeign)]
    pub(super) fn receive_foreign(this: &FakeSocket, text: &str);
    #[wasm_bindgen(method, js_name = receiveAll)]
    fn receive_texts(this: &FakeSocket, texts: js_sys::Array) -> js_sys::Promise;
    #[wasm_bindgen(method, js_name = beginEnd)]
    pub(super) fn begin_end(this: &FakeSocket);
    /// The next frame makes it close instead of being sent.
    #[wasm_bindgen(method, js_name = breakAtSend)]
    pub(super) fn break_at_send(this: &FakeSocket);
    /// What the browser says that it has not sent yet, in bytes.
    #[wasm_bindgen(method, setter, js_name = bufferedAmount)]
    pub(super) fn set_buffered(this: &FakeSocket, bytes: u32);
    #[wasm_bindgen(method)]
    pub(super) fn fail(this: &FakeSocket);
    #[wasm_bindgen(method)]
    pub(super) fn end(this: &FakeSocket, code: u16);

    /// Counts how often an attribute of an element is written.
    pub(super) type Writes;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(element: &Element, attribute: &str) -> Writes;
    #[wasm_bindgen(method, getter)]
    pub(super) fn count(this: &Writes) -> u32;

    /// Puts a text into a field.
    pub(super) fn write(field: &Element, text: &str);
    /// The text in a field.
    pub(super) fn written(field: &Element) -> String;
    /// Puts a value into a field, which tells of it by an event of this name.
    pub(super) fn enter(field: &Element, value: &str, event: &str);
    fn permit(now: &str, when_asked: &str);
    #[wasm_bindgen(js_name = permissionAsked)]
    fn permission_asked() -> u32;
    #[wasm_bindgen(js_name = noticesShown)]
    fn notices_shown() -> Vec<String>;
    /// Somebody chooses a file of this name and content.
    pub(super) fn choose(field: &Element, name: &str, text: &str);
    #[wasm_bindgen(js_name = press)]
    fn press_with(element: &Element, key: &str, init: &JsValue) -> bool;
    fn hasten(times: f64);
    #[wasm_bindgen(js_name = savedFiles)]
    fn saved_files() -> js_sys::Promise;

    fn take();
    #[wasm_bindgen(js_name = giveBack)]
    fn give_back();
    #[wasm_bindgen(js_name = allSockets)]
    fn all_sockets() -> js_sys::Array;
    #[wasm_bindgen(js_name = refuseSockets)]
    fn refuse_sockets(name: Option<&str>);
    fn answer(path: &str, body: &str);
    #[wasm_bindgen(js_name = realNow)]
    pub(super) fn real_now() -> f64;
    #[wasm_bindgen(js_name = holdAnswer)]
    fn hold_answer(path: &str);
    #[wasm_bindgen(js_name = holdTasks)]
    fn hold_tasks();
    #[wasm_bindgen(js_name = runTasks)]
    fn run_tasks() -> u32;
    fn requested() -> js_sys::Array;
    #[wasm_bindgen(js_name = headerOf)]
    fn header_of(index: u32, name: &str) -> Option<String>;
    #[wasm_bindgen(js_name = requestsUnderWay)]
    fn requests_under_way() -> u32;
    #[wasm_bindgen(js_name = useRealSockets)]
    fn use_real_sockets();
    #[wasm_bindgen(js_name = forbidSockets)]
    fn forbid_sockets();
    fn violate(directive: &str, blocked: &str, disposition: &str);
    #[wasm_bindgen(js_name = setVisible)]
    fn set_visible(is_visible: bool);
    #[wasm_bindgen(js_name = setOnline)]
    fn set_online(is_online: bool);
    #[wasm_bindgen(js_name = beginToLeave)]
    fn begin_to_leave() -> bool;
    fn leave(persisted: bool);
    #[wasm_bindgen(js_name = comeBack)]
    fn come_back(persisted: bool);
    fn freeze();
    fn thaw();
    #[wasm_bindgen(js_name = letShare)]
    fn let_share();
    #[wasm_bindgen(js_name = isLocked)]
    fn is_locked() -> js_sys::Promise;
    #[wasm_bindgen(js_name = timersFired)]
    fn timers_fired() -> u32;
    #[wasm_bindgen(js_name = goTo)]
    fn go_to(query: &str);
    fn leftovers() -> String;
    fn failed() -> String;
    #[wasm_bindgen(js_name = pass)]
    fn pass_promise(milliseconds: u32) -> js_sys::Promise;
    #[wasm_bindgen(js_name = painted)]
    fn painted_promise() -> js_sys::Promise;
    fn wear(css: &str);
    #[wasm_bindgen(js_name = all)]
    fn all_in(root: &Element, selector: &str) -> js_sys::Array;
    #[wasm_bindgen(js_name = isVisible)]
    pub(super) fn is_visible(element: &Element) -> bool;
    #[wasm_bindgen(js_name = box)]
    fn box_of(element: &Element) -> Vec<f64>;
}

impl FakeSocket {
    /// The page gets a frame.
    pub(super) fn receive(&self, frame: &Value) {
        self.receive_text(&frame.to_string());
    }

    /// The page gets frames in one task, each before the next.
    pub(super) async fn receive_all(&self, frames: impl Iterator<Item = Value>) {
        let texts = frames.map(|frame| JsValue::from(frame.to_string())).collect();
        wait(self.receive_texts(texts)).await;
    }

    /// What the page sent, all of which must be JSON in text frames.
    pub(super) fn sent_json(&self) -> Vec<Value> {
        let read = |frame: JsValue| {
            serde_json::from_str(&frame.as_string().expect("a text frame")).expect("JSON")
        };
        self.sent().iter().map(read).collect()
    }

    /// The server takes the connection, introduces itself, and has nothing of the past.
    pub(super) fn greet(&self) {
        self.accept();
        self.receive(&hello("e1"));
        self.receive(&ready());
    }
}

/// The test's browser in place of the real one, for as long as the value lives.
pub(super) struct Browser(());

impl Browser {
    pub(super) fn take() -> Self {
        // A test that failed before this one could not tidy up.
        give_back();
        for host in all_in(&root(), "[data-test-host]") {
            host.unchecked_into::<Element>().remove();
        }
        take();
        Self(())
    }

    pub(super) fn sockets(&self) -> Vec<FakeSocket> {
        all_sockets().iter().map(JsCast::unchecked_into).collect()
    }

    /// The socket that the page made last.
    pub(super) fn socket(&self) -> FakeSocket {
        self.sockets().pop().expect("the page has made a socket")
    }

    /// The next sockets cannot be made, or can be again.
    pub(super) fn refuse_sockets(&self, name: Option<&str>) {
        refuse_sockets(name);
    }

    /// Requests for this path are answered with this; those for others, with 404.
    pub(super) fn answer(&self, path: &str, body: &Value) {
        answer(path, &body.to_string());
    }

    /// Requests for this path are not answered.
    pub(super) fn hold_answer(&self, path: &str) {
        hold_answer(path);
    }

    /// Tasks that the page asks for are run when the test says so.
    pub(super) fn hold_tasks(&self) {
        hold_tasks();
    }

    /// Runs those that the page has asked for; how many there were.
    pub(super) fn run_tasks(&self) -> u32 {
        run_tasks()
    }

    /// A header of a request, by the request's place.
    pub(super) fn header_of(&self, request: u32, name: &str) -> Option<String> {
        header_of(request, name)
    }

    /// How many requests have not ended.
    pub(super) fn requests_under_way(&self) -> u32 {
        requests_under_way()
    }

    /// The page's own policy forbids sockets, which are real ones from now on.
    pub(super) fn forbid_sockets(&self) {
        use_real_sockets();
        forbid_sockets();
    }

    /// The browser reports that the page's policy was violated.
    pub(super) fn violate(&self, directive: &str, blocked: &str, disposition: &str) {
        violate(directive, blocked, disposition);
    }

    /// The page is seen again.
    pub(super) fn show(&self) {
        set_visible(true);
    }

    /// The page is no longer seen.
    pub(super) fn hide(&self) {
        set_visible(false);
    }

    /// The machine has a network, or has none.
    pub(super) fn set_online(&self, is_online: bool) {
        set_online(is_online);
    }

    /// The page is left, and may be kept for the way back.
    /// The page is about to be left, and is not; whether it objected.
    pub(super) fn begin_to_leave(&self) -> bool {
        begin_to_leave()
    }

    pub(super) fn leave(&self) {
        leave(true);
    }

    /// The page is shown, after it was kept or after it was loaded.
    pub(super) fn come_back(&self, persisted: bool) {
        come_back(persisted);
    }

    /// The page is frozen.
    pub(super) fn freeze(&self) {
        freeze();
    }

    /// The page runs again.
    pub(super) fn thaw(&self) {
        thaw();
    }

    /// The method and path of each request.
    pub(super) fn requests(&self) -> Vec<String> {
        requested().iter().filter_map(|request| request.as_string()).collect()
    }

    /// Pages share sockets from now on, where their server bears only one.
    pub(super) fn let_share(&self) {
        let_share();
    }

    /// Whether a lock is held or waited for.
    pub(super) async fn is_locked(&self) -> bool {
        let is_locked = JsFuture::from(is_locked()).await.expect("a browser with locks");
        is_locked.as_bool().unwrap_or(true)
    }

    /// How often any timer or frame has fired.
    pub(super) fn timers_fired(&self) -> u32 {
        timers_fired()
    }

    /// Time passes so many times as fast, as far as the page can tell, for what is mounted from now
    /// on.
    pub(super) fn hasten(&self, times: f64) {
        hasten(times);
    }

    /// The name, media type and text of each file that the page let somebody save.
    pub(super) async fn saved_files(&self) -> Vec<[String; 3]> {
        let files = JsFuture::from(saved_files()).await.expect("files that can be read");
        let text = |value: JsValue| value.as_string().expect("a text");
        let read = |file: JsValue| {
            let parts = js_sys::Array::from(&file);
            [0, 1, 2].map(|index| text(parts.get(index)))
        };
        js_sys::Array::from(&files).iter().map(read).collect()
    }

    /// The page's address is from now on the same with this query.
    pub(super) fn go_to(&self, query: &str) {
        go_to(query);
    }

    /// What the page may do with notifications, and what it may once it has asked.
    pub(super) fn permit(&self, now: &str, when_asked: &str) {
        permit(now, when_asked);
    }

    /// How often it has asked.
    pub(super) fn permission_asked(&self) -> u32 {
        permission_asked()
    }

    /// The notifications that are shown at present: title and words.
    pub(super) fn notices(&self) -> Vec<String> {
        notices_shown()
    }

    /// Mounts a component that follows the session `s`.
    pub(super) async fn follow(&self) -> Mounted {
        self.follow_at(endpoint()).await
    }

    /// Mounts a component in which messages can be written.
    pub(super) async fn compose(&self) -> Mounted {
        let endpoint = endpoint();
        self.mount(move || {
            view! { <Follow endpoint session="s".to_owned() is_own_server=false composer=true /> }
        })
        .await
    }

    pub(super) async fn follow_at(&self, endpoint: Result<Endpoint, EndpointError>) -> Mounted {
        self.mount(move || {
            view! { <Follow endpoint session="s".to_owned() is_own_server=false /> }
        })
        .await
    }

    /// Mounts a view in the page's own style.
    pub(super) async fn mount<V: IntoView + 'static>(
        &self,
        view: impl FnOnce() -> V + 'static,
    ) -> Mounted {
        wear(STYLE);
        let host: HtmlElement =
            document().create_element("div").expect("an element").unchecked_into();
        host.set_attribute("data-test-host", "").expect("a good name");
        root().append_child(&host).expect("a place in the document");
        let handle = mount_to(host.clone(), view);
        let mounted = Mounted { host, unmount: Some(Box::new(move || drop(handle))) };
        turn().await;
        mounted
    }

    /// Nothing that a component made is left, be it seen or not, and nothing was thrown.
    pub(super) fn check_nothing_left(&self) {
        assert_eq!(leftovers(), "");
    }

    /// Nothing is under way: all that there is listens to the page.
    pub(super) fn check_only_listens(&self) {
        let left = leftovers();
        assert!(left.ends_with(" listeners") && !left.contains(','), "{left}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        give_back();
        assert_eq!(failed(), "", "what nobody caught");
    }
}

const STYLE: &str = concat!(
    include_str!("../../style/tokens.css"),
    include_str!("../../style/base.css"),
    include_str!("../../style/controls.css"),
    include_str!("../../style/status.css"),
    include_str!("../../style/phases.css"),
    include_str!("../../style/outcome.css"),
    include_str!("../../style/log.css"),
    include_str!("../../style/deferred-composer.css"),
    include_str!("../../style/deferred-rich.css"),
    include_str!("../../style/deferred-rows.css"),
    include_str!("../../style/deferred-timeline.css"),
    include_str!("../../style/deferred-tools.css"),
);

/// A view in the document, until the value is dropped.
pub(super) struct Mounted {
    host: HtmlElement,
    unmount: Option<Box<dyn FnOnce()>>,
}

impl Mounted {
    /// The component's root element.
    pub(super) fn root(&self) -> Element {
        self.one("agent-activity, [data-agent-activity]")
    }

    /// An attribute of the component's root element.
    pub(super) fn data(&self, name: &str) -> Option<String> {
        self.root().get_attribute(&format!("data-{name}"))
    }

    /// The elements that match, in order.
    pub(super) fn all(&self, selector: &str) -> Vec<HtmlElement> {
        all_in(&self.host, selector).iter().map(JsCast::unchecked_into).collect()
    }

    /// The one element that matches.
    pub(super) fn one(&self, selector: &str) -> Element {
        let mut found = self.all(selector);
        assert_eq!(found.len(), 1, "elements that match {selector}");
        found.remove(0).unchecked_into()
    }

    /// The one visible element of this kind whose name begins so.
    pub(super) fn named(&self, selector: &str, name: &str) -> Option<HtmlElement> {
        let mut found = self.all(selector);
        found.retain(|element| is_visible(element) && name_of(element).starts_with(name));
        assert!(found.len() <= 1, "more than one {selector} is named {name}");
        found.pop()
    }

    pub(super) fn button(&self, name: &str) -> Option<HtmlElement> {
        self.named("button", name)
    }

    pub(super) fn log(&self) -> HtmlElement {
        self.named("[role=log]", "Activity").expect("the log")
    }

    /// The rows in the document: entries by their numbers, markers by name and count.
    pub(super) fn rows(&self) -> Vec<String> {
        let describe = |row: HtmlElement| {
            let get = |name| row.get_attribute(name);
            match (get("data-marker"), get("data-count"), get("data-seq")) {
                (Some(marker), None, None) => marker,
                (Some(marker), Some(count), None) => format!("{marker} {count}"),
                (None, None, Some(seq)) => seq,
                (None, None, None) => "no number".to_owned(),
                odd => panic!("a row is an entry or a marker: {odd:?}"),
            }
        };
        self.all("[role=log] li").into_iter().map(describe).collect()
    }

    /// All that can be read.
    pub(super) fn text(&self) -> String {
        self.host.inner_text()
    }

    /// Waits, frame by frame, until that is so.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        until(what, || is_so(self)).await;
    }

    /// Waits until the connection is in the state of this name.
    pub(super) async fn until_connection(&self, state: &str) {
        self.until(state, |page| page.data("connection").as_deref() == Some(state)).await;
    }

    /// Waits until so many entries are counted.
    pub(super) async fn until_entries(&self, count: u64) {
        let count = count.to_string();
        self.until("entries", |page| page.data("entries").as_deref() == Some(&count)).await;
    }

    /// Takes the view away; whether nothing of it stays in the document.
    pub(super) fn unmount(mut self) -> bool {
        self.unmount.take().expect("it is mounted")();
        let is_empty = !self.host.has_child_nodes();
        self.host.remove();
        is_empty
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(unmount) = self.unmount.take() {
            unmount();
        }
        self.host.remove();
    }
}

/// What assistive technology calls the element, as far as this page goes.
fn name_of(element: &Element) -> String {
    let text = || element.text_content().unwrap_or_default().trim().to_owned();
    element.get_attribute("aria-label").unwrap_or_else(text)
}

/// Presses a key on an element, with properties of the event; whether the browser may then do what
/// it does with that key.
pub(super) fn press(element: &Element, key: &str, properties: &[&'static str]) -> bool {
    let init = js_sys::Object::new();
    for property in properties {
        js_sys::Reflect::set(&init, &(*property).into(), &true.into()).expect("an own object");
    }
    press_with(element, key, &init)
}

/// The top and bottom of an element on screen, in pixels.
pub(super) fn extent(element: &Element) -> (f64, f64) {
    let edges = box_of(element);
    (edges[0], edges[1])
}

/// The left and right side of an element on screen, in pixels.
pub(super) fn sides(element: &Element) -> (f64, f64) {
    let edges = box_of(element);
    (edges[2], edges[3])
}

fn root() -> Element {
    document().document_element().expect("a document")
}

pub(super) fn endpoint() -> Result<Endpoint, EndpointError> {
    Endpoint::resolve("http://h/", "http://h/", "/ws", "s")
}

async fn wait(promise: js_sys::Promise) {
    JsFuture::from(promise).await.expect("a promise that is kept");
}

/// Lets time pass.
pub(super) async fn pass(milliseconds: u32) {
    wait(pass_promise(milliseconds)).await;
}

/// Lets everything happen that needs no time.
pub(super) async fn turn() {
    pass(0).await;
}

/// Lets the browser paint what there is to be painted.
pub(super) async fn painted() {
    wait(painted_promise()).await;
}

/// Waits, frame by frame, until that is so.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    const PATIENCE_MS: f64 = 10_000.0;
    let began = real_now();
    while !is_so() {
        assert!(real_now() - began < PATIENCE_MS, "waited too long: {what}");
        painted().await;
    }
}

// What the server says.

pub(super) fn hello(epoch: &str) -> Value {
    json!({"type":"hello", "session":"s", "epoch":epoch, "oldest":0, "newest":0, "heartbeat_s":30})
}

pub(super) fn ready() -> Value {
    json!({"type":"ready", "message":"Live from here on"})
}

pub(super) fn log_event(seq: u64) -> Value {
    json!({"type":"log", "seq":seq, "agent":"alice", "timestamp":"2026-01-02T03:04:05Z",
           "message":format!("message {seq}")})
}

/// `event` with a number.
pub(super) fn numbered(seq: u64, mut event: Value) -> Value {
    event["seq"] = seq.into();
    event
}
