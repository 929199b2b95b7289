//! The application: what every request may need, and where each one goes.
//!
//! It knows neither listeners nor signals, so that a test can have one without either.

use std::sync::Arc;

use agent_activity::wire::SOCKET_PATH;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Config,
    http::{door, error, page, publish, sessions, socket, workflows},
    library::Library,
    origin::Guard,
    registry::Registry,
};

/// The state that all requests share.
#[derive(Debug)]
pub struct App {
    /// The limits.
    pub config: Arc<Config>,
    /// The sessions.
    pub registry: Registry,
    /// The workflow files.
    pub library: Library,
    /// Who may ask.
    pub guard: Guard,
    /// The workflows that run.
    pub runs: TaskTracker,
    /// The sockets that follow.
    pub followers: TaskTracker,
    /// Tells the followers that the gateway stops.
    pub closing: CancellationToken,
}

impl App {
    /// An application without sessions.
    ///
    /// # Errors
    ///
    /// Names an allowed origin that is none.
    pub fn new(config: Config) -> Result<Self, String> {
        let config = Arc::new(config);
        Ok(Self {
            registry: Registry::new(Arc::clone(&config)),
            library: Library::new(config.workflows.clone()),
            guard: Guard::new(config.listen, &config.allow_origin)?,
            runs: TaskTracker::new(),
            followers: TaskTracker::new(),
            closing: CancellationToken::new(),
            config,
        })
    }
}

/// The routes of `app`.
pub fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/workflows", get(workflows::list))
        .route("/sessions", post(sessions::create))
        .route("/sessions/{id}", get(sessions::status))
        .route("/sessions/{id}/start", post(sessions::start))
        .route("/sessions/{id}/cancel", post(sessions::cancel))
        .route("/sessions/{id}/events", post(publish::publish))
        .route("/strategy/events/{id}", get(sessions::events))
        .route("/strategy/result/{id}", get(sessions::result))
        .fallback(error::no_such_path)
        .layer(middleware::map_response(door::never_cached))
        .layer(DefaultBodyLimit::max(app.config.max_frame.get()));
    Router::new()
        .nest("/api", api)
        .route(&format!("{SOCKET_PATH}/"), get(socket::follow))
        .route(&format!("{SOCKET_PATH}/{{*id}}"), get(socket::follow))
        .route("/healthz", get(sessions::health))
        .merge(page::routes(app.config.page.as_deref()))
        .method_not_allowed_fallback(error::no_such_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), door::check))
        .with_state(app)
}
