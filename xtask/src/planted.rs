//! `cargo xtask planted`: tests the simulator, by planting bugs in a copy of the core.
//!
//! Each bug of `tests/sim/planted.toml` is one small change of one file, such as one might make by
//! mistake. It is caught when the simulator, built with it, names a violation. A run that does not
//! end catches nothing: whoever waits for it learns nothing from it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    failure::{Failure, Result},
    process::{Group, POLL_INTERVAL},
    project::Project,
    stop::Stop,
    terminal,
};

/// The list of bugs.
const LIST: &str = "tests/sim/planted.toml";

/// The fewest bugs that the list may hold.
const BUGS_MIN: usize = 24;

/// What is copied, since the simulator is made of it.
const SOURCES: [&str; 3] = ["json", "src", "tests/sim"];

/// The simulator's program.
const SIMULATOR: &str = "agent-activity-sim";

/// What the simulator does with each copy, until something is found; the quickest first. Small
/// beside the real thing: a bug that takes a hundred thousand seeds is a bug of the checkers.
const HUNTS: [&[&str]; 4] = [
    &["exhaustive", "--depth", "5"],
    &["swarm", "--seeds", "3000"],
    &["tabs", "--seeds", "20000"],
    &["herd"],
];

/// How long one of them may take: ten times what it takes without a bug.
const HUNT_MAX: Duration = Duration::from_secs(60);

/// What `planted` can be told.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Plant the bug of this name alone; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// A bug to plant.
#[derive(Debug)]
struct Bug {
    name: String,
    /// The mistake, in a sentence.
    what: String,
    file: String,
    find: String,
    replace: String,
}

/// What became of a planted bug.
#[derive(Debug)]
enum Verdict {
    /// One of [`HUNTS`] ended with a violation; the line that names it.
    Caught { by: &'static str, words: String },
    /// All of them ended well.
    Missed,
    /// One of them did not end.
    Hung { by: &'static str },
    /// The copy does not build: the change is none that anybody could have made.
    DoesNotBuild,
}

/// Plants every bug, one after the other, and fails unless each is caught.
pub(crate) fn planted(project: &Project, options: &Options, stop: &Stop) -> Result {
    let all = bugs(&project.read(LIST)?)?;
    if let Some(unknown) = options.only.iter().find(|name| all.iter().all(|bug| bug.name != **name))
    {
        return Err(Failure::new(format!("{LIST} has no bug of the name {unknown}")));
    }
    let field = Field::prepare(project)?;
    terminal::say("without a bug:");
    match field.hunt(project, stop)? {
        Verdict::Missed => terminal::say("  nothing is found, as it must be"),
        Verdict::Caught { .. } | Verdict::Hung { .. } | Verdict::DoesNotBuild => {
            return Err(Failure::new(
                "without any bug the simulator is not content; `cargo xtask sim` says why",
            ));
        }
    }
    let mut escaped = Vec::new();
    let mut caught = 0;
    for bug in all {
        if !options.only.is_empty() && !options.only.contains(&bug.name) {
            continue;
        }
        let begun = Instant::now();
        let verdict = field.with(project, &bug, stop)?;
        let took = begun.elapsed().as_secs_f64();
        terminal::say(&format!("{}: {}", bug.name, bug.what));
        let is_caught = matches!(verdict, Verdict::Caught { .. });
        match verdict {
            Verdict::Caught { by, words } => {
                caught += 1;
                terminal::say(&format!("  caught by {by} in {took:.1} s: {words}"));
            }
            Verdict::Missed => terminal::say(&format!("  NOT CAUGHT in {took:.1} s")),
            Verdict::Hung { by } => terminal::say(&format!("  NOT CAUGHT: {by} does not end")),
            Verdict::DoesNotBuild => terminal::say("  NOT CAUGHT: the copy does not build"),
        }
        if !is_caught {
            escaped.push(bug.name);
        }
    }
    terminal::say(&format!("{caught} planted bugs caught"));
    if escaped.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("the simulator does not catch {}", escaped.join(", "))))
    }
}

/// The copy that bugs are planted in.
struct Field {
    tree: PathBuf,
    target: PathBuf,
}

impl Field {
    /// Makes the copy anew; what it was built to before is used again.
    fn prepare(project: &Project) -> Result<Self> {
        let tree = project.target.join("planted/tree");
        let target = project.target.join("planted/target");
        let copied = (|| {
            if tree.exists() {
                fs::remove_dir_all(&tree)?;
            }
            for folder in SOURCES {
                copy_folder(&project.root.join(folder), &tree.join(folder))?;
            }
            for file in ["Cargo.lock", "rust-toolchain.toml"] {
                fs::copy(project.root.join(file), tree.join(file))?;
            }
            Ok::<_, io::Error>(())
        })();
        copied.map_err(|error| {
            Failure::new(format!("cannot copy the core to {}: {error}", tree.display()))
        })?;
        write(&tree.join("Cargo.toml"), &manifest(&project.read("Cargo.toml")?)?)?;
        Ok(Self { tree, target })
    }

    /// Plants one bug, and takes it out again.
    fn with(&self, project: &Project, bug: &Bug, stop: &Stop) -> Result<Verdict> {
        let path = self.tree.join(&bug.file);
        let sound = fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", bug.file)))?;
        if sound.matches(&bug.find).count() != 1 {
            return Err(Failure::new(format!(
                "{LIST}: what {} looks for stands {} times in {}; it must stand there once",
                bug.name,
                sound.matches(&bug.find).count(),
                bug.file
            )));
        }
        write(&path, &sound.replacen(&bug.find, &bug.replace, 1))?;
        let verdict = self.hunt(project, stop);
        write(&path, &sound)?;
        verdict
    }

    /// Builds the copy and lets the simulator look for something wrong with it.
    fn hunt(&self, project: &Project, stop: &Stop) -> Result<Verdict> {
        let log = self.target.with_file_name("log.txt");
        let mut build = project.cargo(&["build", "--release", "--offline", "--quiet"]);
        build
            .current_dir(&self.tree)
            .args(["--package", SIMULATOR])
            .env("CARGO_TARGET_DIR", &self.target)
            // Built once for every bug and run for seconds.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "true")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        match run_quietly("the copy's build", &mut build, &log, Duration::MAX, stop)? {
            Some(status) if status.success() => {}
            _ => return Ok(Verdict::DoesNotBuild),
        }
        for arguments in HUNTS {
            let by = arguments.first().copied().unwrap_or_default();
            let mut simulator = project.command(self.target.join("release").join(SIMULATOR));
            simulator.current_dir(&self.tree).args(arguments);
            match run_quietly("the simulator", &mut simulator, &log, HUNT_MAX, stop)? {
                None => return Ok(Verdict::Hung { by }),
                Some(status) if !status.success() => {
                    return Ok(Verdict::Caught { by, words: last_violation(&log) });
                }
                Some(_) => {}
            }
        }
        Ok(Verdict::Missed)
    }
}

/// The line in which the simulator says what it has found: its last one, but for how to repeat it.
fn last_violation(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let is_said = |line: &&str| !line.trim().is_empty() && !line.starts_with("again");
    text.lines().rfind(is_said).unwrap_or_default().to_owned()
}

/// Runs a command with its output in a file; nothing when it took longer than `max`.
fn run_quietly(
    what: &str,
    command: &mut Command,
    log: &Path,
    max: Duration,
    stop: &Stop,
) -> Result<Option<ExitStatus>> {
    let file = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
    let (output, errors) =
        file.map_err(|error| Failure::new(format!("cannot write {}: {error}", log.display())))?;
    let mut group = Group::start(what, command.stdout(output).stderr(errors))?;
    let begun = Instant::now();
    while begun.elapsed() < max {
        stop.check()?;
        if let Some(status) = group.ended() {
            return Ok(Some(status));
        }
        thread::sleep(POLL_INTERVAL);
    }
    Ok(None)
}

/// The bugs of the list.
fn bugs(list: &str) -> Result<Vec<Bug>> {
    let bad = |why: &str| Failure::new(format!("{LIST}: {why}"));
    let table: toml::Table = list.parse().map_err(|error: toml::de::Error| bad(error.message()))?;
    let entries = table.get("bug").and_then(toml::Value::as_array).ok_or_else(|| bad("no bug"))?;
    let bugs: Option<Vec<Bug>> = entries
        .iter()
        .map(|entry| {
            let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
            Some(Bug {
                name: text("name")?,
                what: text("what")?,
                file: text("file")?,
                find: text("find")?,
                replace: text("replace")?,
            })
        })
        .collect();
    let bugs = bugs.ok_or_else(|| bad("a bug needs name, what, file, find and replace"))?;
    if bugs.len() < BUGS_MIN {
        return Err(bad(&format!("{} bugs, and there must be {BUGS_MIN}", bugs.len())));
    }
    Ok(bugs)
}

/// The manifest of the copy: the core and the simulator, and none of the rest.
fn manifest(manifest: &str) -> Result<String> {
    let bad = |why: &str| Failure::new(format!("Cargo.toml: {why}"));
    let mut table: toml::Table =
        manifest.parse().map_err(|error: toml::de::Error| bad(error.message()))?;
    for part in ["bench", "test", "dev-dependencies", "target"] {
        table.remove(part);
    }
    let workspace = table.get_mut("workspace").and_then(toml::Value::as_table_mut);
    let workspace = workspace.ok_or_else(|| bad("there is no workspace"))?;
    workspace
        .insert("members".to_owned(), toml::Value::Array(vec!["json".into(), "tests/sim".into()]));
    toml::to_string(&table).map_err(|error| bad(&error.to_string()))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::{LIST, Project, Stop, bugs, manifest};

    #[test]
    fn every_bug_of_the_list_has_its_place_in_the_core() {
        let project = Project::find(&Stop::default()).expect("we were built from a checkout");
        let list = bugs(&project.read(LIST).expect("it is there")).expect("it is well-formed");
        for bug in &list {
            let text = project.read(&bug.file).expect("the file is there");
            assert_eq!(text.matches(&bug.find).count(), 1, "{}: {}", bug.name, bug.find);
            assert_ne!(bug.find, bug.replace, "{}", bug.name);
        }
        let mut names: Vec<&str> = list.iter().map(|bug| bug.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), list.len(), "names that stand twice");
    }

    #[test]
    fn the_copy_is_made_of_the_core_and_the_simulator() {
        let project = Project::find(&Stop::default()).expect("we were built from a checkout");
        let copy = manifest(&project.read("Cargo.toml").expect("it is there")).expect("TOML");
        let table: toml::Table = copy.parse().expect("it is TOML");
        let members = table["workspace"]["members"].as_array().expect("a list");
        assert_eq!(members, &["json", "tests/sim"].map(toml::Value::from));
        assert!(table.get("bench").is_none() && table.get("test").is_none());
    }
}
