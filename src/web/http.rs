//! Requests to the page's own server.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

/// How long a request may take, in milliseconds.
const TIMEOUT_MS: u32 = 10_000;

/// Why there is no answer that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// Nobody answered, or not in time.
    Unreachable,
    /// The server refused; what it said, else the status.
    Refused {
        /// The status of the answer.
        status: u16,
        /// The server's `error`, in words.
        message: Option<String>,
    },
    /// The answer could not be read; why.
    Unreadable(String),
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => formatter.write_str("The server cannot be reached."),
            Self::Refused { message: Some(message), .. } => formatter.write_str(message),
            Self::Refused { status, message: None } => {
                write!(formatter, "The server refused with status {status}.")
            }
            Self::Unreadable(reason) => {
                write!(formatter, "The server's answer cannot be read: {reason}.")
            }
        }
    }
}

/// Fetches JSON from a root-relative path.
///
/// # Errors
///
/// As [`HttpError`] says.
pub async fn get_json<T: DeserializeOwned>(path: &str) -> Result<T, HttpError> {
    request("GET", path, None).await
}

/// Posts JSON to a root-relative path, and reads the JSON of the answer.
///
/// # Errors
///
/// As [`HttpError`] says.
pub async fn post_json<T: DeserializeOwned>(
    path: &str,
    body: &impl Serialize,
) -> Result<T, HttpError> {
    let body = serde_json::to_string(body).map_err(|e| HttpError::Unreadable(e.to_string()))?;
    request("POST", path, Some(&body)).await
}

async fn request<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: Option<&str>,
) -> Result<T, HttpError> {
    let (status, text) = exchange(method, path, body).await.map_err(|_| HttpError::Unreachable)?;
    if (200..300).contains(&status) {
        serde_json::from_str(&text).map_err(|error| HttpError::Unreadable(error.to_string()))
    } else {
        // A proxy whose server is down answers in its stead, with one of these.
        if matches!(status, 502..=504) {
            return Err(HttpError::Unreachable);
        }
        Err(HttpError::Refused { status, message: error_message(&text) })
    }
}

/// One request and its answer; an error when there is none.
async fn exchange(method: &str, path: &str, body: Option<&str>) -> Result<(u16, String), JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    if let Some(body) = body {
        init.set_body(&JsValue::from_str(body));
        let headers = Headers::new()?;
        headers.set("content-type", "application/json")?;
        init.set_headers(headers.as_ref());
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response =
        JsFuture::from(window.fetch_with_str_and_init(path, &init)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

fn error_message(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("error")?.as_str()?.to_owned())
}
