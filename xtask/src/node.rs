//! The Node project in `tests/e2e`: the end to end tests, the benchmark, and the tools that shrink
//! the page: Binaryen's and esbuild.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{
    browser, build,
    failure::{Failure, Result},
    process,
    project::Project,
    stop::Stop,
    terminal, tools,
};

/// Makes sure that the packages are those of the lock file, and says where their programs are.
pub(crate) fn ensure(project: &Project, stop: &Stop) -> Result<PathBuf> {
    let folder = project.node();
    for program in ["node", "npm"] {
        if tools::on_path(&[program]).is_none() {
            return Err(Failure::new(format!(
                "{program} is not on PATH; install Node.js 20 or newer, which brings it, from \
                 https://nodejs.org or your system's packages, and run this again"
            )));
        }
    }
    // npm writes this file when it has installed everything.
    let installed = modified(folder.join("node_modules/.package-lock.json"));
    let locked = modified(folder.join("package-lock.json"));
    if installed.is_none() || installed < locked {
        terminal::say("installing the packages of tests/e2e, which takes a few seconds");
        let mut install = project.command("npm");
        install.current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]);
        // The tests use the system's Chromium.
        install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        process::run("npm ci in tests/e2e", &mut install, stop)?;
    }
    Ok(folder.join("node_modules/.bin"))
}

/// A program of that project, which finds the browser by `CHROMIUM_PATH`, the gateway by
/// `GATEWAY_PATH` and the page by `PAGE_PATH`.
pub(crate) fn command(project: &Project, program: &Path, stop: &Stop) -> Result<Command> {
    let mut command = project.command(program);
    command
        .env("CHROMIUM_PATH", browser::ensure_browser(stop)?)
        .env("GATEWAY_PATH", project.built("release", build::GATEWAY))
        .env("PAGE_PATH", project.root.join("dist"));
    Ok(command)
}

fn modified(file: PathBuf) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
