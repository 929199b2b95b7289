//! All that is printed. A reader who went away (`cargo xtask … | head`) is no reason to panic, so
//! errors of writing are let go.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
};

/// One line of our own.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// What a stretch of a longer command is about.
pub(crate) fn heading(title: &str) {
    say(&format!("\n── {title} ──"));
}

/// The sentence that ends a command without success.
pub(crate) fn complain(sentence: &str) {
    let _ = io::stdout().flush();
    let _ = writeln!(io::stderr().lock(), "error: {sentence}");
}

/// One line of a child, under its name. Bytes that are not UTF-8 are shown as such.
pub(crate) fn pass_on(name: &str, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    let _ = writeln!(io::stdout().lock(), "{name:<7} │ {}", text.trim_end_matches(['\r', '\n']));
}

/// Whether those who read us see colours: children behind a pipe cannot find out for themselves.
pub(crate) fn colours() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && io::stdout().is_terminal()
}
