//! Which rows stand on which lines.

use std::collections::VecDeque;

/// Lines and the rows that stand on them, both counted upwards without an end. What is stored are
/// the places where a row is left out, so that all rows of a log take no more room than one.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretches {
    list: VecDeque<Stretch>,
    /// The line after the last.
    end: u64,
}

/// Lines that follow one another, as do the rows on them; up to where the next stretch begins.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    line: u64,
    row: u64,
}

impl Stretches {
    /// No lines yet; the first will have this number.
    pub(super) const fn from(line: u64) -> Self {
        Self { list: VecDeque::new(), end: line }
    }

    /// The first line.
    pub(super) fn start(&self) -> u64 {
        self.list.front().map_or(self.end, |first| first.line)
    }

    /// The line after the last.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// The row on this line.
    pub(super) fn row(&self, line: u64) -> Option<u64> {
        let after = self.list.partition_point(|stretch| stretch.line <= line);
        let stretch = self.list.get(after.checked_sub(1)?)?;
        (line < self.end).then_some(stretch.row + (line - stretch.line))
    }

    /// The line on which this row stands, or the next one that stands on any.
    pub(super) fn line(&self, row: u64) -> u64 {
        let after = self.list.partition_point(|stretch| stretch.row <= row);
        let next = self.list.get(after).map_or(self.end, |next| next.line);
        let before = after.checked_sub(1).and_then(|index| self.list.get(index));
        before.map_or(next, |stretch| next.min(stretch.line + (row - stretch.row)))
    }

    /// One more line, with this row, which comes after all others.
    pub(super) fn push(&mut self, row: u64) {
        let follows = |last: &Stretch| last.row + (self.end - last.line) == row;
        if !self.list.back().is_some_and(follows) {
            self.list.push_back(Stretch { line: self.end, row });
        }
        self.end += 1;
    }

    /// One more line before the first, with this row, which comes before all others.
    pub(super) fn push_front(&mut self, row: u64) {
        let line = self.start().saturating_sub(1);
        match self.list.front_mut() {
            Some(first) if first.row == row + 1 => *first = Stretch { line, row },
            _ => self.list.push_front(Stretch { line, row }),
        }
    }

    /// No lines with rows before this one any more. The others keep their numbers.
    pub(super) fn drop_before(&mut self, row: u64) {
        let line = self.line(row);
        while let Some(&first) = self.list.front()
            && first.line < line
        {
            if self.list.get(1).map_or(self.end, |next| next.line) <= line {
                self.list.pop_front();
            } else {
                let row = first.row + (line - first.line);
                self.list[0] = Stretch { line, row };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(stretches: &Stretches) -> Vec<(u64, u64)> {
        let lines = stretches.start()..stretches.end();
        lines.map(|line| (line, stretches.row(line).expect("a line"))).collect()
    }

    #[test]
    fn lines_and_rows_lead_to_each_other() {
        let mut stretches = Stretches::from(1);
        assert_eq!((stretches.line(7), stretches.row(1)), (1, None));
        for row in [0, 1, 2, 5, 7, 8] {
            stretches.push(row);
        }
        assert_eq!(rows(&stretches), [(1, 0), (2, 1), (3, 2), (4, 5), (5, 7), (6, 8)]);
        assert_eq!(stretches.list.len(), 3);
        for (row, line) in [(0, 1), (2, 3), (3, 4), (4, 4), (5, 4), (6, 5), (8, 6), (9, 7), (99, 7)]
        {
            assert_eq!(stretches.line(row), line, "row {row}");
        }
        assert_eq!((stretches.row(0), stretches.row(7)), (None, None));
    }

    #[test]
    fn what_stays_keeps_its_line_when_the_front_goes() {
        let all: Vec<u64> = (0..30).filter(|row| row % 4 != 1).collect();
        for before in 0..32 {
            let mut stretches = Stretches::from(1);
            all.iter().for_each(|&row| stretches.push(row));
            let left: Vec<_> = rows(&stretches).into_iter().filter(|it| it.1 >= before).collect();
            stretches.drop_before(before);
            assert_eq!(rows(&stretches), left, "before {before}");
            let first = stretches.start();
            if let Some(row) = before.checked_sub(1) {
                stretches.push_front(row);
                assert_eq!((stretches.start(), stretches.row(first - 1)), (first - 1, Some(row)));
                assert_eq!(stretches.end() - first, left.len() as u64);
            }
        }
    }
}
