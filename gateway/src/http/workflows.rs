//! The workflows that can be started.

use std::{io, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    http::error::ApiError,
    library::{Library, Listing, WorkflowFile},
    workflow::Workflow,
};

/// Lists the workflows, those with a mistake too.
///
/// # Errors
///
/// When the folder cannot be read.
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Vec<Listing>>, ApiError> {
    let files = read(&app.library).await?;
    Ok(Json(files.into_iter().map(Listing::from).collect()))
}

/// The workflow of this name.
///
/// # Errors
///
/// When there is none, or its file has a mistake.
pub async fn find(library: &Library, name: &str) -> Result<Workflow, ApiError> {
    let mut files = read(library).await?;
    if let Some(index) = files.iter().position(|file| file.name == name) {
        let file = files.swap_remove(index);
        return file
            .workflow
            .map_err(|mistake| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, mistake));
    }
    let known: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let message = if known.is_empty() {
        format!("there is no workflow {name:?}, nor any other in {}", library.folder().display())
    } else {
        format!("there is no workflow {name:?}; there are: {}", known.join(", "))
    };
    Err(ApiError::new(StatusCode::NOT_FOUND, message))
}

async fn read(library: &Library) -> Result<Vec<WorkflowFile>, ApiError> {
    let folder = library.folder().display().to_string();
    let library = library.clone();
    let files = spawn_blocking(move || library.read()).await.map_err(io::Error::other).flatten();
    files.map_err(|error| {
        let message = format!("the workflow folder {folder} cannot be read: {error}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}
