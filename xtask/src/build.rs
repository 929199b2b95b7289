//! `cargo xtask build`: the release page in `dist/` and the release gateway.

use std::{env, path::PathBuf, process::Command};

use crate::{
    failure::{Failure, Result},
    node, pack, process,
    project::Project,
    stop::Stop,
    terminal,
    tools::{self, Tools},
    trunk, weight,
};

/// The gateway's package and program.
pub(crate) const GATEWAY: &str = "agent-gateway";

/// Builds both, and says what the page weighs.
pub(crate) fn build(project: &Project, stop: &Stop) -> Result {
    release(project, stop)?;
    terminal::say(&format!("\nthe page    {}", project.root.join("dist").display()));
    terminal::say(&format!("the gateway {}\n", project.built("release", GATEWAY).display()));
    weight::print(project).map(drop)
}

/// Builds both.
pub(crate) fn release(project: &Project, stop: &Stop) -> Result {
    ensure_page_source(project)?;
    let tools = Tools::ensure(project, stop)?;
    let programs = node::ensure(project, stop)?;
    fetch(project, stop)?;
    let mut page = trunk::command(project, &tools, Some(&programs))?;
    page.args(["build", "--release", "--offline"]);
    leave_out_home(&mut page);
    process::run("building the page", &mut page, stop)?;
    pack::pack(project, &programs, stop)?;
    gateway(project, true, stop)
}

/// The page names, in its panics, the files that it was made of. Where the builder keeps the sources
/// of dependencies is nobody's business, and weighs.
fn leave_out_home(page: &mut Command) {
    let is_set = |name: &str| env::var_os(name).is_some();
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    // Flags that somebody has set are theirs.
    if !is_set("RUSTFLAGS")
        && !is_set("CARGO_ENCODED_RUSTFLAGS")
        && let Some(sources) = cargo_home.map(|home| home.join("registry/src"))
    {
        let flag = format!("--remap-path-prefix={}=", sources.display());
        page.env("CARGO_ENCODED_RUSTFLAGS", flag);
    }
}

/// Builds the gateway.
pub(crate) fn gateway(project: &Project, release: bool, stop: &Stop) -> Result {
    let mut command = project.cargo(&["build", "--package", GATEWAY]);
    if release {
        command.arg("--release");
    }
    process::run("building the gateway", &mut command, stop)
}

/// Gets the sources of all dependencies, since Trunk is then told to stay off the network.
pub(crate) fn fetch(project: &Project, stop: &Stop) -> Result {
    let host = process::output(project.command("rustc").arg("-vV")).unwrap_or_default();
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let mut command = project.cargo(&["fetch", "--quiet", "--target", tools::WASM_TARGET]);
    command.args(host.into_iter().flat_map(|host| ["--target", host]));
    process::run("fetching the dependencies", &mut command, stop)
}

/// Fails in our words before Trunk does in its own.
pub(crate) fn ensure_page_source(project: &Project) -> Result {
    let page = project.root.join("index.html");
    if page.is_file() {
        return Ok(());
    }
    Err(Failure::new(format!("{} is missing; restore it from the repository", page.display())))
}
