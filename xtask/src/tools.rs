//! The tools that a page in Rust needs beside cargo: the WebAssembly target, Trunk and the command
//! line tools of wasm-bindgen. A matching version is used where it is found; else it is built into
//! `target/tools`.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::{Failure, Result},
    process,
    project::Project,
    stop::Stop,
    terminal,
};

/// What the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Building a tool fast matters more than the tool's own speed: its work is a second or two.
const CHEAP_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// A program that `cargo install` can build.
#[derive(Debug)]
struct Tool {
    program: &'static str,
    package: &'static str,
    version: String,
    duration: &'static str,
}

impl Tool {
    fn trunk(project: &Project) -> Result<Self> {
        let version = project.trunk_version()?;
        Ok(Self { program: "trunk", package: "trunk", version, duration: "five to eight minutes" })
    }

    fn wasm_bindgen(program: &'static str, project: &Project) -> Result<Self> {
        let version = project.wasm_bindgen_version()?;
        Ok(Self { program, package: "wasm-bindgen-cli", version, duration: "two to three minutes" })
    }

    /// Where the tool is in the version wanted: ours first, then those on `PATH`.
    fn find(&self, project: &Project) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        std::iter::once(folder(project).join("bin"))
            .chain(env::split_paths(&path))
            .map(|folder| folder.join(self.program))
            .filter(|program| program.is_file())
            .find(|program| version_of(program).as_ref() == Some(&self.version))
    }

    /// Finds the tool, or builds it.
    fn ensure(&self, project: &Project, stop: &Stop) -> Result<PathBuf> {
        if let Some(found) = self.find(project) {
            return Ok(found);
        }
        let Self { package, version, duration, .. } = self;
        terminal::say(&format!(
            "{package} {version} is missing: building it into {}, once, which takes {duration} on \
             two idle cores",
            folder(project).display()
        ));
        // A folder of its own, so that a build that was interrupted goes on where it was.
        let scratch = folder(project).join("build");
        let mut install =
            project.cargo(&["install", package, "--version", version, "--locked", "--force"]);
        install.arg("--root").arg(folder(project)).arg("--target-dir").arg(&scratch);
        install.envs(CHEAP_BUILD);
        process::run(&format!("installing {package} {version}"), &mut install, stop)?;
        let _ = fs::remove_dir_all(scratch);
        self.find(project).ok_or_else(|| {
            Failure::new(format!(
                "{package} {version} was installed but {} does not run; delete {} and try again",
                self.program,
                folder(project).display()
            ))
        })
    }
}

/// The programs that building the page takes.
#[derive(Debug)]
pub(crate) struct Tools {
    /// Trunk itself.
    pub(crate) trunk: PathBuf,
    /// What Trunk calls.
    pub(crate) wasm_bindgen: PathBuf,
}

impl Tools {
    /// Makes sure that the page can be built.
    pub(crate) fn ensure(project: &Project, stop: &Stop) -> Result<Self> {
        ensure_target(project, stop)?;
        Ok(Self {
            trunk: Tool::trunk(project)?.ensure(project, stop)?,
            wasm_bindgen: Tool::wasm_bindgen("wasm-bindgen", project)?.ensure(project, stop)?,
        })
    }
}

/// Makes sure that tests can run in a browser, and says where their runner is.
pub(crate) fn ensure_test_runner(project: &Project, stop: &Stop) -> Result<PathBuf> {
    ensure_target(project, stop)?;
    Tool::wasm_bindgen("wasm-bindgen-test-runner", project)?.ensure(project, stop)
}

/// `PATH` with the folders of `programs` in front.
pub(crate) fn path_with(folders: &[&Path]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().map(|folder| folder.to_path_buf()).chain(env::split_paths(&path));
    env::join_paths(all).map_err(|error| {
        Failure::new(format!("{error}: move the checkout to a folder without a colon in its name"))
    })
}

/// The first of `programs` that is on `PATH`.
pub(crate) fn on_path(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    programs
        .iter()
        .flat_map(|program| folders.iter().map(move |folder| folder.join(program)))
        .find(|program| program.is_file())
}

fn folder(project: &Project) -> PathBuf {
    project.target.join("tools")
}

/// Makes sure that cargo can compile for the browser.
fn ensure_target(project: &Project, stop: &Stop) -> Result {
    let mut libraries = project.command("rustc");
    libraries.args(["--print", "target-libdir", "--target", WASM_TARGET]);
    let installed = process::output(&mut libraries).is_some_and(|folder| {
        fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some())
    });
    if installed {
        return Ok(());
    }
    if on_path(&["rustup"]).is_none() {
        return Err(Failure::new(format!(
            "the Rust target {WASM_TARGET} is missing and there is no rustup to add it; install \
             rustup (https://rustup.rs) and run this again"
        )));
    }
    terminal::say(&format!(
        "the Rust target {WASM_TARGET} is missing: adding it, in a few seconds"
    ));
    let mut add = project.command("rustup");
    process::run("adding the target", add.args(["target", "add", WASM_TARGET]), stop)
}

fn version_of(program: &Path) -> Option<String> {
    version_in(&process::output(Command::new(program).arg("--version"))?)
}

/// The version in what `--version` prints: `trunk 0.21.14`, `wasm-bindgen 0.2.129 (8a1b2c)`.
fn version_in(text: &str) -> Option<String> {
    let version = text.split_whitespace().nth(1)?.trim_start_matches('v');
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{on_path, path_with, version_in};

    #[test]
    fn the_version_is_the_second_word() {
        assert_eq!(version_in("trunk 0.21.14\n").as_deref(), Some("0.21.14"));
        assert_eq!(version_in("wasm-bindgen 0.2.129 (8a1b2c)").as_deref(), Some("0.2.129"));
        assert_eq!(version_in("tool v1.2.3-rc.1").as_deref(), Some("1.2.3-rc.1"));
        assert_eq!(version_in("error: nonsense"), None);
        assert_eq!(version_in(""), None);
    }

    #[test]
    fn added_folders_come_first() {
        let path = path_with(&[Path::new("/first"), Path::new("/second")]).expect("no colon");
        assert!(path.to_string_lossy().starts_with("/first:/second:"));
        assert!(path_with(&[Path::new("/with:colon")]).is_err());
    }

    #[test]
    fn a_program_is_found_by_the_first_of_its_names() {
        let found = on_path(&["no-such-program-at-all", "sh"]).expect("there is a shell");
        assert_eq!(found.file_name().and_then(|name| name.to_str()), Some("sh"));
        assert_eq!(on_path(&["no-such-program-at-all"]), None);
    }
}
