//! The built page: the files of one folder.

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use tower_http::services::ServeDir;

use crate::app::App;

/// The length of the hash that the build puts into a file's name.
const HASH_LENGTH_MIN: usize = 8;

const NO_PAGE: &str = "\
agent-gateway is running, and it was not told to serve a page.

Build one with `trunk build --release`, and start the gateway with `--page dist`.
The workflows are at /api/workflows.
";

/// The page in `folder`; without one, a few words that say how to get it.
pub fn routes(folder: Option<&Path>) -> Router<Arc<App>> {
    match folder {
        Some(folder) => {
            Router::new().fallback_service(ServeDir::new(folder)).layer(middleware::from_fn(cached))
        }
        None => Router::new().route("/", get(|| async { NO_PAGE })),
    }
}

/// Says how long an answer may be kept: for ever where the name changes with the content, else
/// until it has been asked whether it is still the same.
async fn cached(request: Request, next: Next) -> Response {
    let policy = if is_hashed(request.uri().path()) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = next.run(request).await;
    let policy = if response.status().is_client_error() { "no-cache" } else { policy };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    response
}

/// Whether the name of the file holds a hash of its content: `page-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['-', '_', '.']).skip(1).any(|part| {
        part.len() >= HASH_LENGTH_MIN
            && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for path in ["/page-1f2e3d4c5b6a7980.js", "/a/page-1f2e3d4c5b6a7980_bg.wasm"] {
            assert!(is_hashed(path), "{path}");
        }
        for path in ["/", "/index.html", "/agent-activity.css", "/1f2e3d4c5b6a7980/a.js"] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
