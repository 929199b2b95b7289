//! `cargo xtask build`: the release page in `dist/` and the release gateway.

use std::{env, fs, path::PathBuf, process::Command};

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

/// What stands between cargo's encoded flags.
const SEPARATOR: &str = "\x1f";

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
    add_flags(&mut page);
    process::run("building the page", &mut page, stop)?;
    pack::pack(project, &tools, &programs, stop)?;
    gateway(project, true, stop)
}

/// Fails unless both are built.
pub(crate) fn ensure_built(project: &Project) -> Result {
    let page = project.root.join("dist/index.html");
    if page.is_file() && project.built("release", GATEWAY).is_file() {
        return Ok(());
    }
    Err(Failure::new("this needs the release page and gateway; run `cargo xtask build` first"))
}

/// Adds what the release page is compiled with to the flags that somebody has set.
fn add_flags(page: &mut Command) {
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let mut flags: Vec<String> = encoded.map_or_else(
        || {
            let plain = env::var("RUSTFLAGS").unwrap_or_default();
            plain.split_whitespace().map(str::to_owned).collect()
        },
        |flags| flags.split(SEPARATOR).map(str::to_owned).collect(),
    );
    // The page names, in its panics, the files that it was made of. Where the builder keeps the
    // sources of dependencies, and from which registry, is nobody's business, and weighs.
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = cargo_home.map(|home| home.join("registry/src"));
    let registries = sources.into_iter().flat_map(fs::read_dir).flatten();
    for registry in registries.filter_map(|registry| Some(registry.ok()?.path())) {
        flags.push(format!("--remap-path-prefix={}=", registry.display()));
    }
    // Packing has to know which function leads to which.
    flags.push("-Clink-arg=--emit-relocs".to_owned());
    flags.retain(|flag| !flag.is_empty());
    page.env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR));
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
