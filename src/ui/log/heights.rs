//! How high lines are that are not as high as most. Arithmetic only.

use std::ops::Range;

/// So many lines are summed up as one.
const CHUNK_LINES: usize = 64;

/// What is known of the heights of lines: nothing but by how much they are higher than most, which
/// is as high as a line can be thought before it was ever seen. Asking and telling take a step for
/// each chunk of lines among which one was measured.
#[derive(Debug, Default)]
pub(super) struct Heights {
    /// In the order of their lines.
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    /// The first line.
    start: u64,
    /// How much all of its lines are higher, in pixels.
    sum: i32,
    more: [u16; CHUNK_LINES],
}

impl Chunk {
    const fn end(&self) -> u64 {
        self.start + CHUNK_LINES as u64
    }

    /// How much these of its lines are higher.
    fn more(&self, lines: &Range<u64>) -> i32 {
        if lines.start <= self.start && self.end() <= lines.end {
            return self.sum;
        }
        let within =
            |line: u64| usize::try_from(line.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let (first, end) = (within(lines.start), within(lines.end));
        let some = self.more.iter().take(end).skip(first);
        some.fold(0, |sum, more| sum + i32::from(*more))
    }
}

impl Heights {
    /// This line is so many pixels higher than most.
    pub(super) fn set(&mut self, line: u64, more_px: i32) {
        let more = u16::try_from(more_px.max(0)).unwrap_or(u16::MAX);
        let start = line - line % CHUNK_LINES as u64;
        let place = self.chunks.partition_point(|chunk| chunk.start < start);
        if self.chunks.get(place).is_none_or(|chunk| chunk.start != start) {
            if more == 0 {
                return;
            }
            self.chunks.insert(place, Chunk { start, sum: 0, more: [0; CHUNK_LINES] });
        }
        let Some(chunk) = self.chunks.get_mut(place) else { return };
        let index = usize::try_from(line - start).unwrap_or_default();
        if let Some(known) = chunk.more.get_mut(index) {
            chunk.sum += i32::from(more) - i32::from(*known);
            *known = more;
        }
    }

    /// How many pixels these lines take more than they would if all were as high as most.
    pub(super) fn more(&self, lines: &Range<u64>) -> i32 {
        let from = self.chunks.partition_point(|chunk| chunk.end() <= lines.start);
        let concerned = self.chunks.iter().skip(from).take_while(|chunk| chunk.start < lines.end);
        concerned.fold(0, |sum: i32, chunk| sum.saturating_add(chunk.more(lines)))
    }

    /// The line that so many pixels below the beginning of the line `start` lead to, where most lines
    /// are `row_px` high.
    pub(super) fn line_at(&self, start: u64, px: i32, row_px: i32) -> u64 {
        let row_px = row_px.max(1);
        let rows_in = |px: i32| u64::from((px.max(0) / row_px).unsigned_abs());
        let (mut line, mut left) = (start, px.max(0));
        let from = self.chunks.partition_point(|chunk| chunk.end() <= start);
        for chunk in self.chunks.iter().skip(from) {
            let before = chunk.start.saturating_sub(line);
            if rows_in(left) < before {
                break;
            }
            left -= i32::try_from(before).unwrap_or(i32::MAX).saturating_mul(row_px);
            line += before;
            while line < chunk.end() {
                let line_px = row_px + chunk.more(&(line..line + 1));
                if left < line_px {
                    return line;
                }
                left -= line_px;
                line += 1;
            }
        }
        line + rows_in(left)
    }

    /// Lines before this one will not be asked for.
    pub(super) fn forget_before(&mut self, line: u64) {
        self.chunks.retain(|chunk| line < chunk.end());
    }

    /// Nothing is known any more.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As [`Heights`] would answer if each line were looked at.
    struct Plain([i32; 1_000]);

    impl Plain {
        fn more(&self, line: u64) -> i32 {
            usize::try_from(line).ok().and_then(|line| self.0.get(line)).copied().unwrap_or(0)
        }

        fn line_at(&self, start: u64, mut px: i32, row_px: i32) -> u64 {
            let mut line = start;
            while px >= row_px + self.more(line) {
                px -= row_px + self.more(line);
                line += 1;
            }
            line
        }
    }

    #[test]
    fn sums_and_places_are_those_of_the_lines_one_by_one() {
        let mut heights = Heights::default();
        let mut plain = Plain([0; 1_000]);
        let mut state = 7_u64;
        for _ in 0..600 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let [more, .., high, _, _] = state.to_be_bytes();
            let line = 300 + usize::from(high) + usize::from(more) / 2;
            heights.set(line as u64, more.into());
            plain.0[line] = more.into();
        }
        for start in (0..900).step_by(37) {
            for length in [0, 1, 5, 63, 64, 65, 300] {
                let lines = start..start + length;
                let expected = lines.clone().map(|line| plain.more(line)).sum::<i32>();
                assert_eq!(heights.more(&lines), expected, "{lines:?}");
            }
            for px in (0..30_000).step_by(331) {
                assert_eq!(heights.line_at(start, px, 28), plain.line_at(start, px, 28));
            }
        }
    }

    #[test]
    fn lines_that_were_never_measured_cost_nothing() {
        let mut heights = Heights::default();
        heights.set(5, 0);
        assert!(heights.chunks.is_empty());
        heights.set(1_000_000, 22);
        assert_eq!(heights.chunks.len(), 1);
        assert_eq!(heights.line_at(0, 28 * 1_000_000 + 49, 28), 1_000_000);
        assert_eq!(heights.line_at(0, 28 * 1_000_000 + 50, 28), 1_000_001);
        heights.forget_before(999_999);
        assert_eq!(heights.more(&(0..u64::MAX)), 22);
        heights.forget_before(2_000_000);
        assert_eq!(heights.more(&(0..u64::MAX)), 0);
    }

    #[test]
    fn what_is_absurdly_high_is_held_to_what_can_be_counted() {
        let mut heights = Heights::default();
        heights.set(1, i32::MAX);
        heights.set(2, -3);
        assert_eq!(heights.more(&(0..64)), i32::from(u16::MAX));
        assert_eq!(heights.line_at(0, -5, 0), 0);
    }
}
