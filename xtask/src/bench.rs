//! `cargo xtask bench`: how fast the release page is, beside other pages, in Chromium.

use std::{env, path::Path};

use clap::Args;

use crate::{
    build,
    failure::{Failure, Result},
    node, process,
    project::Project,
    stop::Stop,
};

/// What `bench` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What is handed on to tests/e2e/bench.mjs: `--scenario NAME`, `--page NAME=FOLDER`, `--runs N`,
    /// `--json FILE`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
    options: Vec<String>,
}

/// Builds what is measured, and measures it.
pub(crate) fn bench(project: &Project, options: &Options, stop: &Stop) -> Result {
    build::release(project, stop)?;
    node::ensure(project, stop)?;
    let mut command = node::command(project, Path::new("node"), stop)?;
    // Paths among the options are those of whoever gave them.
    let folder = env::current_dir().map_err(|error| {
        Failure::new(format!("the folder that this is run in is gone: {error}"))
    })?;
    command.current_dir(folder);
    command.arg(project.node().join("bench.mjs")).args(&options.options);
    process::run("the benchmark", &mut command, stop)
}
