//! The times that servers write into events.

/// A point in calendar time, in milliseconds.
///
/// Read by hand rather than by a calendar library: it is one format, read once per event on the
/// hottest path of the page, and the library would be a tenth of what the page weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Utc(i64),
    /// The same count on the clock of whoever wrote it, in a zone that it did not say. Older
    /// servers write such times; the reader's own zone is the best guess there is.
    Local(i64),
}

impl Timestamp {
    /// Reads RFC 3339, with the zone optional, or a whole number of milliseconds since 1970.
    ///
    /// `None` when the text is neither; a leap second counts as the second after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(milliseconds) = text.parse() {
            return Some(Self::Utc(milliseconds));
        }
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
        let at = |index: usize, any_of: &[u8]| any_of.contains(bytes.get(index)?).then_some(());
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        at(4, b"-")?;
        at(7, b"-")?;
        at(10, b"Tt ")?;
        at(13, b":")?;
        at(16, b":")?;
        let valid = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !valid {
            return None;
        }

        let mut rest = bytes.get(19..)?;
        let mut milliseconds = 0_i64;
        if let [b'.' | b',', fraction @ ..] = rest {
            let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            let (fraction, behind) = fraction.split_at_checked(length)?;
            let thousandths = fraction.iter().chain(b"00").take(3);
            milliseconds =
                thousandths.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
            rest = behind;
        }
        let seconds =
            days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        let count = seconds * 1_000 + milliseconds;
        match rest {
            [] => Some(Self::Local(count)),
            b"Z" | b"z" => Some(Self::Utc(count)),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let offset = digits(&[*h1, *h2])? * 3_600_000 + digits(&[*m1, *m2])? * 60_000;
                Some(Self::Utc(if *sign == b'+' { count - offset } else { count + offset }))
            }
            _ => None,
        }
    }

    /// Milliseconds since 1970 in UTC, for a reader whose zone is `zone_ms` ahead of UTC.
    #[must_use]
    pub const fn to_utc_ms(self, zone_ms: i64) -> i64 {
        match self {
            Self::Utc(milliseconds) => milliseconds,
            Self::Local(milliseconds) => milliseconds.saturating_sub(zone_ms),
        }
    }
}

/// A time in UTC, in milliseconds since 1970, as RFC 3339 has it: `2026-11-20T12:08:10.646Z`.
#[must_use]
pub fn rfc3339(utc_ms: i64) -> String {
    let (days, ms) = (utc_ms.div_euclid(86_400_000), utc_ms.rem_euclid(86_400_000));
    let (year, month, day) = date_of(days);
    let seconds = ms / 1_000;
    let mut text = String::with_capacity(24);
    for (number, width, after) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (seconds / 3_600, 2, ':'),
        (seconds / 60 % 60, 2, ':'),
        (seconds % 60, 2, '.'),
        (ms % 1_000, 3, 'Z'),
    ] {
        let digits = number.to_string();
        text.extend(std::iter::repeat_n('0', usize::saturating_sub(width, digits.len())));
        text.push_str(&digits);
        text.push(after);
    }
    text
}

/// The date so many days after 1970-01-01, as year, month and day: the reverse of
/// [`days_since_1970`].
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, is_after) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year_of_era + era * 400 + is_after, month, day)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; the well-known
/// `days_from_civil` with years that begin in March, so that the leap day comes last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_write() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Timestamp::Utc(0)),
            ("2026-11-20T12:08:10.646348Z", Timestamp::Utc(1_795_176_490_646)),
            ("2026-11-20T12:08:10.6Z", Timestamp::Utc(1_795_176_490_600)),
            ("2026-11-20T13:38:10+01:30", Timestamp::Utc(1_795_176_490_000)),
            ("2026-11-20 07:08:10-05:00", Timestamp::Utc(1_795_176_490_000)),
            ("2026-11-20T12:08:10.646348", Timestamp::Local(1_795_176_490_646)),
            ("2024-02-29T00:00:00z", Timestamp::Utc(1_709_164_800_000)),
            ("1969-12-31T23:59:59.999Z", Timestamp::Utc(-1)),
            ("1795176490646", Timestamp::Utc(1_795_176_490_646)),
        ] {
            assert_eq!(Timestamp::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2024-02-29T12:00:00.001Z",
            "2000-03-01T00:00:00.000Z",
            "2100-02-28T23:59:59.000Z",
            "2026-11-20T12:08:10.646Z",
            "0001-01-01T00:00:00.000Z",
        ] {
            let Some(Timestamp::Utc(utc_ms)) = Timestamp::parse(text) else { panic!("{text}") };
            assert_eq!(rfc3339(utc_ms), text);
        }
        for day in -200_000..200_000 {
            let (year, month, date) = date_of(day);
            assert_eq!(days_since_1970(year, month, date), day);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-11-20",
            "2026-13-20T12:08:10Z",
            "2026-11-20T24:08:10Z",
            "2026-11-20T12:08:10.Z",
            "2026-11-20T12:08:10+0100",
            "2026-11-20T12:08:10Zürich",
            "२०२६-11-20T12:08:10Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_local_time_is_moved_by_the_readers_zone() {
        assert_eq!(Timestamp::Local(3_600_000).to_utc_ms(3_600_000), 0);
        assert_eq!(Timestamp::Utc(3_600_000).to_utc_ms(3_600_000), 3_600_000);
    }
}
