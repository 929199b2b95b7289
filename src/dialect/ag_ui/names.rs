//! What an event refers to by an id that was explained earlier.

/// How many sub-agents, tool calls and steps are remembered of each; the oldest are forgotten first.
const REMEMBERED_MAX: usize = 1_000;

/// Names by ids, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    pub(super) fn add(&mut self, id: &str, name: String) {
        if self.0.len() >= REMEMBERED_MAX {
            self.0.remove(0);
        }
        self.0.push((id.to_owned(), name));
    }

    /// The name of this id that came last.
    pub(super) fn get(&self, id: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == id).map(|(_, name)| &**name)
    }

    /// The name that came last of all.
    pub(super) fn last(&self) -> Option<&str> {
        self.0.last().map(|(_, name)| &**name)
    }

    /// Takes out the last name that passes.
    pub(super) fn take(&mut self, is_meant: impl Fn(&(String, String)) -> bool) -> Option<String> {
        let index = self.0.iter().rposition(is_meant)?;
        Some(self.0.remove(index).1)
    }
}
