//! Sessions: making, starting, cancelling and asking about them.

use std::sync::Arc;

use agent_activity::wire;
use axum::{
    Json,
    body::Bytes,
    extract::{
        FromRequestParts, Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use crate::{
    app::App,
    http::{error::ApiError, workflows},
    registry::NotCreated,
    run,
    session::{NotStarted, Session, Status},
};

/// The session that the path names.
#[derive(Debug)]
pub struct Named(pub Arc<Session>);

impl FromRequestParts<Arc<App>> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|rejection| ApiError::new(rejection.status(), rejection.body_text()))?;
        app.registry.get(&id).map(Self).ok_or_else(|| ApiError::no_session(&id))
    }
}

/// The body of `POST /api/sessions`; all of it may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Creation {
    session_id: Option<String>,
}

/// The body of `POST /api/sessions/{id}/start`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    workflow: String,
}

/// The query of `GET /api/strategy/events/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct From {
    from: u64,
}

/// The answer of `GET /api/strategy/events/{id}`.
#[derive(Debug, Serialize)]
struct Events<'a> {
    events: Vec<&'a RawValue>,
    total: u64,
    from: u64,
    session_active: bool,
}

/// Makes a session.
///
/// # Errors
///
/// When the id is malformed or taken, or there are too many sessions.
pub async fn create(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = body.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let Creation { session_id } = if body.is_empty() { Creation::default() } else { parse(&body)? };
    if session_id.as_deref().is_some_and(|id| !wire::is_valid_id(id)) {
        let message = format!(
            "a session id has 1 to {} of the characters A-Z a-z 0-9 . _ ~ -",
            wire::ID_LENGTH_MAX
        );
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
    }
    match app.registry.create(session_id) {
        Ok(session) => Ok((StatusCode::CREATED, Json(json!({"sessionId": session.id()})))),
        Err(NotCreated::Exists) => {
            let message = "there is a session of this id; choose another, or leave it out";
            Err(ApiError::new(StatusCode::CONFLICT, message))
        }
        Err(NotCreated::TooMany) => {
            let message = format!(
                "{} sessions have not ended, which is the limit (--max-sessions); \
                 cancel one, or try again later",
                app.config.max_sessions
            );
            Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, message))
        }
        Err(NotCreated::Stopping) => {
            let message = "the gateway is stopping; try again when it is back";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message))
        }
    }
}

/// Says where a session is in its life.
pub async fn status(Named(session): Named) -> Json<Status> {
    Json(session.status())
}

/// Starts a workflow in a session.
///
/// # Errors
///
/// When there is no such workflow, its file has a mistake, or the session can take none.
pub async fn start(
    State(app): State<Arc<App>>,
    Named(session): Named,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Status>, ApiError> {
    let body = body.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let Start { workflow: name } = parse(&body)?;
    let workflow = workflows::find(&app.library, &name).await?;
    let stop = session.start(&name, &workflow.label).map_err(|refusal| match refusal {
        NotStarted::AlreadyStarted => {
            let message = "a workflow was started in this session; make another session for it";
            ApiError::new(StatusCode::CONFLICT, message)
        }
        NotStarted::Ended => ApiError::ended(session.id()),
    })?;
    let status = session.status();
    app.runs.spawn({
        let app = Arc::clone(&app);
        async move {
            run::run(&session, &workflow, app.library.folder(), &app.config, &stop).await;
        }
    });
    Ok(Json(status))
}

/// Cancels a session.
///
/// # Errors
///
/// When it has ended.
pub async fn cancel(Named(session): Named) -> Result<Json<Status>, ApiError> {
    session.cancel("Cancelled on request").map_err(|_| ApiError::ended(session.id()))?;
    Ok(Json(session.status()))
}

/// The events after a number, as far as the history has them.
///
/// # Errors
///
/// When the number is none.
pub async fn events(
    Named(session): Named,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Ok(Query(From { from })) = query else {
        let message = "`from` must be the number of the last event that is already known";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
    };
    let batch = session.read(from, u64::MAX, usize::MAX);
    let answer = Events {
        events: batch.events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect(),
        total: session.status().newest,
        from,
        session_active: session.ended().is_none(),
    };
    Ok(Json(answer).into_response())
}

/// The result of a session.
///
/// # Errors
///
/// When there is none yet.
pub async fn result(Named(session): Named) -> Result<Response, ApiError> {
    let Some(result) = session.result() else {
        let message = format!("session {:?} has no result yet", session.id());
        return Err(ApiError::new(StatusCode::NOT_FOUND, message));
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], result.to_string()).into_response())
}

/// Says that the gateway is alive.
pub async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::new(StatusCode::BAD_REQUEST, format!("the body is not what it must be: {error}"))
    })
}
