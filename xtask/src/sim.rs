//! `cargo xtask sim`: the simulator of `tests/sim`, in a release build.

use clap::Args;

use crate::{failure::Result, process, project::Project, stop::Stop};

/// The simulator's package and program.
const SIMULATOR: &str = "agent-activity-sim";

/// What `sim` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What the simulator is told, such as `--seeds 1000 --seed 7`, `--seed 7 --trace`,
    /// `exhaustive --depth 6`, `herd` or `hash`; without, it does all it can
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// Builds the simulator and runs it.
pub(crate) fn sim(project: &Project, options: &Options, stop: &Stop) -> Result {
    run(project, &options.arguments, stop)
}

/// Runs it in full.
pub(crate) fn all(project: &Project, stop: &Stop) -> Result {
    run(project, &[], stop)
}

fn run(project: &Project, arguments: &[String], stop: &Stop) -> Result {
    let mut build = project.cargo(&["build", "--release", "--package", SIMULATOR]);
    process::run("building the simulator", &mut build, stop)?;
    let mut simulator = project.command(project.built("release", SIMULATOR));
    process::run("the simulator", simulator.args(arguments), stop)
}
