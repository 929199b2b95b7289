//! What has become of phases since that was last said.

use crate::activity::{Phase, PhaseState, printable};

/// More changes than these are counted and not named.
const NAMED_MAX: usize = 3;

/// The changes that are still to be said.
#[derive(Debug, Default)]
pub(super) struct PhaseNews {
    /// How the phases stood when they were last looked at, and in which pass.
    known: Vec<(PhaseState, u32)>,
    /// What is to be said: the latest, at most so many.
    sentences: Vec<String>,
    /// How many changes there were.
    count: usize,
}

impl PhaseNews {
    /// Takes in how the phases stand. What the past was like `is_news` to nobody.
    pub(super) fn note(&mut self, phases: &[Phase], is_news: bool) {
        self.known.truncate(phases.len());
        for (index, phase) in phases.iter().enumerate() {
            let stands = (&phase.state, phase.iteration);
            match self.known.get_mut(index) {
                Some(known) if (&known.0, known.1) == stands => continue,
                Some(known) => *known = (phase.state.clone(), phase.iteration),
                None => self.known.push((phase.state.clone(), phase.iteration)),
            }
            if let Some(sentence) = sentence(phase).filter(|_| is_news) {
                self.count += 1;
                if self.sentences.len() >= NAMED_MAX {
                    self.sentences.remove(0);
                }
                self.sentences.push(sentence);
            }
        }
    }

    /// Whether there is anything to say.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of it, as one text, which is then said.
    pub(super) fn take(&mut self) -> String {
        let count = std::mem::take(&mut self.count);
        let sentences = std::mem::take(&mut self.sentences);
        match sentences.last() {
            Some(last) if count > NAMED_MAX => format!("{count} changes of phases. {last}"),
            _ => sentences.join(" "),
        }
    }
}

fn sentence(phase: &Phase) -> Option<String> {
    let what = match phase.state {
        PhaseState::Active => "started",
        PhaseState::Waiting => "is waiting",
        PhaseState::Done => "is done",
        PhaseState::Error => "failed",
        PhaseState::Pending
        | PhaseState::Cancelled
        | PhaseState::NotReached
        | PhaseState::Other(_) => return None,
    };
    let mut sentence = format!("{} {what}", printable(&phase.label));
    if phase.iteration > 1 && phase.state == PhaseState::Active {
        sentence.push_str(&format!(", iteration {}", phase.iteration));
    }
    sentence.push('.');
    Some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{activity::Phases, connection::Outcome, dialect::PhaseRef};

    const fn id(name: &str) -> PhaseRef<'_> {
        PhaseRef { id: Some(name), agent: None }
    }

    fn planned(count: usize) -> Phases {
        let mut phases = Phases::default();
        for number in 0..count {
            phases.declare(&format!("p{number}"), None, None, None);
        }
        phases
    }

    #[test]
    fn what_was_before_is_no_news() {
        let (mut news, mut phases) = (PhaseNews::default(), planned(2));
        phases.start(id("p0"), None, None);
        news.note(phases.list(), false);
        assert!(news.is_empty());
        news.note(phases.list(), true);
        assert!(news.is_empty(), "nothing has changed");
        assert_eq!(news.take(), "");
    }

    #[test]
    fn changes_that_come_together_are_said_together_and_once() {
        let (mut news, mut phases) = (PhaseNews::default(), planned(2));
        news.note(phases.list(), true);
        assert!(news.is_empty(), "a phase that is planned is none");
        phases.start(id("p0"), None, None);
        news.note(phases.list(), true);
        phases.end(id("p0"), Outcome::Complete, None);
        phases.start(id("p1"), None, None);
        news.note(phases.list(), true);
        assert_eq!(news.take(), "p0 started. p0 is done. p1 started.");
        assert!(news.is_empty());
        phases.end(id("p1"), Outcome::Error, None);
        news.note(phases.list(), true);
        phases.start(id("p1"), None, None);
        news.note(phases.list(), true);
        assert_eq!(news.take(), "p1 failed. p1 started, iteration 2.");
    }

    #[test]
    fn many_changes_are_counted() {
        let (mut news, mut phases) = (PhaseNews::default(), planned(40));
        news.note(phases.list(), true);
        for number in 0..40 {
            phases.start(id(&format!("p{number}")), None, None);
        }
        news.note(phases.list(), true);
        assert_eq!(news.take(), "40 changes of phases. p39 started.");
    }

    #[test]
    fn another_history_forgets_the_phases_of_the_old_one() {
        let (mut news, mut phases) = (PhaseNews::default(), planned(3));
        phases.start(id("p2"), None, None);
        news.note(phases.list(), false);
        news.note(&[], true);
        news.note(phases.list(), false);
        assert!(news.is_empty());
    }
}
