//! The door: what every request is checked for before anything else.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{app::App, http::error::ApiError};

/// Refuses a request that names another host, or comes from a page that may not use this gateway.
///
/// Only sockets and requests that change something are checked for their origin: a browser does
/// not let a page of another origin read an answer, but it does let it open a socket.
///
/// # Errors
///
/// The refusal.
pub async fn check(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    if !app.guard.admits_host(headers) {
        let message = "this gateway does not go by the host that the request names; \
                       allow an origin of that host with --allow-origin";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let guarded = path.starts_with("/ws") || (path.starts_with("/api") && !reads);
    if guarded && !app.guard.admits_origin(headers) {
        let message = "pages of this origin may not use the gateway; \
                       allow the origin with --allow-origin";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    let mut response = next.run(request).await;
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    Ok(response)
}

/// Marks an answer as true for this moment only.
pub async fn never_cached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
