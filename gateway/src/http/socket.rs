//! The upgrade of a request to a socket that follows a session.
//!
//! A page cannot see why an upgrade was refused, but it can see a close code: so the upgrade is
//! granted, and a refusal closes the socket.

use std::sync::Arc;

use agent_activity::{connection::CloseCode, wire};
use axum::{
    extract::{
        Path, Query, State, WebSocketUpgrade,
        rejection::{PathRejection, QueryRejection},
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::App,
    follower::{self, Cursor, Follower},
    http::error::ApiError,
    session::Session,
};

/// A frame up to so many times the limit is read to its end, so that the close that answers it is
/// an orderly one; a larger one breaks the connection off.
const ORDERLY_FACTOR: usize = 4;

/// The query of a socket.
#[derive(Debug, Deserialize)]
pub struct Resume {
    epoch: Option<String>,
    after: Option<u64>,
}

/// Upgrades the request.
///
/// # Errors
///
/// When it does not ask for an upgrade.
pub async fn follow(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Resume>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|rejection| {
        let message = format!("this path takes WebSockets only: {}", rejection.body_text());
        ApiError::new(StatusCode::UPGRADE_REQUIRED, message)
    })?;
    let bytes_max = app.config.max_frame.get().saturating_mul(ORDERLY_FACTOR);
    let upgrade = upgrade.max_frame_size(bytes_max).max_message_size(bytes_max);
    Ok(upgrade.on_upgrade(async move |socket| {
        let admitted = admit(&app, path.ok(), query.ok());
        app.followers
            .track_future(async {
                match admitted {
                    Ok((session, cursor)) => {
                        let following = session.follow();
                        Follower::new(socket, following, &app.config, &app.closing)
                            .follow(cursor.as_ref())
                            .await;
                    }
                    Err((code, reason)) => {
                        follower::close(socket, code, reason, app.config.closing).await;
                    }
                }
            })
            .await;
    }))
}

type Admission = Result<(Arc<Session>, Option<Cursor>), (CloseCode, &'static str)>;

fn admit(app: &App, path: Option<Path<String>>, query: Option<Query<Resume>>) -> Admission {
    let malformed = |what| (CloseCode::MALFORMED, what);
    let id = path.map(|Path(id)| id).filter(|id| wire::is_valid_id(id));
    let id = id.ok_or_else(|| malformed("malformed session id"))?;
    let Query(resume) = query.ok_or_else(|| malformed("malformed query"))?;
    let cursor = match (resume.epoch, resume.after) {
        (None, None) => None,
        (Some(epoch), Some(after)) => Some(Cursor { epoch, after }),
        _ => return Err(malformed("epoch and after belong together")),
    };
    if app.followers.len() >= app.config.max_followers {
        return Err((CloseCode::TOO_MANY, "too many sockets are open"));
    }
    let session = app.registry.get(&id).ok_or((CloseCode::NOT_FOUND, "no such session"))?;
    Ok((session, cursor))
}
