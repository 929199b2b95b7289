//! Makes the release page in `dist/` lighter than Trunk leaves it.
//!
//! - The WebAssembly loses exports that nothing calls, and with them the code that they alone
//!   reach. What the page can do without at first becomes a module of its own. See [`program`].
//! - The JavaScript beside it loses the classes of those exports and gets the same short names; it
//!   becomes one file with our own, and is minified. See [`glue`].
//! - The style sheets become two, in their order, minified: what is seen at first, and what the
//!   deferred part shows.
//! - index.html then names what is there, with the checksums that it has now. See [`html`].
//!
//! Plain `trunk build` and `trunk serve` know nothing of this: their page is the same one, heavier.
//! Whatever looks other than expected is a failure and leaves Trunk's page as it is, since a page
//! that is packed wrongly may well load and break only later.

mod dead;
mod glue;
mod html;
mod linked;
mod program;
mod split;
mod wasm;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::{Failure, Result},
    process,
    project::Project,
    stop::Stop,
    terminal,
    tools::Tools,
};
use html::PageFile;
use program::Program;
use wasm::Names;

/// The deferred part and its sheet, before their hashes.
const DEFERRED: &str = "agent-activity-deferred";

/// What the names of the sheets in `style/` begin with whose rules only the deferred part needs.
const DEFERRED_SHEET: &str = "deferred-";

/// What the names of the exports begin with that nothing calls, and what their classes are named
/// like. wasm-streams has them for the streams of server functions; leptos depends on it whether or
/// not there is a server.
const UNUSED: &str = "intounderlying";

/// The folder of our own JavaScript, as wasm-bindgen calls it.
const SNIPPETS: &str = "snippets";

/// The oldest JavaScript that is asked for: Trunk's page, too, asks for it, by an `await` at the top
/// level.
const JAVASCRIPT: &str = "--target=es2022";

/// The sheet of what is seen at first, before its hash.
const STYLE: &str = "style";

/// Prints a file's checksum as Trunk's `integrity` has it, then in a form that suits a name.
const CHECKSUM: &str = r#"
const content = require("node:fs").readFileSync(process.argv[1]);
const hash = require("node:crypto").createHash("sha384").update(content).digest();
console.log("sha384-" + hash.toString("base64"), hash.toString("hex").slice(0, 16));
"#;

/// Whether this file of `dist/` is of the deferred part of the page.
pub(crate) fn is_deferred(file: &Path) -> bool {
    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(DEFERRED))
}

/// Packs the page that Trunk has built. `programs` is where npm's packages have theirs.
pub(crate) fn pack(project: &Project, tools: &Tools, programs: &Path, stop: &Stop) -> Result {
    terminal::say("packing the page");
    let packer = Packer {
        project,
        wasm_bindgen: &tools.wasm_bindgen,
        programs,
        stop,
        dist: project.root.join("dist"),
        work: project.target.join("xtask/pack"),
    };
    // What an earlier run left must not pass for the result of this one.
    let _ = fs::remove_dir_all(&packer.work);
    fs::create_dir_all(&packer.work).map_err(|error| {
        Failure::new(format!("cannot create {}: {error}", packer.work.display()))
    })?;
    packer.pack()
}

/// The packing of one page.
#[derive(Debug)]
struct Packer<'a> {
    project: &'a Project,
    wasm_bindgen: &'a Path,
    programs: &'a Path,
    stop: &'a Stop,
    dist: PathBuf,
    work: PathBuf,
}

/// A file's checksum.
#[derive(Debug)]
struct Checksum {
    /// As browsers compare it.
    integrity: String,
    /// Short, for names and addresses.
    hash: String,
}

impl Packer<'_> {
    /// Everything is made in a folder aside, and put into `dist/` once all of it is there.
    fn pack(&self) -> Result {
        let page = self.dist.join("index.html");
        let mut html = read_text(&page)?;
        let wasm_name = self.sole_file("wasm")?;
        let glue_name = self.sole_file("js")?;

        let Program { first, second, glue } = self.program()?;
        let names = short_names(&wasm::Module::parse(&first)?.imports);
        self.write("page.wasm", &wasm::renamed(&first, &names, &Names::new())?)?;
        self.write("deferred.wasm", &second)?;
        self.pack_glue(&glue, &names)?;
        for (name, packed) in [(&wasm_name, "page.wasm"), (&glue_name, "page.js")] {
            let Checksum { integrity, hash } = self.checksum(packed)?;
            html = html::with_content(&html, name, &hash, &integrity)?;
        }
        html = html::without_snippets(&html, SNIPPETS)?;
        html = html::without_inline_script(&html, &glue_name)?;

        let sheets = html::style_sheets(&html)?;
        let (later, first): (Vec<_>, Vec<_>) =
            sheets.names.iter().partition(|name| name.starts_with(DEFERRED_SHEET));
        self.pack_styles(&first, "page.css")?;
        self.pack_styles(&later, "deferred.css")?;
        let style = self.named("page.css", STYLE, "css")?;
        html = html::with_one_style_sheet(&html, &sheets, &style);
        let deferred = self.named("deferred.wasm", DEFERRED, "wasm")?;
        let deferred_style = self.named("deferred.css", DEFERRED, "css")?;
        html = html::with_deferred(&html, &deferred, &deferred_style)?;

        self.stop.check()?;
        for (packed, name) in [
            ("page.wasm", &wasm_name),
            ("deferred.wasm", &deferred.name),
            ("page.js", &glue_name),
            ("page.css", &style.name),
            ("deferred.css", &deferred_style.name),
        ] {
            write(&self.dist.join(name), &read(&self.work.join(packed))?)?;
        }
        write(&page, html.as_bytes())?;
        for name in &sheets.names {
            let file = self.dist.join(name);
            fs::remove_file(&file).map_err(cannot_remove(&file))?;
        }
        let snippets = self.dist.join(SNIPPETS);
        fs::remove_dir_all(&snippets).map_err(cannot_remove(&snippets))
    }

    /// Writes page.js: `whole` with the imports renamed, without the unused classes, with our own
    /// JavaScript, which wasm-bindgen has put beside it; minified.
    fn pack_glue(&self, whole: &str, names: &Names) -> Result {
        let glue = glue::without_side_effects(whole, UNUSED)?;
        let glue = glue::with_imports(&glue, names)?;
        self.write("bound/glue.js", glue.as_bytes())?;
        self.write("bound/entry.js", glue::ENTRY.as_bytes())?;
        let mut minify = self.esbuild("bound/entry.js", "page.js");
        minify.args(["--bundle", "--format=esm", JAVASCRIPT]);
        process::run("minifying the JavaScript", &mut minify, self.stop)?;
        glue::ensure_dropped(&read_text(&self.work.join("page.js"))?, UNUSED)
    }

    /// Writes `to`: these sheets in their order, minified.
    fn pack_styles(&self, names: &[&String], to: &str) -> Result {
        let mut sheets = Vec::new();
        for name in names {
            sheets.push((name.as_str(), read_text(&self.dist.join(name))?));
        }
        self.write("all.css", joined(&sheets)?.as_bytes())?;
        let mut minify = self.esbuild("all.css", to);
        // A block left open would swallow the sheet that follows.
        minify.arg("--log-override:css-syntax-error=error");
        process::run("minifying the styles", &mut minify, self.stop)
    }

    /// One of npm's programs, among the files at work.
    fn tool(&self, program: &str) -> Command {
        let mut command = self.project.command(self.programs.join(program));
        command.current_dir(&self.work);
        command
    }

    fn esbuild(&self, from: &str, to: &str) -> Command {
        let mut command = self.tool("esbuild");
        command.args([from, "--minify", "--legal-comments=none", "--log-level=warning"]);
        command.arg(format!("--outfile={to}"));
        command
    }

    /// The name and checksum that a packed file has in `dist/`.
    fn named(&self, packed: &str, stem: &str, extension: &str) -> Result<PageFile> {
        let Checksum { integrity, hash } = self.checksum(packed)?;
        Ok(PageFile { name: format!("{stem}-{hash}.{extension}"), integrity })
    }

    fn checksum(&self, name: &str) -> Result<Checksum> {
        let mut command = self.project.command("node");
        command.args(["--eval", CHECKSUM]).arg(self.work.join(name));
        let printed = process::output(&mut command).unwrap_or_default();
        let (integrity, hash) = printed.trim().split_once(' ').ok_or_else(|| {
            Failure::new(format!("node cannot read {}", self.work.join(name).display()))
        })?;
        Ok(Checksum { integrity: integrity.to_owned(), hash: hash.to_owned() })
    }

    /// The name of the one file of this kind in `dist/`.
    fn sole_file(&self, extension: &str) -> Result<String> {
        let mut names: Vec<String> = fs::read_dir(&self.dist)
            .map_err(|error| Failure::new(format!("cannot read dist/: {error}")))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|found| found == extension))
            .collect();
        match (names.pop(), names.pop()) {
            (Some(name), None) => Ok(name),
            _ => Err(Failure::new(format!(
                "dist/ should hold one .{extension} after Trunk; see xtask/src/pack.rs"
            ))),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> Result {
        write(&self.work.join(name), content)
    }
}

fn cannot_remove(file: &Path) -> impl Fn(io::Error) -> Failure + '_ {
    move |error| Failure::new(format!("cannot remove {}: {error}", file.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))
}

fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))
}

fn write(file: &Path, content: &[u8]) -> Result {
    fs::write(file, content).map_err(|error| {
        Failure::new(format!("cannot write {}: {error}; make room for it", file.display()))
    })
}

/// A name for each of these, by its place. wasm-bindgen's own end in a hash, and what is random
/// cannot be compressed: in both files together they took 3 kB.
fn short_names(long: &[String]) -> Names {
    let mut names = Names::new();
    for long in long {
        let next = names.len();
        names.entry(long.clone()).or_insert_with(|| short_name(next));
    }
    names
}

/// a, b, … z, ba, bb, …
fn short_name(number: usize) -> String {
    const LETTERS: [char; 26] = [
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
        's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
    ];
    let mut rest = number / LETTERS.len();
    let mut letters = vec![LETTERS[number % LETTERS.len()]];
    while rest > 0 {
        letters.push(LETTERS[rest % LETTERS.len()]);
        rest /= LETTERS.len();
    }
    letters.iter().rev().collect()
}

/// The sheets as one. What must stand at the beginning of a sheet would be lost in the middle.
fn joined(sheets: &[(&str, String)]) -> Result<String> {
    for (name, sheet) in sheets {
        if let Some(rule) = ["@charset", "@import", "@namespace"]
            .iter()
            .find(|rule| sheet.to_ascii_lowercase().contains(*rule))
        {
            return Err(Failure::new(format!(
                "{name} has an {rule}, which only counts at the beginning of a sheet; the page's \
                 sheets become one, so write it otherwise"
            )));
        }
    }
    Ok(sheets.iter().map(|(_, sheet)| sheet.as_str()).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_deferred, joined, short_name, short_names};

    #[test]
    fn the_deferred_part_is_known_by_its_name() {
        let is_deferred = |name: &str| is_deferred(Path::new(name));
        assert!(is_deferred("dist/agent-activity-deferred-1f.wasm"));
        assert!(is_deferred("dist/agent-activity-deferred-2e.css"));
        assert!(!is_deferred("dist/agent-activity-1f_bg.wasm"));
        assert!(!is_deferred("dist/style-1f.css"));
    }

    #[test]
    fn every_import_has_one_short_name() {
        let imports = ["first", "second", "first", "third"].map(str::to_owned);
        let names: Vec<_> = short_names(&imports).into_iter().collect();
        let names: Vec<_> = names.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
        assert_eq!(names, [("first", "a"), ("second", "b"), ("third", "c")]);
        assert_eq!([25, 26, 27, 26 * 26].map(short_name), ["z", "ba", "bb", "baa"]);
    }

    #[test]
    fn sheets_keep_their_order() {
        let sheets = [("b.css", "b {}".to_owned()), ("a.css", "a {}".to_owned())];
        assert_eq!(joined(&sheets).as_deref(), Ok("b {}\na {}"));
    }

    #[test]
    fn a_rule_that_would_be_lost_is_a_failure() {
        let sheets = [("a.css", "@IMPORT 'b.css';".to_owned())];
        let sentence = joined(&sheets).expect_err("it would be lost").to_string();
        assert!(sentence.starts_with("a.css has an @import"), "{sentence}");
    }
}
