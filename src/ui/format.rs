//! Times and numbers as people read them.

use crate::{activity::Run, time::Timestamp};

/// How far ahead of UTC this browser's zone is at a moment, in milliseconds.
fn zone_ms(utc_ms: i64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "a date beyond 2^53 ms is none")]
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(utc_ms as f64));
    #[expect(clippy::cast_possible_truncation, reason = "minutes of a day")]
    let minutes_behind = date.get_timezone_offset() as i64;
    -minutes_behind * 60_000
}

/// Milliseconds since 1970 in UTC.
pub(super) fn utc_ms(at: Timestamp) -> i64 {
    match at {
        Timestamp::Utc(milliseconds) => milliseconds,
        Timestamp::Local(milliseconds) => at.to_utc_ms(zone_ms(milliseconds)),
    }
}

/// How long a run has taken so far, by the times of its events.
pub(super) fn run_ms(run: &Run) -> Option<i64> {
    Some(utc_ms(run.latest?) - utc_ms(run.started?))
}

/// The time of day in this browser's zone: `12:03:11`.
pub(super) fn time_of_day(utc_ms: i64) -> String {
    let seconds = (utc_ms + zone_ms(utc_ms)).div_euclid(1_000).rem_euclid(86_400).unsigned_abs();
    let mut text = String::with_capacity(8);
    push_two(&mut text, seconds / 3_600);
    text.push(':');
    push_two(&mut text, seconds / 60 % 60);
    text.push(':');
    push_two(&mut text, seconds % 60);
    text
}

/// A duration as a clock shows it: `0:04`, `4:12`, `1:02:03`.
pub(super) fn stopwatch(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0).unsigned_abs() / 1_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let mut text = String::with_capacity(8);
    if hours > 0 {
        text.push_str(&hours.to_string());
        text.push(':');
        push_two(&mut text, minutes);
    } else {
        text.push_str(&minutes.to_string());
    }
    text.push(':');
    push_two(&mut text, seconds % 60);
    text
}

/// A duration in words: `840 ms`, `4 s`, `1 min 51 s`, `2 h 3 min`.
pub(super) fn duration(milliseconds: i64) -> String {
    let milliseconds = milliseconds.max(0).unsigned_abs();
    let seconds = milliseconds / 1_000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A number in groups of three: `98,002`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, in words.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The first so many characters of a text, and a sign that there are more.
pub(super) fn shortened(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn push_two(text: &mut String, number: u64) {
    if number < 10 {
        text.push('0');
    }
    text.push_str(&number.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_clock_and_in_words() {
        for (milliseconds, clock, words) in [
            (-5, "0:00", "0 ms"),
            (840, "0:00", "840 ms"),
            (4_999, "0:04", "4 s"),
            (111_000, "1:51", "1 min 51 s"),
            (3_723_000, "1:02:03", "1 h 2 min"),
        ] {
            assert_eq!(stopwatch(milliseconds), clock);
            assert_eq!(duration(milliseconds), words);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(shortened("grün", 4), "grün");
        assert_eq!(shortened("grüne", 3), "grü…");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "entry", "entries"), "1 entry");
        assert_eq!(counted(2_000, "entry", "entries"), "2,000 entries");
    }
}
