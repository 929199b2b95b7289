//! Chromium and its driver: those of the system, installed from its packages where we may.

use std::{env, path::PathBuf, process::Command};

use nix::unistd::geteuid;

use crate::{
    failure::{Failure, Result},
    process,
    stop::Stop,
    terminal, tools,
};

/// What the browser is called in various systems.
const BROWSERS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What its driver is called; some systems keep it beside the browser, off `PATH`.
const DRIVERS: [&str; 3] =
    ["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];

/// The browser, by `CHROMIUM_PATH` or by name.
pub(crate) fn ensure_browser(stop: &Stop) -> Result<PathBuf> {
    ensure("Chromium", "CHROMIUM_PATH", &BROWSERS, stop)
}

/// The driver that wasm-bindgen's test runner speaks to, by `CHROMEDRIVER` or by name.
pub(crate) fn ensure_driver(stop: &Stop) -> Result<PathBuf> {
    ensure("ChromeDriver", "CHROMEDRIVER", &DRIVERS, stop)
}

fn ensure(what: &str, variable: &str, names: &[&str], stop: &Stop) -> Result<PathBuf> {
    if let Some(named) = env::var_os(variable).map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Failure::new(format!(
                "{variable} names {}, which is no file; correct it or unset it",
                named.display()
            )))
        };
    }
    if let Some(found) = tools::on_path(names) {
        return Ok(found);
    }
    if geteuid().is_root() && tools::on_path(&["apt-get"]).is_some() {
        install(what, stop)?;
    }
    tools::on_path(names).ok_or_else(|| {
        Failure::new(format!(
            "{what} is not installed; install it (on Debian: `apt-get install chromium \
             chromium-driver`; on Fedora: `dnf install chromium chromedriver`; on macOS: `brew \
             install --cask google-chrome chromedriver`) or name it in {variable}"
        ))
    })
}

fn install(what: &str, stop: &Stop) -> Result {
    terminal::say(&format!(
        "{what} is missing: installing it from the system's packages, in a minute or so"
    ));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run("apt-get update", &mut apt(&["update"]), stop)?;
    let packages = ["install", "--yes", "chromium", "chromium-driver"];
    process::run("installing Chromium", &mut apt(&packages), stop)
}

#[cfg(test)]
mod tests {
    use super::{Stop, ensure};

    /// Cargo sets this variable for its tests, and it names a folder.
    #[test]
    fn a_variable_that_names_no_file_is_refused_by_name() {
        let failure = ensure("it", "CARGO_MANIFEST_DIR", &["sh"], &Stop::default());
        let sentence = failure.expect_err("a folder is no browser").to_string();
        assert!(sentence.starts_with("CARGO_MANIFEST_DIR names"), "{sentence}");
    }

    #[test]
    fn a_program_on_the_path_is_found_by_name() {
        let found = ensure("it", "NO_SUCH_VARIABLE", &["sh"], &Stop::default());
        assert!(found.expect("there is a shell").ends_with("sh"));
    }
}
