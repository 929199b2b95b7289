//! The JavaScript that wasm-bindgen writes beside the WebAssembly.
//!
//! A bundler leaves out classes that nobody imports unless defining them might have an effect, which
//! it must assume of two statements that wasm-bindgen writes for each class. Both are matched word
//! by word: what has another shape, or is exported and not known here, is a failure.

use std::collections::BTreeSet;

use super::wasm::Names;
use crate::failure::{Failure, Result};

/// What is bundled: what the page loads, without the classes and the loading in one turn.
pub(super) const ENTRY: &str = include_str!("entry.js");

/// What the page uses of the glue.
const USED: &str = "export { initSync, __wbg_init as default };";

/// `glue` as it was, save that the classes whose names begin with `unused` have no effect until
/// they are used.
pub(super) fn without_side_effects(glue: &str, unused: &str) -> Result<String> {
    let mut text = String::with_capacity(glue.len());
    let (mut classes, mut disposed, mut registries) = (0, 0, 0);
    let mut used = false;
    for line in glue.lines() {
        if let Some(rest) = line.strip_prefix("export ") {
            let class = rest.strip_prefix("class ").and_then(|rest| rest.strip_suffix(" {"));
            if class.is_some_and(|class| begins_with(class, unused)) {
                classes += 1;
            } else if line == USED {
                used = true;
            } else {
                return Err(unexpected(&format!("the line `{line}`")));
            }
        } else if is_disposal(line, unused) {
            // Lets `using` free an object of the class.
            disposed += 1;
            continue;
        } else if let Some(registry) = registry(line, unused) {
            registries += 1;
            text += "    : /* @__PURE__ */ ";
            text += registry;
            text.push('\n');
            continue;
        }
        text += line;
        text.push('\n');
    }
    if !used {
        return Err(unexpected(&format!("no line `{USED}`")));
    }
    if classes == 0 || disposed != classes || registries != classes {
        return Err(unexpected(&format!(
            "{classes} classes named {unused}…, {disposed} statements for disposal and \
             {registries} registries"
        )));
    }
    Ok(text)
}

/// `glue` with other names for the functions that the WebAssembly imports, and without those that it
/// does not. One that the glue does not have under its old name, or has twice, is a failure.
pub(super) fn with_imports(glue: &str, names: &Names) -> Result<String> {
    let mut missing = names.clone();
    let mut text = String::with_capacity(glue.len());
    let mut lines = glue.lines();
    while let Some(line) = lines.next() {
        let key = line.strip_prefix(INDENT).and_then(|rest| rest.split_once(": function("));
        let Some((key, rest)) = key else {
            text += line;
            text.push('\n');
            continue;
        };
        if let Some(name) = names.get(key) {
            if missing.remove(key).is_none() {
                return Err(unexpected(&format!("the import {key} twice")));
            }
            text += &format!("{INDENT}{name}: function({rest}\n");
        } else if !lines.any(is_end) {
            return Err(unexpected(&format!("no end of the function {key}")));
        }
    }
    match missing.keys().next() {
        Some(import) => Err(unexpected(&format!("no function {import}, which is imported"))),
        None => Ok(text),
    }
}

/// What stands before the name of each function for the WebAssembly.
const INDENT: &str = "        ";

/// Whether the line ends such a function.
fn is_end(line: &str) -> bool {
    let end = line.strip_prefix(INDENT);
    end.is_some_and(|end| end == "}," || end == "}, arguments); },")
}

/// The exports of the WebAssembly that the glue names.
pub(super) fn exports(glue: &str) -> BTreeSet<&str> {
    named_exports(glue).map(|(_, name)| name).collect()
}

/// `glue` with other names for the exports of the WebAssembly.
pub(super) fn with_exports(glue: &str, names: &Names) -> String {
    let (mut text, mut end) = (String::with_capacity(glue.len()), 0);
    for (start, name) in named_exports(glue) {
        text += &glue[end..start];
        text += names.get(name).map_or(name, String::as_str);
        end = start + name.len();
    }
    text + &glue[end..]
}

/// Where the glue names an export: `wasm.memory`.
fn named_exports(glue: &str) -> impl Iterator<Item = (usize, &str)> {
    const MODULE: &str = "wasm.";
    glue.match_indices(MODULE).filter_map(|(at, _)| {
        // `this.wasm.x`, `_wasm.x`
        let is_whole = !glue[..at].ends_with(|before| is_of_a_name(before) || before == '.');
        let start = at + MODULE.len();
        let rest = &glue[start..];
        let name = &rest[..rest.find(|next| !is_of_a_name(next)).unwrap_or(rest.len())];
        (is_whole && !name.is_empty()).then_some((start, name))
    })
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$')
}

/// Fails when something of the unused classes is left in what the bundler wrote.
pub(super) fn ensure_dropped(bundle: &str, unused: &str) -> Result {
    if bundle.to_ascii_lowercase().contains(unused) {
        return Err(unexpected(&format!("something that keeps the classes {unused}…")));
    }
    Ok(())
}

/// `if (Symbol.dispose) A.prototype[Symbol.dispose] = A.prototype.free;`
fn is_disposal(line: &str, unused: &str) -> bool {
    line.strip_prefix("if (Symbol.dispose) ")
        .and_then(|rest| rest.strip_suffix(".prototype.free;"))
        .and_then(|rest| rest.split_once(".prototype[Symbol.dispose] = "))
        .is_some_and(|(left, right)| left == right && begins_with(left, unused))
}

/// `    : new FinalizationRegistry(ptr => wasm.__wbg_a_free(ptr, 1));`, from the third word on.
fn registry<'a>(line: &'a str, unused: &str) -> Option<&'a str> {
    let registry = line.strip_prefix("    : ")?;
    let freed = registry.strip_prefix("new FinalizationRegistry(ptr => wasm.__wbg_")?;
    let class = freed.strip_suffix("_free(ptr, 1));")?;
    begins_with(class, unused).then_some(registry)
}

/// Whether `name` is a name, and begins with `unused` in whatever case.
fn begins_with(name: &str, unused: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && name.to_ascii_lowercase().starts_with(unused)
}

fn unexpected(what: &str) -> Failure {
    Failure::new(format!(
        "wasm-bindgen's JavaScript has {what}, which packing does not expect; see \
         xtask/src/pack/glue.rs"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Names, ensure_dropped, exports, with_exports, with_imports, without_side_effects};

    /// As wasm-bindgen writes it, with less in between.
    const GLUE: &str = "\
export class IntoSink {
    free() {}
}
if (Symbol.dispose) IntoSink.prototype[Symbol.dispose] = IntoSink.prototype.free;
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_focus_4687: function(arg0) {
            getObject(arg0).focus();
        },
        __wbg_focus_46878: function() { return handleError(function (arg0) {
        }, arguments); },
    };
}
const IntoSinkFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_intosink_free(ptr, 1));
const CLOSURE_DTORS = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(state => wasm.__wbindgen_export4(state.a, state.b));
export { initSync, __wbg_init as default };
";

    fn names(pairs: &[(&str, &str)]) -> Names {
        pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
    }

    #[test]
    fn an_unused_class_has_no_effect() {
        let expected = GLUE
            .replace(
                "if (Symbol.dispose) IntoSink.prototype[Symbol.dispose] = IntoSink.prototype.free;\n",
                "",
            )
            .replace("    : new FinalizationRegistry(ptr", "    : /* @__PURE__ */ new FinalizationRegistry(ptr");
        assert_eq!(without_side_effects(GLUE, "into").as_deref(), Ok(expected.as_str()));
    }

    #[test]
    fn glue_of_another_shape_is_a_failure() {
        for (old, new) in [
            // A class that might be needed, and a function.
            ("export class IntoSink", "export class Sink"),
            ("function __wbg_get_imports", "export function start"),
            // The statements in other words.
            ("if (Symbol.dispose) I", "Symbol.dispose && I"),
            ("(ptr, 1));", "(ptr >>> 0, 1));"),
            // Other exports.
            ("export { initSync, __wbg_init as default };", "export default __wbg_init;"),
            ("export { initSync, __wbg_init as default };", ""),
        ] {
            let glue = GLUE.replacen(old, new, 1);
            assert_ne!(glue, GLUE);
            assert!(without_side_effects(&glue, "into").is_err(), "{new}");
        }
        assert!(
            without_side_effects("export { initSync, __wbg_init as default };", "into").is_err()
        );
    }

    #[test]
    fn imports_are_renamed_by_their_whole_names() {
        let names = names(&[("__wbg_focus_4687", "a"), ("__wbg_focus_46878", "b")]);
        let glue = with_imports(GLUE, &names).expect("both are there");
        assert!(glue.contains("\n        a: function(arg0) {\n"), "{glue}");
        assert!(glue.contains("\n        b: function() { return handleError("), "{glue}");
        assert!(!glue.contains("__wbg_focus"), "{glue}");
    }

    #[test]
    fn a_function_that_nothing_imports_is_left_out() {
        let (start, rest) = GLUE.split_once("        __wbg_focus_4687:").expect("the first");
        let (first, rest) = rest.split_once("        __wbg_focus_46878:").expect("the second");
        let (second, end) = rest.split_once("    };\n").expect("the end of both");
        for (name, kept) in [("__wbg_focus_4687", first), ("__wbg_focus_46878", second)] {
            let glue = with_imports(GLUE, &names(&[(name, "a")]));
            assert_eq!(glue, Ok(format!("{start}        a:{kept}    }};\n{end}")));
        }
    }

    #[test]
    fn an_import_that_is_not_there_once_is_a_failure() {
        let say = |glue: &str, names| with_imports(glue, &names).expect_err("not once").to_string();
        let absent = say(GLUE, names(&[("__wbg_blur_1", "a")]));
        assert!(absent.contains("no function __wbg_blur_1"), "{absent}");
        let twice = say(&GLUE.replace("46878", "4687"), names(&[("__wbg_focus_4687", "a")]));
        assert!(twice.contains("__wbg_focus_4687 twice"), "{twice}");
        let endless = GLUE.replace("        }, arguments); },\n", "");
        let endless = say(&endless, names(&[("__wbg_focus_4687", "a")]));
        assert!(endless.contains("no end of the function __wbg_focus_46878"), "{endless}");
    }

    #[test]
    fn exports_are_renamed_by_their_whole_names_wherever_they_are() {
        let named: Vec<&str> = exports(GLUE).into_iter().collect();
        assert_eq!(named, ["__wbg_intosink_free", "__wbindgen_export4"]);
        let glue = "wasm.go(wasm.go2, my_wasm.go, this.wasm.go); wasm.$a_1;import('wasm.')";
        let short = with_exports(glue, &names(&[("go", "a"), ("$a_1", "b")]));
        assert_eq!(short, "wasm.a(wasm.go2, my_wasm.go, this.wasm.go); wasm.b;import('wasm.')");
    }

    #[test]
    fn what_is_left_of_a_class_is_found() {
        assert_eq!(ensure_dropped("var a=1;", "into"), Ok(()));
        assert!(ensure_dropped("var IntoSink=1;", "into").is_err());
    }
}
