//! `cargo xtask`: the commands that build, run and check this project.
//!
//! It installs what a command needs and is missing, at the versions that the project pins, says
//! what it does, and leaves nothing running behind it. It does not know what the page or the
//! gateway do: it starts them, waits for them and ends them.

mod bench;
mod browser;
mod build;
mod descendants;
mod failure;
mod node;
mod pack;
mod planted;
mod ports;
mod process;
mod project;
mod purity;
mod serve;
mod service;
mod sim;
mod stop;
mod terminal;
mod test;
mod tools;
mod trunk;
mod weight;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{project::Project, stop::Stop};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
#[command(about = "The commands that build, run and check this project")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the gateway and the page, and say where to open it; Ctrl-C ends both
    Serve(serve::Options),
    /// Build the release page into dist/ and the release gateway into target/release/
    Build,
    /// Say what the release page in dist/ weighs, and fail when that is over the ceiling
    Weight,
    /// Measure the release page beside the least that a page can do, and beside other pages
    Bench(bench::Options),
    /// Simulate bad networks, servers and machines around the connection
    Sim(sim::Options),
    /// Plant bugs in a copy of the core, and fail unless the simulator catches each of them
    Planted(planted::Options),
    /// Run every test there is; the first failure stops
    Test(test::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Stop::listen().and_then(|stop| {
        descendants::adopt_orphans();
        let project = Project::find(&stop)?;
        match cli.command {
            Command::Serve(options) => serve::serve(&project, &options, &stop),
            Command::Build => build::build(&project, &stop),
            Command::Weight => weight::check(&project),
            Command::Bench(options) => bench::bench(&project, &options, &stop),
            Command::Sim(options) => sim::sim(&project, &options, &stop),
            Command::Planted(options) => planted::planted(&project, &options, &stop),
            Command::Test(options) => test::test(&project, &options, &stop),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
