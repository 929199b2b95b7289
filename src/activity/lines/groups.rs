//! Rows that belong together, and are put away together.
//!
//! A group has no row of its own: the one with which a phase begins, or a pass through the phases,
//! heads what follows of it. Rows stay in the order in which they came, so that groups of agents that
//! work at the same time lie in one another, and a row is put away by what it is and not by where it
//! stands.

use crate::{
    activity::{Marker, Row, RowEntry},
    dialect::Level,
    wire::kind,
};

/// The most groups that are collapsed at once; for one more, the one collapsed first is expanded.
const COLLAPSED_MAX: usize = 200;

/// What a group is of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// A pass through the phases: all that happens until the next one.
    Pass,
    /// A phase: what is said of it until it begins anew. Its id, or its agent where none is named; and
    /// its agent.
    Phase { id: String, agent: String },
}

impl Subject {
    /// What the group is of that this entry heads, if it heads one.
    fn of(entry: &RowEntry<'_>) -> Option<Self> {
        match entry.kind {
            kind::ITERATION_START => Some(Self::Pass),
            kind::AGENT_START | "STEP_STARTED" | "SUBAGENT_STARTED" => {
                let id = if entry.phase.is_empty() { entry.agent } else { entry.phase };
                Some(Self::Phase { id: id.to_owned(), agent: entry.agent.to_owned() })
            }
            _ => None,
        }
    }

    fn has(&self, entry: &RowEntry<'_>) -> bool {
        match self {
            Self::Pass => true,
            Self::Phase { agent, .. } if entry.phase.is_empty() => {
                !agent.is_empty() && entry.agent == agent
            }
            Self::Phase { id, .. } => entry.phase == id,
        }
    }

    /// Whether a group of this ends where another begins.
    fn ends_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pass, Self::Pass) => true,
            (Self::Phase { id, .. }, Self::Phase { id: other, .. }) => id == other,
            _ => false,
        }
    }
}

/// The groups that are collapsed.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    collapsed: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    /// The row that heads it.
    heading: u64,
    /// What it is of, while rows of it may come.
    subject: Option<Subject>,
    hidden: Hidden,
    /// The last of the rows that it hides.
    last: u64,
}

/// The entries that a collapsed group hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// How many.
    pub entries: u64,
    /// How many of them are errors.
    pub errors: u64,
}

/// Whether an entry heads a group.
pub(super) fn is_heading(entry: &RowEntry<'_>) -> bool {
    Subject::of(entry).is_some()
}

impl Groups {
    /// Whether no group is collapsed.
    pub(super) const fn is_empty(&self) -> bool {
        self.collapsed.is_empty()
    }

    /// The next row that is wanted. Whether it belongs to a group that is collapsed, and is hidden by it;
    /// it may be that those are not counted on.
    pub(super) fn take(&mut self, number: u64, row: &Row<'_>, counts: bool) -> bool {
        let entry = match row {
            Row::Entry(entry) => entry,
            Row::Marker(marker) => {
                if matches!(marker, Marker::End(_) | Marker::Epoch) {
                    self.end(|_| true);
                }
                return false;
            }
        };
        let begins = Subject::of(entry);
        if let Some(begins) = &begins {
            self.end(|subject| subject.ends_before(begins));
        }
        let is_in = |subject: &Subject| match &begins {
            // Of a pass are the phases that begin in it; a phase that begins is of no other.
            Some(_) => *subject == Subject::Pass,
            None => subject.has(entry),
        };
        let hides =
            self.collapsed.iter_mut().find(|group| group.subject.as_ref().is_some_and(is_in));
        if let Some(group) = hides {
            group.hidden.entries += u64::from(counts);
            group.hidden.errors += u64::from(counts && entry.level == Level::Error);
            group.last = number;
            return true;
        }
        let heads = self.collapsed.iter_mut().find(|group| group.heading == number);
        if let Some(group) = heads {
            group.subject = begins;
        }
        false
    }

    fn end(&mut self, is_over: impl Fn(&Subject) -> bool) {
        for group in &mut self.collapsed {
            group.subject = group.subject.take().filter(|subject| !is_over(subject));
        }
    }

    /// What the group hides that this row heads, if that is collapsed.
    pub(super) fn hidden(&self, heading: u64) -> Option<Hidden> {
        self.collapsed.iter().find(|group| group.heading == heading).map(|group| group.hidden)
    }

    /// From the next [`Self::restart`] on, the group of this heading is collapsed or not.
    pub(super) fn set_collapsed(&mut self, heading: u64, is_collapsed: bool) {
        self.collapsed.retain(|group| group.heading != heading);
        if is_collapsed {
            if self.collapsed.len() >= COLLAPSED_MAX {
                self.collapsed.remove(0);
            }
            self.collapsed.push(Group {
                heading,
                subject: None,
                hidden: Hidden::default(),
                last: heading,
            });
        }
    }

    /// The heading of a group that may hide this row.
    pub(super) fn around(&self, row: u64) -> Option<u64> {
        let may_hide = |group: &&Group| group.heading < row && row <= group.last;
        self.collapsed.iter().find(may_hide).map(|group| group.heading)
    }

    /// Whether the heading of a collapsed group stands before this row.
    pub(super) fn has_heading_before(&self, row: u64) -> bool {
        self.collapsed.iter().any(|group| group.heading < row)
    }

    /// Groups whose heading stands before this row are not collapsed from the next
    /// [`Self::restart`] on.
    pub(super) fn forget_before(&mut self, row: u64) {
        self.collapsed.retain(|group| group.heading >= row);
    }

    /// All rows are about to be looked at once more.
    pub(super) fn restart(&mut self) {
        for group in &mut self.collapsed {
            group.subject = None;
            group.hidden = Hidden::default();
            group.last = group.heading;
        }
    }
}
