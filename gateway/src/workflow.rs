//! Workflows: what a workflow file says.
//!
//! It reads TOML and answers with a workflow or with one sentence that names the file, the line and
//! what was expected. It does not know how a workflow is run.

use std::{collections::BTreeMap, ops::Range, path::PathBuf, time::Duration};

use serde::Deserialize;
use toml::Spanned;

use crate::config;

/// A workflow: phases that run one after the other, once per iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// What people call it.
    pub label: String,
    /// How often its phases run, from 1.
    pub iterations: u32,
    /// The phases in order; at least one, each with an id of its own.
    pub phases: Vec<Phase>,
}

/// One phase: a command that an agent is.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Names it within the workflow.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Names the agent.
    pub agent: String,
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in, as written: relative to the file's folder.
    pub cwd: PathBuf,
    /// Variables that it gets besides the gateway's own environment.
    pub env: BTreeMap<String, String>,
    /// How long it may run; `None` = as long as it likes.
    pub timeout: Option<Duration>,
    /// How long it may be without output, when that is not the gateway's default; 0 = for ever.
    pub silence: Option<Duration>,
    /// How often it is run again after it failed.
    pub retries: u32,
    /// The iterations in which it runs.
    pub iterations: Iterations,
    /// What its agent reads.
    pub stdin: Stdin,
}

/// The iterations in which a phase runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Iterations {
    /// Each of them.
    #[default]
    All,
    /// The first only.
    First,
    /// The last only.
    Last,
}

/// What an agent reads from its standard input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stdin {
    /// The messages of people, one JSON line each, for as long as it runs.
    #[default]
    Messages,
    /// Nothing.
    None,
}

impl Iterations {
    /// Whether `iteration` of `count` is one of them.
    #[must_use]
    pub fn contain(self, iteration: u32, count: u32) -> bool {
        match self {
            Self::All => true,
            Self::First => iteration == 1,
            Self::Last => iteration == count,
        }
    }
}

impl Workflow {
    /// Reads the text of the file `stem`.toml.
    ///
    /// # Errors
    ///
    /// One sentence with the file, the line, and what was wrong or expected there.
    pub fn parse(stem: &str, text: &str) -> Result<Self, String> {
        toml::from_str::<File>(text)
            .map_err(|error| Mistake { at: error.span(), what: error.message().replace('\n', " ") })
            .and_then(|file| file.check(stem))
            .map_err(|mistake| mistake.describe(stem, text))
    }
}

/// What is wrong in a file, and at which bytes of it.
struct Mistake {
    at: Option<Range<usize>>,
    what: String,
}

impl Mistake {
    fn new<T>(at: &Spanned<T>, what: impl Into<String>) -> Self {
        Self { at: Some(at.span()), what: what.into() }
    }

    fn describe(&self, stem: &str, text: &str) -> String {
        let start = self.at.as_ref().map_or(0, |at| at.start.min(text.len()));
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("{stem}.toml, line {line}: {}", self.what)
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    label: Option<String>,
    iterations: Option<Spanned<u32>>,
    #[serde(default, rename = "phase")]
    phases: Vec<Table>,
}

/// A `[[phase]]` table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    id: Spanned<String>,
    label: Option<String>,
    agent: Option<String>,
    command: Spanned<Vec<String>>,
    #[serde(default)]
    cwd: PathBuf,
    #[serde(default)]
    env: BTreeMap<String, String>,
    timeout_s: Option<Spanned<f64>>,
    silence_s: Option<Spanned<f64>>,
    #[serde(default)]
    retries: u32,
    #[serde(default)]
    iterations: Iterations,
    #[serde(default)]
    stdin: Stdin,
}

impl File {
    fn check(self, stem: &str) -> Result<Workflow, Mistake> {
        if let Some(iterations) = self.iterations.as_ref().filter(|count| *count.get_ref() == 0) {
            return Err(Mistake::new(iterations, "`iterations` must be at least 1"));
        }
        if self.phases.is_empty() {
            let what = "there is no phase; add a `[[phase]]` table with `id` and `command`";
            return Err(Mistake { at: None, what: what.to_owned() });
        }
        let mut phases: Vec<Phase> = Vec::with_capacity(self.phases.len());
        for table in self.phases {
            if phases.iter().any(|phase| phase.id == *table.id.get_ref()) {
                let what = format!("a phase with the id `{}` stands above", table.id.get_ref());
                return Err(Mistake::new(&table.id, what));
            }
            phases.push(table.check()?);
        }
        Ok(Workflow {
            label: self.label.or(self.name).unwrap_or_else(|| stem.to_owned()),
            iterations: self.iterations.map_or(1, Spanned::into_inner),
            phases,
        })
    }
}

impl Table {
    fn check(self) -> Result<Phase, Mistake> {
        if self.id.get_ref().is_empty() {
            return Err(Mistake::new(&self.id, "`id` must not be empty"));
        }
        let command = self.command.get_ref();
        let Some((program, arguments)) =
            command.split_first().filter(|(first, _)| !first.is_empty())
        else {
            let what = "`command` must name a program: [\"program\", \"argument\", …]";
            return Err(Mistake::new(&self.command, what));
        };
        let timeout =
            self.timeout_s.as_ref().map(|value| duration("timeout_s", value)).transpose()?;
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            let what = "`timeout_s` must be more than 0; leave it out for no limit";
            return Err(Mistake {
                at: self.timeout_s.map(|value| value.span()),
                what: what.into(),
            });
        }
        let silence =
            self.silence_s.as_ref().map(|value| duration("silence_s", value)).transpose()?;
        Ok(Phase {
            label: self.label.unwrap_or_else(|| self.id.get_ref().clone()),
            agent: self.agent.unwrap_or_else(|| self.id.get_ref().clone()),
            program: program.clone(),
            arguments: arguments.to_vec(),
            cwd: self.cwd,
            env: self.env,
            timeout,
            silence,
            retries: self.retries,
            iterations: self.iterations,
            stdin: self.stdin,
            id: self.id.into_inner(),
        })
    }
}

fn duration(key: &str, value: &Spanned<f64>) -> Result<Duration, Mistake> {
    config::duration(*value.get_ref()).ok_or_else(|| {
        let what = format!("`{key}` must be a number of seconds from 0 to {}", config::SECONDS_MAX);
        Mistake::new(value, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_mistake(text: &str, line: usize, words: &str) {
        let mistake = Workflow::parse("build", text).expect_err("a malformed file");
        let start = format!("build.toml, line {line}: ");
        assert!(mistake.starts_with(&start), "{mistake}");
        assert!(mistake.contains(words), "{mistake}");
        assert!(!mistake.contains('\n'), "{mistake}");
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let workflow = Workflow::parse("build", "[[phase]]\nid = 'a'\ncommand = ['true']")
            .expect("a good file");
        let phase = Phase {
            id: "a".into(),
            label: "a".into(),
            agent: "a".into(),
            program: "true".into(),
            arguments: vec![],
            cwd: PathBuf::new(),
            env: BTreeMap::new(),
            timeout: None,
            silence: None,
            retries: 0,
            iterations: Iterations::All,
            stdin: Stdin::Messages,
        };
        let expected = Workflow { label: "build".into(), iterations: 1, phases: vec![phase] };
        assert_eq!(workflow, expected);
    }

    #[test]
    fn every_key_is_read() {
        let text = "name = 'n'\nlabel = 'Build'\niterations = 3\n[[phase]]\nid = 'a'\nlabel = 'A'
            agent = 'x'\ncommand = ['sh', '-c', 'true']\ncwd = '..'\nenv = { K = 'v' }
            timeout_s = 60\nsilence_s = 0.5\nretries = 2\niterations = 'last'
            stdin = 'none'";
        let workflow = Workflow::parse("build", text).expect("a good file");
        assert_eq!((workflow.label.as_str(), workflow.iterations), ("Build", 3));
        let phase = &workflow.phases[0];
        assert_eq!((phase.label.as_str(), phase.agent.as_str()), ("A", "x"));
        assert_eq!(phase.program, "sh");
        assert_eq!(phase.arguments, ["-c", "true"]);
        assert_eq!(phase.cwd, PathBuf::from(".."));
        assert_eq!(phase.env["K"], "v");
        assert_eq!(phase.timeout, Some(Duration::from_secs(60)));
        assert_eq!(phase.silence, Some(Duration::from_millis(500)));
        assert_eq!((phase.retries, phase.iterations), (2, Iterations::Last));
        assert_eq!(phase.stdin, Stdin::None);
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_what_was_expected() {
        check_mistake("", 1, "[[phase]]");
        check_mistake("label = 'x'\nphase = 5", 2, "expected");
        check_mistake("label = 'x'\n\nlabel = oops", 3, "");
        check_mistake(
            "colour = 'red'",
            1,
            "expected one of `name`, `label`, `iterations`, `phase`",
        );
        check_mistake("iterations = 0", 1, "at least 1");
        check_mistake("\niterations = 'two'", 2, "expected u32");
        check_mistake("[[phase]]\nid = 'a'", 1, "missing field `command`");
        check_mistake("[[phase]]\nid = ''\ncommand = ['true']", 2, "not be empty");
        check_mistake("[[phase]]\nid = 'a'\ncommand = 'true'", 3, "expected");
        check_mistake("[[phase]]\nid = 'a'\ncommand = []", 3, "must name a program");
        check_mistake("[[phase]]\nid = 'a'\ncommand = ['']", 3, "must name a program");
    }

    #[test]
    fn mistakes_inside_a_phase_name_their_own_line() {
        let phase = "[[phase]]\nid = 'a'\ncommand = ['true']\n";
        check_mistake(
            &format!("{phase}after = ['b']"),
            4,
            "unknown field `after`, expected one of",
        );
        check_mistake(&format!("{phase}{phase}"), 5, "the id `a` stands above");
        check_mistake(&format!("{phase}timeout_s = -1"), 4, "`timeout_s` must be");
        check_mistake(&format!("{phase}timeout_s = 0"), 4, "`timeout_s` must be more than 0");
        check_mistake(&format!("{phase}silence_s = nan"), 4, "`silence_s` must be");
        check_mistake(&format!("{phase}silence_s = 1e18"), 4, "`silence_s` must be");
        check_mistake(&format!("{phase}retries = -1"), 4, "");
        check_mistake(&format!("{phase}iterations = 'some'"), 4, "expected one of `all`, `first`");
        check_mistake(&format!("{phase}stdin = 'null'"), 4, "expected `messages` or `none`");
        check_mistake(&format!("{phase}env = {{ K = 1 }}"), 4, "expected a string");
    }

    #[test]
    fn phases_run_in_the_iterations_that_they_name() {
        let runs = |iterations: Iterations| (1..=3).map(move |n| iterations.contain(n, 3));
        assert!(runs(Iterations::All).eq([true, true, true]));
        assert!(runs(Iterations::First).eq([true, false, false]));
        assert!(runs(Iterations::Last).eq([false, false, true]));
        assert!(Iterations::Last.contain(1, 1));
    }
}
