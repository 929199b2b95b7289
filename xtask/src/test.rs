//! `cargo xtask test`: every test there is, as named steps, and a table of them at the end.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::{
    browser, build,
    failure::{Failure, Result},
    node, planted,
    process::run,
    project::Project,
    purity, sim,
    stop::Stop,
    terminal,
    tools::{self, Tools, WASM_TARGET},
    weight,
};

/// The page and the core, as cargo's arguments name them.
const ROOT_PACKAGE: &str = "--package=agent-activity";

/// What `test` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run this step alone; may be given several times
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Run the steps that follow a failure, too
    #[arg(long)]
    keep_going: bool,
}

/// One part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// The sources are formatted
    Format,
    /// Clippy has nothing to say: native, the core alone, and for the browser
    Lint,
    /// The core's tests, without a browser crate in its tree
    Core,
    /// The simulator finds nothing: every short sequence of inputs, 100,000 seeds, and a herd
    Sim,
    /// The simulator catches every bug that is planted for it
    Planted,
    /// Ten million inputs that nobody meant do no harm
    Fuzz,
    /// All native tests, those of the gateway and of these commands included
    Native,
    /// The documentation builds without a warning
    Docs,
    /// The views' tests, in headless Chromium
    Browser,
    /// The release page and the release gateway build
    Page,
    /// The release page is under its ceiling
    Weight,
    /// The whole product, end to end, in Chromium
    E2e,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn run(self, project: &Project, stop: &Stop) -> Result {
        let cargo = |arguments: &[&str]| {
            run(&format!("cargo {}", arguments[0]), &mut project.cargo(arguments), stop)
        };
        match self {
            Self::Format => cargo(&["fmt", "--all", "--check"]),
            Self::Lint => {
                let lint = |arguments: &[&str]| {
                    cargo(&[&["clippy"], arguments, &["--", "-D", "warnings"]].concat())
                };
                lint(&["--workspace", "--all-targets"])?;
                lint(&[ROOT_PACKAGE, "--no-default-features", "--all-targets"])?;
                lint(&[ROOT_PACKAGE, "--target", WASM_TARGET, "--lib", "--bins", "--test", "web"])
            }
            Self::Core => {
                purity::check(project)?;
                cargo(&["test", ROOT_PACKAGE, "--no-default-features"])
            }
            Self::Sim => sim::all(project, stop),
            Self::Planted => planted::planted(project, &planted::Options::default(), stop),
            Self::Fuzz => cargo(&["run", "--profile", "fuzz", "--package", "agent-activity-fuzz"]),
            Self::Native => cargo(&["test", "--workspace"]),
            Self::Docs => {
                let mut command = project.cargo(&["doc", "--no-deps", "--workspace"]);
                run("cargo doc", command.env("RUSTDOCFLAGS", "-D warnings"), stop)
            }
            Self::Browser => browser_tests(project, stop),
            Self::Page => build::release(project, stop),
            Self::Weight => weight::check(project),
            Self::E2e => end_to_end_tests(project, stop),
        }
    }
}

/// The tests of `tests/web.rs`, which wasm-bindgen's runner takes into the browser.
fn browser_tests(project: &Project, stop: &Stop) -> Result {
    let runner = tools::ensure_test_runner(project, stop)?;
    browser::ensure_browser(stop)?;
    let driver = browser::ensure_driver(stop)?;
    let mut command =
        project.cargo(&["test", ROOT_PACKAGE, "--target", WASM_TARGET, "--test", "web"]);
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", driver)
        // In seconds; the defaults of 20 and 5 are for machines that do nothing else.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "180")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    run("the tests in the browser", &mut command, stop)
}

/// The tests of `tests/e2e`, which find Trunk and wasm-bindgen on `PATH`.
fn end_to_end_tests(project: &Project, stop: &Stop) -> Result {
    build::ensure_built(project)?;
    let tools = Tools::ensure(project, stop)?;
    let programs = node::ensure(project, stop)?;
    let folders: Vec<_> =
        [&tools.trunk, &tools.wasm_bindgen].into_iter().filter_map(|tool| tool.parent()).collect();
    let mut command = node::command(project, &programs.join("playwright"), stop)?;
    command.current_dir(project.node()).arg("test").env("PATH", tools::path_with(&folders)?);
    run("the end to end tests", &mut command, stop)
}

/// What became of a step, and in which time.
#[derive(Debug)]
struct Outcome {
    step: Step,
    /// Nothing when an earlier failure kept it from being run.
    ended: Option<(Duration, Result)>,
}

/// Runs the steps asked for, and fails when one of them does.
pub(crate) fn test(project: &Project, options: &Options, stop: &Stop) -> Result {
    let all = Step::value_variants().iter().copied();
    let steps = all.filter(|step| options.only.is_empty() || options.only.contains(step));
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut enough = false;
    for step in steps {
        let ended = (!enough).then(|| {
            terminal::heading(&step.name());
            let started = Instant::now();
            let result = step.run(project, stop);
            if let Err(failure) = &result {
                terminal::say(&format!("{}: {failure}", step.name()));
                enough = !options.keep_going || matches!(failure, Failure::Signal(_));
            }
            (started.elapsed(), result)
        });
        outcomes.push(Outcome { step, ended });
    }
    terminal::heading("summary");
    terminal::say(&table(&outcomes));
    verdict(&outcomes)
}

fn table(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        let name = outcome.step.name();
        match &outcome.ended {
            Some((time, Ok(()))) => format!("{name:<8} {:>7.1} s  ok", time.as_secs_f64()),
            Some((time, Err(_))) => format!("{name:<8} {:>7.1} s  FAILED", time.as_secs_f64()),
            None => format!("{name:<8} {:>9}  not run", ""),
        }
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The signal that stopped the steps, else a sentence that names those that failed.
fn verdict(outcomes: &[Outcome]) -> Result {
    let failures = || {
        outcomes
            .iter()
            .filter_map(|outcome| Some((outcome.step, outcome.ended.as_ref()?.1.as_ref().err()?)))
    };
    if let Some((_, signal)) = failures().find(|(_, failure)| matches!(failure, Failure::Signal(_)))
    {
        return Err(signal.clone());
    }
    let names: Vec<String> = failures().map(|(step, _)| step.name()).collect();
    match names.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::new(format!(
            "{one} failed; repeat it alone with `cargo xtask test --only {one}`"
        ))),
        several => Err(Failure::new(format!("{} failed; see above", several.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Failure, Outcome, Result, Step, table, verdict};

    fn outcome(step: Step, result: Option<Result>) -> Outcome {
        Outcome { step, ended: result.map(|result| (Duration::from_millis(1_250), result)) }
    }

    #[test]
    fn the_table_has_a_line_for_each_step() {
        let failed = Some(Err(Failure::new("no")));
        let outcomes = [
            outcome(Step::Format, Some(Ok(()))),
            outcome(Step::Lint, failed),
            outcome(Step::E2e, None),
        ];
        let table = table(&outcomes);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            ["format       1.2 s  ok", "lint         1.2 s  FAILED", "e2e                 not run"]
        );
    }

    #[test]
    fn one_failure_fails_the_whole() {
        let passed = || outcome(Step::Core, Some(Ok(())));
        assert_eq!(verdict(&[passed(), outcome(Step::E2e, None)]), Ok(()));
        let failed = outcome(Step::Docs, Some(Err(Failure::new("no"))));
        let sentence = verdict(&[passed(), failed]).expect_err("docs failed").to_string();
        assert_eq!(sentence, "docs failed; repeat it alone with `cargo xtask test --only docs`");
    }

    #[test]
    fn a_signal_counts_for_more_than_a_failure() {
        let failed = outcome(Step::Docs, Some(Err(Failure::new("no"))));
        let stopped = outcome(Step::Page, Some(Err(Failure::Signal(2))));
        assert_eq!(verdict(&[failed, stopped]), Err(Failure::Signal(2)));
    }
}
