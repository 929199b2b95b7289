//! Where things are, and which versions the project's own files ask for. Each version is written in
//! one file and read from there.

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
    stop::Stop,
};

/// The checkout.
#[derive(Debug)]
pub(crate) struct Project {
    /// Its top folder.
    pub(crate) root: PathBuf,
    /// Where cargo builds, and where we install tools.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Finds the checkout that this program was built from.
    pub(crate) fn find(stop: &Stop) -> Result<Self> {
        stop.check()?;
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&manifest).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut metadata = Command::new(cargo());
        metadata.current_dir(&root).args(["metadata", "--format-version=1", "--no-deps"]);
        let target = process::output(&mut metadata)
            .and_then(|json| serde_json::from_str::<serde_json::Value>(&json).ok())
            .and_then(|json| json["target_directory"].as_str().map(PathBuf::from));
        target.map(|target| Self { root, target }).ok_or_else(|| {
            Failure::new("`cargo metadata` does not understand Cargo.toml; run it to see why")
        })
    }

    /// A command that runs in the top folder.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// `cargo` with `arguments`, in the top folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(cargo());
        command.args(arguments);
        command
    }

    /// The program `name` as cargo leaves it for `profile` (`debug` or `release`).
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }

    /// The Node project: the end to end tests, and the tools that shrink the page.
    pub(crate) fn node(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// The text of one of the project's own files.
    pub(crate) fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.root.join(file)).map_err(|error| {
            Failure::new(format!("cannot read {file}: {error}; restore it from the repository"))
        })
    }

    /// The version of wasm-bindgen that the page is built against.
    pub(crate) fn wasm_bindgen_version(&self) -> Result<String> {
        locked_version(&self.read("Cargo.lock")?, "wasm-bindgen")
    }

    /// The version of Trunk that the project is built with.
    pub(crate) fn trunk_version(&self) -> Result<String> {
        trunk_version(&self.read("Trunk.toml")?)
    }
}

/// The cargo that runs us, else the one on `PATH`.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The version that a Cargo.lock holds of `package`.
fn locked_version(lock: &str, package: &str) -> Result<String> {
    let versions: Vec<String> = lock
        .parse::<toml::Table>()
        .map_err(|error| Failure::new(format!("Cargo.lock is damaged: {}", error.message())))?
        .get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package))
        .filter_map(|entry| entry.get("version")?.as_str().map(str::to_owned))
        .collect();
    match versions.as_slice() {
        [version] => Ok(version.clone()),
        [] => {
            Err(Failure::new(format!("Cargo.lock has no {package}; run `cargo generate-lockfile`")))
        }
        several => Err(Failure::new(format!(
            "Cargo.lock has {package} in several versions ({}); the page needs one: align them",
            several.join(", ")
        ))),
    }
}

/// The version that Trunk.toml requires at least.
fn trunk_version(configuration: &str) -> Result<String> {
    configuration
        .parse::<toml::Table>()
        .ok()
        .as_ref()
        .and_then(|table| table.get("trunk-version")?.as_str())
        .map(|requirement| requirement.trim_start_matches(['=', '^', '~', ' ']).to_owned())
        .ok_or_else(|| {
            Failure::new("Trunk.toml names no trunk-version; restore it from the repository")
        })
}

#[cfg(test)]
mod tests {
    use super::{Project, Stop, locked_version, trunk_version};

    const LOCK: &str = r#"
        version = 4
        [[package]]
        name = "wasm-bindgen-test"
        version = "0.3.79"
        [[package]]
        name = "wasm-bindgen"
        version = "0.2.129"
        [[package]]
        name = "twice"
        version = "1.0.0"
        [[package]]
        name = "twice"
        version = "2.0.0"
    "#;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen").as_deref(), Ok("0.2.129"));
    }

    #[test]
    fn a_lock_file_that_does_not_decide_says_so() {
        let say = |lock, package| locked_version(lock, package).expect_err("undecided").to_string();
        assert!(say(LOCK, "absent").contains("has no absent"));
        assert!(say(LOCK, "twice").contains("(1.0.0, 2.0.0)"));
        assert!(say("[[package", "twice").contains("damaged"));
    }

    #[test]
    fn the_version_of_trunk_is_read_without_its_operator() {
        assert_eq!(trunk_version(r#"trunk-version = "=0.21.14""#).as_deref(), Ok("0.21.14"));
        assert_eq!(trunk_version(r#"trunk-version = "0.21.9""#).as_deref(), Ok("0.21.9"));
        assert!(trunk_version("[build]").is_err());
    }

    /// Trunk wants the tool by the name of its release, npm by a version: both are the same one.
    #[test]
    fn the_two_names_of_the_release_of_wasm_opt_agree() {
        let project = Project::find(&Stop::default()).expect("we were built from a checkout");
        let trunk: toml::Table =
            project.read("Trunk.toml").expect("it is there").parse().expect("it is TOML");
        let npm = project.read("tests/e2e/package.json").expect("it is there");
        let npm: serde_json::Value = serde_json::from_str(&npm).expect("it is JSON");
        let version = npm["devDependencies"]["binaryen"].as_str().expect("it is pinned");
        let release = version.split('.').next().unwrap_or_default();
        assert_eq!(
            trunk["tools"]["wasm_opt"].as_str(),
            Some(format!("version_{release}").as_str())
        );
    }
}
