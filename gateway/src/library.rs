//! The library: the workflow files of one folder.
//!
//! Files are read anew for every request, so that an edit shows without a restart. What stands in
//! one is the business of [`crate::workflow`].

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::workflow::Workflow;

/// The folder of the workflow files.
#[derive(Clone, Debug)]
pub struct Library {
    folder: PathBuf,
}

/// One file of the library.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowFile {
    /// The stem of the file, by which the workflow is known.
    pub name: String,
    /// The workflow, or what is wrong with the file.
    pub workflow: Result<Workflow, String>,
}

/// A workflow as `GET /api/workflows` shows it.
#[derive(Debug, Serialize)]
pub struct Listing {
    name: String,
    label: String,
    phases: Vec<ListedPhase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct ListedPhase {
    id: String,
    label: String,
}

impl Library {
    /// The library in `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads every `*.toml` file, sorted by name.
    ///
    /// # Errors
    ///
    /// When the folder itself cannot be read. A file that cannot be read is a malformed one.
    pub fn read(&self) -> io::Result<Vec<WorkflowFile>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "toml") || !path.is_file() {
                continue;
            }
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            let workflow = fs::read_to_string(&path)
                .map_err(|error| format!("{name}.toml cannot be read: {error}"))
                .and_then(|text| Workflow::parse(name, &text));
            files.push(WorkflowFile { name: name.to_owned(), workflow });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }
}

impl From<WorkflowFile> for Listing {
    fn from(file: WorkflowFile) -> Self {
        match file.workflow {
            Ok(workflow) => Self {
                name: file.name,
                label: workflow.label,
                phases: workflow
                    .phases
                    .into_iter()
                    .map(|phase| ListedPhase { id: phase.id, label: phase.label })
                    .collect(),
                error: None,
            },
            Err(error) => Self {
                label: file.name.clone(),
                name: file.name,
                phases: Vec::new(),
                error: Some(error),
            },
        }
    }
}
