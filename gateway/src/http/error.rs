//! What a client gets when its request cannot be met: a status, and one sentence as JSON.

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// When a client may try again that met a limit, in seconds.
const RETRY_AFTER_S: u16 = 10;

/// A request that cannot be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    /// What is wrong, and what to do.
    message: String,
}

impl ApiError {
    /// An answer with `status` and a sentence that says what is wrong and what to do.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// There is no session of this id.
    #[must_use]
    pub fn no_session(id: &str) -> Self {
        let message = format!("there is no session {id:?}; make one with POST /api/sessions");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The session has ended.
    #[must_use]
    pub fn ended(id: &str) -> Self {
        let message = format!("session {id:?} has ended; make another with POST /api/sessions");
        Self::new(StatusCode::CONFLICT, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({"error": self.message}))).into_response();
        if matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        response
    }
}

/// The answer to a path of the API that does not exist.
pub async fn no_such_path(request: Request) -> ApiError {
    let message = format!("there is nothing at /api{}", request.uri().path());
    ApiError::new(StatusCode::NOT_FOUND, message)
}

/// The answer to a method that a path does not have.
pub async fn no_such_method(request: Request) -> ApiError {
    let message = format!("{} is not a method of this path", request.method());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
}
