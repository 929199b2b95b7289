//! `cargo xtask weight`: what the release page costs on the wire, against its goal and its ceiling.
//!
//! Counted is what a first visit must load before it can show anything: scripts, WebAssembly and
//! styles, each file compressed on its own, as a web server would send it. The deferred part of the
//! program is loaded after that and weighed apart. A kB is 1000 bytes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use brotli::{BrotliCompress, enc::BrotliEncoderParams};

use crate::{
    failure::{Failure, Result},
    pack,
    project::Project,
    terminal,
};

/// What must come first should weigh at most this, compressed, in bytes, once every view that is
/// planned is in the page: the bar of the finished page. Being over it is printed.
const GOAL_BYTES: u64 = 90_000;

/// What must come first may weigh at most this, compressed, in bytes: just above what it was last measured to
/// weigh, as a whole kB, so that it cannot grow unseen. Being over it fails. It was 90.0 kB with all
/// of the connection, all dialects and the composer; 86.1 kB once packing dropped what only unused
/// virtual tables lead to, and deferred the composer. What the log has to know for its tools, and their
/// styles, took 3.7 kB more: a view to come has to be deferred with all that it needs.
const CEILING_BYTES: u64 = 90_000;

/// The kinds of file that count, in the order of the table.
const KINDS: [&str; 3] = ["js", "wasm", "css"];

/// What one kind of file weighs, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    raw: u64,
    compressed: u64,
}

impl Weight {
    fn of(content: &[u8]) -> Self {
        Self { raw: bytes(content.len()), compressed: compressed_bytes(content) }
    }

    const fn and(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, compressed: self.compressed + other.compressed }
    }
}

/// What the page weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weights {
    /// What comes first, by its kinds in the order of [`KINDS`].
    first: [Weight; KINDS.len()],
    deferred: Weight,
}

impl Weights {
    fn add(&mut self, kind: usize, content: &[u8]) {
        self.first[kind] = self.first[kind].and(Weight::of(content));
    }

    /// What comes first.
    fn sum(&self) -> Weight {
        self.first.iter().fold(Weight::default(), |sum, weight| sum.and(*weight))
    }

    /// The table that people and scripts read.
    fn table(&self) -> String {
        let row = |name: &str, [raw, compressed]: [String; 2], note: &str| {
            format!("{name:<8} {raw:>9} {compressed:>10}{note}\n")
        };
        let weighed = |name: &str, weight: Weight| {
            row(name, [weight.raw, weight.compressed].map(kilobytes), "")
        };
        let limit =
            |name: &str, limit: u64, note: &str| row(name, [String::new(), kilobytes(limit)], note);
        let sum = self.sum();
        let over = match sum.compressed.checked_sub(GOAL_BYTES) {
            None | Some(0) => String::new(),
            Some(over) => format!("  over by {} kB", kilobytes(over)),
        };
        let mut table = row("kB", ["raw", "brotli"].map(str::to_owned), "");
        for (kind, weight) in KINDS.iter().zip(self.first) {
            table += &weighed(kind, weight);
        }
        table += &weighed("first", sum);
        table += &limit("goal", GOAL_BYTES, &over);
        table += &limit("ceiling", CEILING_BYTES, "");
        table += &weighed("deferred", self.deferred);
        table += &weighed("all", sum.and(self.deferred));
        table.truncate(table.trim_end().len());
        table
    }

    /// An error when the sum is over the ceiling.
    fn judge(&self) -> Result {
        let sum = self.sum().compressed;
        if sum <= CEILING_BYTES {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the page weighs {} kB of {} kB; find out what grew before raising the ceiling",
            kilobytes(sum),
            kilobytes(CEILING_BYTES)
        )))
    }
}

/// Prints the table, and fails when the page is over its ceiling.
pub(crate) fn check(project: &Project) -> Result {
    print(project)?.judge()
}

/// Prints the table.
pub(crate) fn print(project: &Project) -> Result<Weights> {
    let dist = project.root.join("dist");
    let mut weights = Weights::default();
    let mut files = Vec::new();
    collect(&dist, &mut files).map_err(|error| {
        Failure::new(format!("cannot read dist/ ({error}); run `cargo xtask build` first"))
    })?;
    for file in &files {
        let Some(kind) = kind_of(file) else { continue };
        let content = fs::read(file).map_err(|error| {
            Failure::new(format!("cannot read {}: {error}; build again", file.display()))
        })?;
        if pack::is_deferred(file) {
            weights.deferred = weights.deferred.and(Weight::of(&content));
        } else {
            weights.add(kind, &content);
        }
    }
    if weights.first.iter().any(|weight| weight.raw == 0) {
        return Err(Failure::new(
            "dist/ holds no whole page (js, wasm and css); run `cargo xtask build` first",
        ));
    }
    terminal::say(&weights.table());
    Ok(weights)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn kind_of(file: &Path) -> Option<usize> {
    let extension = file.extension()?.to_str()?;
    KINDS.iter().position(|kind| *kind == extension)
}

/// What is left of `content` at brotli's highest quality, with the window that servers use.
pub(crate) fn compressed_bytes(content: &[u8]) -> u64 {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    // Reading from a slice and writing to a vector cannot fail; if they did, the raw size is the
    // honest answer.
    BrotliCompress(&mut &*content, &mut compressed, &parameters)
        .map_or_else(|_| bytes(content.len()), |_| bytes(compressed.len()))
}

fn bytes(length: usize) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}

/// One decimal, rounded up: what is over a limit must never look as if it were not.
fn kilobytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{
        CEILING_BYTES, GOAL_BYTES, KINDS, Weight, Weights, compressed_bytes, kilobytes, kind_of,
    };

    #[test]
    fn only_what_must_be_loaded_counts() {
        let kind = |name: &str| kind_of(Path::new(name)).map(|kind| KINDS[kind]);
        assert_eq!(kind("snippets/app-1f.js"), Some("js"));
        assert_eq!(kind("app_bg.wasm"), Some("wasm"));
        assert_eq!(kind("style-2a.css"), Some("css"));
        assert_eq!(kind("index.html"), None);
        assert_eq!(kind("wasm"), None);
    }

    #[test]
    fn files_are_compressed_each_on_its_own() {
        let text = "the same words again and again, ".repeat(64);
        let mut weights = Weights::default();
        weights.add(0, text.as_bytes());
        let one = weights.sum();
        assert_eq!(one.raw, 2048);
        assert!(one.compressed > 0 && one.compressed < 100, "{one:?}");
        weights.add(2, text.as_bytes());
        assert_eq!(weights.sum(), Weight { raw: 2 * one.raw, compressed: 2 * one.compressed });
    }

    #[test]
    fn what_cannot_be_compressed_costs_at_least_itself() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(4096)
        .collect();
        assert!(compressed_bytes(&noise) >= 4096);
    }

    /// A page whose WebAssembly is all it has.
    fn weighing(compressed: u64) -> Weights {
        let mut weights = Weights::default();
        weights.first[1].compressed = compressed;
        weights
    }

    #[test]
    fn the_ceiling_itself_is_allowed_and_a_byte_more_is_not() {
        assert_eq!(weighing(CEILING_BYTES).judge(), Ok(()));
        let sentence = weighing(CEILING_BYTES + 1).judge().expect_err("a byte too many");
        let ceiling = CEILING_BYTES / 1000;
        let start = format!("the page weighs {ceiling}.1 kB of {ceiling}.0 kB");
        assert!(sentence.to_string().starts_with(&start), "{sentence}");
    }

    #[test]
    fn over_the_goal_is_said() {
        assert!(!weighing(GOAL_BYTES).table().contains("over"));
        let over = weighing(GOAL_BYTES + 1);
        assert!(over.table().contains("90.0  over by 0.1 kB\n"), "{}", over.table());
    }

    #[test]
    fn the_ceiling_is_whole_kilobytes_up_to_the_goal() {
        const { assert!(CEILING_BYTES <= GOAL_BYTES && CEILING_BYTES.is_multiple_of(1000)) };
    }

    #[test]
    fn the_table_names_every_kind_the_sums_and_both_limits() {
        let weights = Weights {
            first: [(10_000, 3_000), (90_000, 30_050), (2_000, 500)]
                .map(|(raw, compressed)| Weight { raw, compressed }),
            deferred: Weight { raw: 7_000, compressed: 4_000 },
        };
        let table = weights.table();
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["js", "10.0", "3.0"]);
        assert_eq!(lines[2], ["wasm", "90.0", "30.1"]);
        assert_eq!(lines[4], ["first", "102.0", "33.6"]);
        assert_eq!(lines[5], ["goal", "90.0"]);
        assert_eq!(lines[6], ["ceiling", &kilobytes(CEILING_BYTES)]);
        assert_eq!(lines[7], ["deferred", "7.0", "4.0"]);
        assert_eq!(lines[8..], [["all", "109.0", "37.6"]]);
    }

    #[test]
    fn kilobytes_are_rounded_up() {
        assert_eq!(kilobytes(0), "0.0");
        assert_eq!(kilobytes(70_000), "70.0");
        assert_eq!(kilobytes(70_001), "70.1");
    }
}
