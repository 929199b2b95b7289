//! What could be observed of a run: a hash of all of it, and on request the text.

use std::fmt;

/// A step of the observed run.
pub(crate) struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// A trace that keeps its text only if that `is_told`.
    pub(crate) fn new(is_told: bool) -> Self {
        Self { hash: 0x6a09_e667_f3bc_c908, lines: is_told.then(Vec::new) }
    }

    /// Takes note of a step: when it was, what it was, its number and its text.
    pub(crate) fn note(&mut self, at: u64, what: &str, number: u64, text: &str) {
        self.mix(at);
        self.mix_text(what);
        self.mix(number);
        self.mix_text(text);
        if let Some(lines) = &mut self.lines {
            let (seconds, millis) = (at / 1_000, at % 1_000);
            lines.push(format!("{seconds:>6}.{millis:03}  {what} {number} {text}"));
        }
    }

    /// Takes note of something that is told in the text alone.
    pub(crate) fn remark(&mut self, remark: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(remark());
        }
    }

    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }

    const fn mix(&mut self, number: u64) {
        let mixed = (self.hash ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.hash = mixed ^ (mixed >> 29);
    }

    fn mix_text(&mut self, text: &str) {
        self.mix(text.len() as u64);
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(bytes));
        }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Trace({:016x})", self.hash)
    }
}
