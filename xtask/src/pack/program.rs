//! The page's WebAssembly: from the linker's program to the two modules that are loaded.
//!
//! 1. wasm-bindgen makes the module and the JavaScript that goes with it, from what the linker left.
//!    Trunk has done so, too, but without the names of the functions, by which the rest works.
//! 2. Exports that nothing calls go, and with them what they alone reach, be it through virtual
//!    tables; the others get short names. See [`dead`].
//! 3. What is reached only through the entry of the deferred part becomes a module of its own. See
//!    [`linked`] and [`split`].
//! 4. wasm-opt makes each of the two as small as it can.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::json;

use super::{
    Packer, UNUSED, dead, glue, html, linked, read, read_text, short_names,
    split::{self, Parts},
    wasm::{self, Module, Names},
};
use crate::{
    failure::{Failure, Result},
    process,
    project::Project,
    tools::WASM_TARGET,
    weight,
};

/// The function with which the deferred part begins, by its path in the program.
const ENTRY: &str = "agent_activity::ui::deferred::views";

/// Where the linker left the program.
fn linked_program(project: &Project) -> PathBuf {
    project.target.join(WASM_TARGET).join("page/agent-activity.wasm")
}

/// What is loaded.
#[derive(Debug)]
pub(super) struct Program {
    /// What the page cannot do without.
    pub(super) first: Vec<u8>,
    /// The deferred part.
    pub(super) second: Vec<u8>,
    /// The JavaScript that goes with the first.
    pub(super) glue: String,
}

impl Packer<'_> {
    pub(super) fn program(&self) -> Result<Program> {
        let linked = linked_program(self.project);
        self.bind(&linked)?;
        let whole = read(&self.work.join("bound/bound_bg.wasm"))?;
        let glue = read_text(&self.work.join("bound/bound.js"))?;
        let used = used_exports(&Module::parse(&whole)?.exports, &glue)?;
        let program = read(&linked)?;
        self.write("alive.wasm", &dead::emptied(&whole, &program, &used)?)?;
        let features = html::wasm_opt_parameters(&self.project.read("index.html")?)?;
        self.drop_exports(&used, &features)?;

        let names = short_names(&used);
        let glue = glue::with_exports(&glue, &names);
        let renamed = wasm::renamed(&read(&self.work.join("used.wasm"))?, &Names::new(), &names)?;
        let aside = linked::reached_only_through(&program, ENTRY)?;
        let Parts { first, second, shared } =
            split::split(&renamed, &aside, |names| linked::held_only_by(&program, names))?;
        let [first, second] = [("first", first), ("second", second)].map(|(name, module)| {
            self.write(&format!("{name}.wasm"), &module)?;
            self.shrunk(name, &features)
        });
        let (first, second) = (first?, second?);

        let mut wanted: Vec<String> = names.into_values().chain(shared).collect();
        let mut left = Module::parse(&first)?.exports;
        left.sort_unstable();
        wanted.sort_unstable();
        if left != wanted {
            return Err(Failure::new(format!(
                "packing left the exports {left:?} of {wanted:?}; see xtask/src/pack/program.rs"
            )));
        }
        let sizes = [&whole, &first].map(|module| weight::compressed_bytes(module));
        if sizes[1] >= sizes[0] {
            return Err(Failure::new(format!(
                "packing made the WebAssembly no smaller ({} bytes of {}, compressed); see \
                 xtask/src/pack/program.rs",
                sizes[1], sizes[0]
            )));
        }
        Ok(Program { first, second, glue })
    }

    /// Writes bound/bound.js and bound/bound_bg.wasm.
    fn bind(&self, linked: &Path) -> Result {
        let mut bind = self.project.command(self.wasm_bindgen);
        bind.arg(linked).args(["--target", "web", "--no-typescript", "--no-demangle"]);
        bind.args(["--out-name", "bound", "--out-dir"]).arg(self.work.join("bound"));
        process::run("binding the program", &mut bind, self.stop)
    }

    /// Writes used.wasm: alive.wasm with these exports and what they reach.
    fn drop_exports(&self, used: &[String], features: &[String]) -> Result {
        self.write("used.json", used_graph(used).to_string().as_bytes())?;
        let mut drop_exports = self.tool("wasm-metadce");
        drop_exports.args(features).args(["alive.wasm", "--graph-file", "used.json"]);
        // With the names of the functions. It lists every function that goes.
        drop_exports.args(["--debuginfo", "--output", "used.wasm"]).stdout(Stdio::null());
        process::run("dropping unused exports", &mut drop_exports, self.stop)
    }

    /// The module of this name, as small as it gets.
    fn shrunk(&self, name: &str, features: &[String]) -> Result<Vec<u8>> {
        let small = format!("{name}.small.wasm");
        let mut shrink = self.tool("wasm-opt");
        shrink.args(features).args([&format!("{name}.wasm"), "-Oz"]);
        // The first 1024 bytes are the far end of the stack, and nobody's address to count from.
        shrink.arg("--low-memory-unused");
        // The blocks are laid out anew, from control flow without any.
        shrink.args(["--flatten", "--rereloop", "-Oz", "--converge"]);
        // Frequent locals and globals get the short numbers, and what only tools read goes.
        shrink.args(["--reorder-locals", "--reorder-globals", "--directize"]);
        shrink.args(["--strip-producers", "--strip-target-features", "--output", &small]);
        process::run(&format!("shrinking the {name} part"), &mut shrink, self.stop)?;
        read(&self.work.join(small))
    }
}

/// The exports that the glue calls, without the methods of unused classes and what frees their
/// objects.
fn used_exports(exports: &[String], glue: &str) -> Result<Vec<String>> {
    let named = glue::exports(glue);
    let is_of_a_class =
        |export: &str| export.strip_prefix("__wbg_").unwrap_or(export).starts_with(UNUSED);
    if !exports.iter().any(|export| is_of_a_class(export)) {
        return Err(Failure::new(format!(
            "the page has no export that begins with {UNUSED} any more; take what drops them out \
             of xtask/src/pack/program.rs"
        )));
    }
    let is_used = |export: &&String| named.contains(export.as_str()) && !is_of_a_class(export);
    Ok(exports.iter().filter(is_used).cloned().collect())
}

/// What wasm-metadce wants to know: everything outside of the module that reaches into it.
fn used_graph(exports: &[String]) -> serde_json::Value {
    let node = |export: &String| json!({ "name": format!("export {export}"), "root": true, "export": export });
    exports.iter().map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::{used_exports, used_graph};

    #[test]
    fn an_export_is_used_if_the_glue_calls_it_and_not_only_for_an_unused_class() {
        let exports = ["intounderlyingsink_write", "__wbg_intounderlyingsink_free", "main", "go"]
            .map(str::to_owned);
        let glue = "wasm.intounderlyingsink_write(); wasm.__wbg_intounderlyingsink_free; wasm.go()";
        assert_eq!(used_exports(&exports, glue), Ok(vec!["go".to_owned()]));
        assert!(used_exports(&exports[2..], glue).is_err());
    }

    #[test]
    fn whatever_is_used_is_a_root() {
        let graph = used_graph(&["memory".into(), "main".into()]);
        assert_eq!(
            graph.to_string(),
            r#"[{"export":"memory","name":"export memory","root":true},{"export":"main","name":"export main","root":true}]"#
        );
    }
}
