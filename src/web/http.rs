//! Requests to the page's own server, and the JSON of its answers.

use std::fmt;

use js_sys::{Array, JSON, Object, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// How long a request may take, in milliseconds.
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

/// What becomes of a request.
pub type Answered = Box<dyn FnOnce(Result<Json, HttpError>)>;

/// Fetches what is at a root-relative path.
pub fn get(path: String, answered: Answered) {
    spawn_local(async move { answered(request("GET", &path, None).await) });
}

/// Posts to a root-relative path; the body is an object of one field, or of none.
pub fn post(path: String, field: Option<(&'static str, String)>, answered: Answered) {
    let body = field
        .and_then(|(name, value)| JSON::stringify(&object(name, &value)).ok())
        .map_or_else(|| "{}".to_owned(), String::from);
    spawn_local(async move { answered(request("POST", &path, Some(body)).await) });
}

/// An object of one field.
fn object(name: &str, value: &str) -> JsValue {
    let object = Object::new();
    // Fails only for an object that may not be changed.
    let _ = Reflect::set(&object, &name.into(), &value.into());
    object.into()
}

async fn request(method: &str, path: &str, body: Option<String>) -> Result<Json, HttpError> {
    let (status, text) = exchange(method, path, body).await.map_err(|_| HttpError::Unreachable)?;
    let answer = Json(JSON::parse(&text).unwrap_or(JsValue::NULL));
    match status {
        200..=299 => Ok(answer),
        // A proxy whose server is down answers in its stead, with one of these.
        502..=504 => Err(HttpError::Unreachable),
        _ => {
            Err(HttpError::Refused(answer.text("error").unwrap_or_else(|| {
                format!("The server refused with status {}.", u64::from(status))
            })))
        }
    }
}

/// One request, and the status and text of its answer; an error when there is none.
async fn exchange(
    method: &str,
    path: &str,
    body: Option<String>,
) -> Result<(u16, String), JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    if let Some(body) = body {
        init.set_body(&body.into());
        init.set_headers(&object("content-type", "application/json"));
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await?;
    let response: Response = answer.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
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
