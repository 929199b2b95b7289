//! Where on an axis of time something stands. Arithmetic only.

/// How far apart the marks of an axis may be, in seconds.
const STEPS_S: [i64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/// The most marks on an axis, beside the one at its beginning.
const MARKS_MAX: i64 = 4;

/// A stretch of time that ends at a mark, so that it is not another one at every moment of a run
/// that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    start_ms: i64,
    step_ms: i64,
    /// How many marks there are beside the one at the beginning.
    marks: i64,
}

impl Axis {
    /// An axis on which all from `start_ms` to `end_ms` has a place; milliseconds since 1970.
    pub(super) fn new(start_ms: i64, end_ms: i64) -> Self {
        let length_ms = end_ms.saturating_sub(start_ms).max(1);
        let fits = |step_ms: i64| length_ms <= step_ms.saturating_mul(MARKS_MAX);
        let steps = STEPS_S.iter().map(|step_s| step_s * 1_000);
        let step_ms = steps.into_iter().find(|step_ms| fits(*step_ms)).unwrap_or_else(|| {
            // Days, as many as it takes.
            let day_ms = 86_400_000;
            length_ms.div_euclid(MARKS_MAX * day_ms).saturating_add(1).saturating_mul(day_ms)
        });
        let marks = (length_ms - 1).div_euclid(step_ms) + 1;
        Self { start_ms, step_ms, marks }
    }

    /// How far along the axis a moment is, as a percentage that a style sheet reads.
    pub(super) fn place(&self, at_ms: i64) -> String {
        let length_ms = self.step_ms.saturating_mul(self.marks);
        let from_ms = at_ms.saturating_sub(self.start_ms).clamp(0, length_ms);
        // Of lengths that no run has, without the digits that a screen does not show.
        let shift = if length_ms > 1 << 48 { 14 } else { 0 };
        let share = (from_ms >> shift) * 10_000 / (length_ms >> shift).max(1);
        format!("{}.{:02}%", share / 100, share % 100)
    }

    /// How long after the beginning a moment is, in milliseconds.
    pub(super) const fn elapsed_ms(&self, at_ms: i64) -> i64 {
        at_ms.saturating_sub(self.start_ms)
    }

    /// The moments that are marked; milliseconds since 1970.
    pub(super) fn marks_ms(self) -> impl Iterator<Item = i64> {
        (0..=self.marks)
            .map(move |mark| self.start_ms.saturating_add(mark.saturating_mul(self.step_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(length_ms: i64, marks_s: &[i64]) {
        let axis = Axis::new(5_000, 5_000 + length_ms);
        let marks: Vec<i64> = axis.marks_ms().map(|at| axis.elapsed_ms(at) / 1_000).collect();
        assert_eq!(marks, marks_s, "{length_ms} ms");
    }

    #[test]
    fn an_axis_has_few_marks_at_round_times_and_ends_at_one() {
        check(0, &[0, 1]);
        check(1_000, &[0, 1]);
        check(1_001, &[0, 1, 2]);
        check(4_000, &[0, 1, 2, 3, 4]);
        check(4_001, &[0, 2, 4, 6]);
        check(61_000, &[0, 30, 60, 90]);
        check(3 * 3_600_000, &[0, 3_600, 7_200, 10_800]);
        check(9 * 86_400_000, &[0, 259_200, 518_400, 777_600]);
    }

    #[test]
    fn moments_have_places_and_those_outside_are_at_the_ends() {
        let axis = Axis::new(0, 4_000);
        for (at_ms, place) in
            [(0, "0.00%"), (1, "0.02%"), (1_000, "25.00%"), (4_000, "100.00%"), (9_000, "100.00%")]
        {
            assert_eq!(axis.place(at_ms), place, "{at_ms} ms");
        }
        assert_eq!(axis.place(-1), "0.00%");
    }

    #[test]
    fn no_time_that_a_server_can_write_is_too_much() {
        for (start, end) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN)] {
            let axis = Axis::new(start, end);
            assert!(axis.marks_ms().count() <= 7, "{axis:?}");
            assert!(axis.place(end).ends_with('%') && axis.place(start).ends_with('%'));
        }
    }
}
