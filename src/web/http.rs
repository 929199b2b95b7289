//! Requests by HTTP, and the JSON of their answers.

use std::fmt;

use js_sys::{Array, Function, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::XmlHttpRequest;

use crate::connection::Token;

/// How long a request of a view may take, in milliseconds.
const TIMEOUT_MS: u32 = 10_000;

/// Why there is no answer that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// Nobody answered, or not in time.
    Unreachable,
    /// The server refused; what it said, else the status.
    Refused(String),
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreachable => "The server cannot be reached.",
            Self::Refused(words) => words,
        })
    }
}

/// What becomes of a request. Called once: when the request has ended, or at once when it cannot even
/// begin.
pub type Answered = Box<dyn FnOnce(Result<Json, HttpError>)>;

/// Fetches what is at a root-relative path.
pub fn get(path: &str, answered: Answered) {
    request("GET", path, None, answered);
}

/// Posts to a root-relative path; the body is an object of one field, or of none.
pub fn post(path: &str, field: Option<(&str, &str)>, answered: Answered) {
    let body = Object::new();
    if let Some((name, value)) = field {
        // Fails only for an object that may not be changed.
        let _ = Reflect::set(&body, &name.into(), &value.into());
    }
    let body = JSON::stringify(&body).map_or_else(|_| "{}".to_owned(), String::from);
    request("POST", path, Some(&body), answered);
}

/// Fetches what is at an address, as text. `answered` gets the status, 0 when there was no answer,
/// and the body; at once when the request cannot even begin. It may take as long as it is kept.
pub(super) fn fetch(
    url: &str,
    token: Option<&Token>,
    answered: impl FnOnce(u16, String) + 'static,
) -> Option<Request> {
    // Fails in no browser.
    let request = XmlHttpRequest::new().ok()?;
    let ended = Closure::once({
        let request = request.clone();
        move || answered(status(&request), body(&request))
    });
    begin(&request, ended.as_ref().unchecked_ref(), "GET", url, token, None);
    Some(Request { request, _ended: ended })
}

/// A request that may be under way. Dropping it ends it, and nothing of it is heard of again.
pub(super) struct Request {
    request: XmlHttpRequest,
    _ended: Closure<dyn FnMut()>,
}

impl Drop for Request {
    fn drop(&mut self) {
        self.request.set_onloadend(None);
        // Ending what has ended already is no error.
        let _ = self.request.abort();
    }
}

/// One request and its answer. By `XMLHttpRequest`, which tells the end of a request by one event
/// whatever the end is: what promises take instead is a hundredth of the page.
fn request(method: &str, path: &str, body: Option<&str>, answered: Answered) {
    // Fails in no browser.
    let Ok(request) = XmlHttpRequest::new() else { return };
    request.set_timeout(TIMEOUT_MS);
    let ended = Closure::once_into_js({
        let request = request.clone();
        move || answered(answer(&request))
    });
    begin(&request, ended.unchecked_ref(), method, path, None, body);
}

fn begin(
    request: &XmlHttpRequest,
    ended: &Function,
    method: &str,
    url: &str,
    token: Option<&Token>,
    body: Option<&str>,
) {
    request.set_onloadend(Some(ended));
    if start(request, method, url, token, body).is_err() {
        // It never began, so that it will not tell of its end.
        let _ = ended.call0(&JsValue::NULL);
    }
}

fn start(
    request: &XmlHttpRequest,
    method: &str,
    url: &str,
    token: Option<&Token>,
    body: Option<&str>,
) -> Result<(), JsValue> {
    request.open(method, url)?;
    if let Some(Token(token)) = token {
        request.set_request_header("authorization", &format!("Bearer {token}"))?;
    }
    if body.is_some() {
        request.set_request_header("content-type", "application/json")?;
    }
    request.send_with_opt_str(body)
}

fn answer(request: &XmlHttpRequest) -> Result<Json, HttpError> {
    let status = status(request);
    let answer = Json(JSON::parse(&body(request)).unwrap_or(JsValue::NULL));
    match status {
        200..=299 => Ok(answer),
        // A proxy whose server is down answers in its stead, with one of the higher ones.
        0 | 502..=504 => Err(HttpError::Unreachable),
        _ => {
            Err(HttpError::Refused(answer.text("error").unwrap_or_else(|| {
                format!("The server refused with status {}.", u64::from(status))
            })))
        }
    }
}

/// Zero when there is no answer.
fn status(request: &XmlHttpRequest) -> u16 {
    request.status().unwrap_or(0)
}

fn body(request: &XmlHttpRequest) -> String {
    request.response_text().ok().flatten().unwrap_or_default()
}

/// JSON as the browser reads it: what is not there, or is something else, is `None`.
#[derive(Clone, Debug)]
pub struct Json(JsValue);

impl Json {
    fn field(&self, name: &str) -> Option<JsValue> {
        Reflect::get(&self.0, &name.into()).ok()
    }

    /// The string in this field.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.as_string()
    }

    /// The elements of the array in this field.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.field(name).map(Self).map(|value| value.items()).unwrap_or_default()
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        self.0.dyn_ref::<Array>().map(|array| array.iter().map(Self).collect()).unwrap_or_default()
    }

    /// Its text, with line breaks and indentation.
    #[must_use]
    pub fn pretty(&self) -> String {
        JSON::stringify_with_replacer_and_space(&self.0, &JsValue::NULL, &2.into())
            .map_or_else(|_| String::new(), String::from)
    }
}
