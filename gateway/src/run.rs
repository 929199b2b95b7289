//! The runner: takes a session through a workflow.
//!
//! It decides which phase comes next and what is said about it. It does not know how an agent is
//! started or ended, nor who follows.

use std::{path::Path, time::Instant};

use agent_activity::wire::{Event, PlannedPhase, RawJson, kind};
use serde_json::{json, value::to_raw_value};
use tokio_util::sync::CancellationToken;

use crate::{
    agent::{self, Outcome, Task},
    config::Config,
    draft::{Context, Draft},
    feeder,
    session::{Ended, Session},
    workflow::{Phase, Stdin, Workflow},
};

/// Runs `workflow`, whose file is in `folder`, and ends the session in every case.
pub async fn run(
    session: &Session,
    workflow: &Workflow,
    folder: &Path,
    config: &Config,
    stop: &CancellationToken,
) {
    let run = Run { session, workflow, folder, config, stop };
    // The session may have been ended from outside; then there is no more to say.
    let _ = run.all().await;
}

struct Run<'a> {
    session: &'a Session,
    workflow: &'a Workflow,
    folder: &'a Path,
    config: &'a Config,
    stop: &'a CancellationToken,
}

/// How a phase ended.
enum Verdict {
    Done,
    Failed(String),
    Cancelled,
}

impl Run<'_> {
    async fn all(&self) -> Result<(), Ended> {
        self.plan()?;
        let count = self.workflow.iterations;
        for iteration in 1..=count {
            let several = (count > 1).then_some((iteration, count));
            if several.is_some() {
                self.say(&Event {
                    kind: kind::ITERATION_START.into(),
                    iteration: Some(iteration),
                    max_iterations: Some(count),
                    ..Event::default()
                })?;
            }
            let phases = self.workflow.phases.iter();
            for phase in phases.filter(|phase| phase.iterations.contain(iteration, count)) {
                let context = Context { phase: &phase.id, agent: &phase.agent, iteration: several };
                match self.phase(phase, &context).await? {
                    Verdict::Done => {}
                    Verdict::Failed(reason) => {
                        return self.say(&Event {
                            message: Some(format!("{} failed: {reason}", phase.label).into()),
                            level: Some("error".into()),
                            ..context.event(kind::ERROR)
                        });
                    }
                    Verdict::Cancelled => {
                        return self.say(&Event {
                            message: Some(self.session.cancel_reason().into()),
                            ..context.event(kind::CANCELLED)
                        });
                    }
                }
            }
        }
        let message = Some(format!("{} is complete", self.workflow.label).into());
        self.say(&Event { kind: kind::COMPLETE.into(), message, ..Event::default() })
    }

    fn plan(&self) -> Result<(), Ended> {
        let planned = |phase: &Phase| PlannedPhase {
            id: phase.id.clone().into(),
            label: Some(phase.label.clone().into()),
            agent: Some(phase.agent.clone().into()),
            state: None,
        };
        let phases = self.workflow.phases.iter().map(planned).collect();
        let message = Some(self.workflow.label.as_str().into());
        self.say(&Event { kind: kind::PLAN.into(), message, phases, ..Event::default() })
    }

    /// Runs the phase, and again after a failure as often as it may.
    async fn phase(&self, phase: &Phase, context: &Context<'_>) -> Result<Verdict, Ended> {
        let mut left = phase.retries;
        loop {
            let verdict = self.attempt(phase, context).await?;
            let Verdict::Failed(_) = verdict else { return Ok(verdict) };
            if left == 0 {
                return Ok(verdict);
            }
            let again = format!("Trying {} again; attempts left: {left}", phase.label);
            self.say(&Event {
                message: Some(again.into()),
                level: Some("warning".into()),
                ..context.event(kind::LOG)
            })?;
            left -= 1;
        }
    }

    async fn attempt(&self, phase: &Phase, context: &Context<'_>) -> Result<Verdict, Ended> {
        if self.stop.is_cancelled() {
            return Ok(Verdict::Cancelled);
        }
        let message = Some(phase.label.as_str().into());
        self.say(&Event { message, ..context.event(kind::AGENT_START) })?;
        let start = Instant::now();
        let feed = (phase.stdin == Stdin::Messages)
            .then_some(|stdin| feeder::feed(self.session.listen(context), stdin));
        let outcome = agent::run(&self.task(phase), self.stop, feed, |stream, line| {
            let is_stored = |id: &str| self.session.has_message(id);
            let draft = Draft::of_agent(line, stream.as_str(), context, is_stored);
            // An ended session has told the agent to stop; what it still says is not heard.
            let _ = self.session.append(&draft);
        })
        .await;
        let payload = to_raw_value(&json!({
            "exit_code": outcome.as_ref().ok().and_then(|outcome| outcome.status.code()),
            "signal": outcome.as_ref().ok().and_then(Outcome::signal),
            "duration_ms": start.elapsed().as_millis(),
        }))
        .ok();
        let failure = match outcome {
            Ok(Outcome { cause: agent::Cause::Cancelled, .. }) => return Ok(Verdict::Cancelled),
            Ok(outcome) => outcome.failure(),
            Err(reason) => Some(reason),
        };
        let Some(reason) = failure else {
            let message = Some("Done".into());
            let payload = payload.as_deref().map(RawJson::from);
            self.say(&Event { message, payload, ..context.event(kind::AGENT_COMPLETE) })?;
            return Ok(Verdict::Done);
        };
        self.say(&Event {
            message: Some(reason.as_str().into()),
            level: Some("error".into()),
            payload: payload.as_deref().map(RawJson::from),
            ..context.event(kind::AGENT_ERROR)
        })?;
        Ok(Verdict::Failed(reason))
    }

    fn task(&self, phase: &Phase) -> Task {
        Task {
            program: phase.program.clone(),
            arguments: phase.arguments.clone(),
            cwd: self.folder.join(&phase.cwd),
            env: phase.env.clone(),
            timeout: phase.timeout,
            silence: Some(phase.silence.unwrap_or(self.config.silence))
                .filter(|silence| !silence.is_zero()),
            grace: self.config.grace,
            drain: self.config.drain,
            line_max: self.config.max_line.get(),
        }
    }

    fn say(&self, event: &Event<'_>) -> Result<(), Ended> {
        self.session.append(&Draft::of_gateway(event)).map(|_| ())
    }
}
