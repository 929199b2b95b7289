//! Publishing: any process may add events to a session, one JSON object a line.

use std::{io, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;
use serde::Serialize;
use tokio_util::io::StreamReader;

use crate::{
    app::App,
    draft::Draft,
    http::{error::ApiError, sessions::Named},
    lines::{Line, Lines},
    session::Session,
};

/// The most bad lines that an answer names; a body may have any number of them.
const ERRORS_MAX: usize = 1000;

/// What became of the lines of a body.
#[derive(Debug, Default, Serialize)]
struct Report {
    accepted: u64,
    last_seq: u64,
    errors: Vec<BadLine>,
    /// How many bad lines are not named.
    #[serde(skip_serializing_if = "is_zero")]
    errors_omitted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct BadLine {
    line: u64,
    reason: String,
}

/// Adds the lines of the body to a session as they come in; bad ones are passed over and named in
/// the answer.
///
/// # Errors
///
/// When the session has ended.
pub async fn publish(
    State(app): State<Arc<App>>,
    Named(session): Named,
    body: Body,
) -> Result<Response, ApiError> {
    if session.ended().is_some() {
        return Err(ApiError::ended(session.id()));
    }
    let mut report = Report::default();
    let reader = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let mut lines = Lines::new(reader, app.config.max_line.get());
    let mut number = 0;
    // Reading fails when the publisher goes away, and then nobody reads the answer.
    while let Ok(Some(line)) = lines.next().await {
        number += 1;
        if line.text.trim().is_empty() {
            continue;
        }
        match append(&session, &line) {
            Ok(seq) => {
                report.accepted += 1;
                report.last_seq = seq;
            }
            Err(_) if report.errors.len() == ERRORS_MAX => report.errors_omitted += 1,
            Err(reason) => report.errors.push(BadLine { line: number, reason }),
        }
    }
    let status = if report.accepted > 0 {
        StatusCode::OK
    } else {
        report.error =
            Some("no line of the body is an event; each must be an object with a `type`");
        StatusCode::BAD_REQUEST
    };
    Ok((status, Json(report)).into_response())
}

fn append(session: &Session, line: &Line) -> Result<u64, String> {
    let is_stored = |id: &str| session.has_message(id);
    let draft = Draft::of_publisher(line, session.runs_workflow(), is_stored)?;
    session.append(&draft).map_err(|_| "the session has ended".to_owned())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
