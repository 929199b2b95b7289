//! `cargo xtask weight`: what the release page costs on the wire, against its goal and its ceiling.
//!
//! Counted is what a first visit must load before it can show anything: scripts, WebAssembly and
//! styles, each file compressed on its own, as a web server would send it. A kB is 1000 bytes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use brotli::{BrotliCompress, enc::BrotliEncoderParams};

use crate::{
    failure::{Failure, Result},
    project::Project,
    terminal,
};

/// What the page should weigh at most, compressed, in bytes, once every view that is planned is in
/// it: the bar of the finished page. Being over it is printed.
const GOAL_BYTES: u64 = 90_000;

/// What the page may weigh at most, compressed, in bytes: just above what it was last measured to
/// weigh, as a whole kB, so that it cannot grow unseen. Being over it fails. It was 84.6 kB with all
/// of the connection, all dialects, the composer and the record; what pages tell each other about a
/// shared socket took 4.4 kB more. The goal is reached with that: a view to come has to find what it
/// weighs elsewhere.
const CEILING_BYTES: u64 = 90_000;

/// The kinds of file that count, in the order of the table.
const KINDS: [&str; 3] = ["js", "wasm", "css"];

/// What one kind of file weighs, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    raw: u64,
    compressed: u64,
}

/// The weights of all kinds, in the order of [`KINDS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weights([Weight; KINDS.len()]);

impl Weights {
    fn add(&mut self, kind: usize, content: &[u8]) {
        self.0[kind].raw += bytes(content.len());
        self.0[kind].compressed += compressed_bytes(content);
    }

    fn sum(&self) -> Weight {
        self.0.iter().fold(Weight::default(), |sum, weight| Weight {
            raw: sum.raw + weight.raw,
            compressed: sum.compressed + weight.compressed,
        })
    }

    /// The table that people and scripts read.
    fn table(&self) -> String {
        let row = |name: &str, weight: &Weight| {
            format!(
                "{name:<6} {:>10} {:>10}\n",
                kilobytes(weight.raw),
                kilobytes(weight.compressed)
            )
        };
        let mut table = format!("{:<6} {:>10} {:>10}\n", "kB", "raw", "brotli");
        for (kind, weight) in KINDS.iter().zip(&self.0) {
            table += &row(kind, weight);
        }
        table += &row("sum", &self.sum());
        table += &format!("{:<6} {:>10} {:>10}", "goal", "", kilobytes(GOAL_BYTES));
        match self.sum().compressed.checked_sub(GOAL_BYTES) {
            None | Some(0) => {}
            Some(over) => table += &format!("  over by {} kB", kilobytes(over)),
        }
        table + &format!("\n{:<7} {:>9} {:>10}", "ceiling", "", kilobytes(CEILING_BYTES))
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
        weights.add(kind, &content);
    }
    if weights.0.iter().any(|weight| weight.raw == 0) {
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
        weights.0[1].compressed = compressed;
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
    fn the_table_names_every_kind_the_sum_and_both_limits() {
        let weights = Weights(
            [(10_000, 3_000), (90_000, 30_050), (2_000, 500)]
                .map(|(raw, compressed)| Weight { raw, compressed }),
        );
        let table = weights.table();
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["js", "10.0", "3.0"]);
        assert_eq!(lines[2], ["wasm", "90.0", "30.1"]);
        assert_eq!(lines[4], ["sum", "102.0", "33.6"]);
        assert_eq!(lines[5], ["goal", "90.0"]);
        assert_eq!(lines[6], ["ceiling", &kilobytes(CEILING_BYTES)]);
    }

    #[test]
    fn kilobytes_are_rounded_up() {
        assert_eq!(kilobytes(0), "0.0");
        assert_eq!(kilobytes(70_000), "70.0");
        assert_eq!(kilobytes(70_001), "70.1");
    }
}
