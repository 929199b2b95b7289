//! What a module imports and exports, and other names for it.

use std::{collections::BTreeMap, convert::Infallible};

use wasm_encoder::{
    ExportSection, ImportSection, Module as Encoder,
    reencode::{Error, Reencode},
};
use wasmparser::{Export, ImportSectionReader, Parser, Payload, TypeRef};

use crate::failure::{Failure, Result};

/// How a module meets the world.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// The names of the functions that it imports, in their order. wasm-bindgen's modules import
    /// nothing else.
    pub(super) imports: Vec<String>,
    /// The names of its exports, in their order.
    pub(super) exports: Vec<String>,
}

impl Module {
    /// Reads a module.
    pub(super) fn parse(wasm: &[u8]) -> Result<Self> {
        parse(wasm).map_err(|error| unexpected(&error))?.ok_or_else(|| {
            Failure::new("the page's WebAssembly imports something other than functions")
        })
    }
}

/// Other names; what has none keeps its own.
pub(super) type Names = BTreeMap<String, String>;

/// The module with other names for what it imports and exports.
pub(super) fn renamed(wasm: &[u8], imports: &Names, exports: &Names) -> Result<Vec<u8>> {
    let mut module = Encoder::new();
    Renamed { imports, exports }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| unexpected(&error))?;
    Ok(module.finish())
}

/// That a module is not as it should be.
pub(super) fn unexpected(error: &dyn std::error::Error) -> Failure {
    Failure::new(format!("packing cannot read the page's WebAssembly: {error}"))
}

fn parse(wasm: &[u8]) -> wasmparser::Result<Option<Module>> {
    let mut module = Module { imports: Vec::new(), exports: Vec::new() };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if !matches!(import.ty, TypeRef::Func(_)) {
                        return Ok(None);
                    }
                    module.imports.push(import.name.to_owned());
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    module.exports.push(export?.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(Some(module))
}

/// Writes a module as it was read, save the names of what it imports and exports.
struct Renamed<'a> {
    imports: &'a Names,
    exports: &'a Names,
}

impl Reencode for Renamed<'_> {
    type Error = Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> std::result::Result<(), Error> {
        for import in section.into_imports() {
            let import = import?;
            let name = self.imports.get(import.name).map_or(import.name, String::as_str);
            imports.import(import.module, name, self.entity_type(import.ty)?);
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: Export<'_>,
    ) -> std::result::Result<(), Error> {
        let name = self.exports.get(export.name).map_or(export.name, String::as_str);
        let kind = self.export_kind(export.kind)?;
        exports.export(name, kind, self.external_index(export.kind, export.index)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {

    use wasm_encoder::{
        CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
        ImportSection, MemorySection, MemoryType, Module as Encoder, TypeSection,
    };

    use super::{Module, Names, renamed};

    /// A module that imports `imports` and exports a memory, and a function by this name.
    fn module(imports: &[(&str, EntityType)], main: &str) -> Vec<u8> {
        let mut module = Encoder::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut section = ImportSection::new();
        for (name, ty) in imports {
            section.import("./p.js", name, *ty);
        }
        module.section(&section);
        let mut functions = FunctionSection::new();
        functions.function(0);
        module.section(&functions);
        let mut memories = MemorySection::new();
        memories.memory(memory());
        module.section(&memories);
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0).export(main, ExportKind::Func, 0);
        module.section(&exports);
        let mut code = CodeSection::new();
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        module.section(&code);
        module.finish()
    }

    fn memory() -> MemoryType {
        MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        }
    }

    #[test]
    fn what_a_module_imports_and_exports_is_listed() {
        let sample =
            module(&[("long", EntityType::Function(0)), ("kept", EntityType::Function(0))], "main");
        let module = Module::parse(&sample).expect("it is well formed");
        assert_eq!(module.imports, ["long", "kept"]);
        assert_eq!(module.exports, ["memory", "main"]);
    }

    #[test]
    fn nothing_but_names_changes() {
        let kept = ("kept", EntityType::Function(0));
        let sample = module(&[("long", EntityType::Function(0)), kept], "main");
        let [imports, exports] = [("long", "a"), ("main", "b")]
            .map(|(old, new)| Names::from([(old.to_owned(), new.to_owned())]));
        let short = renamed(&sample, &imports, &exports).expect("it is well formed");
        assert_eq!(short, module(&[("a", EntityType::Function(0)), kept], "b"));
        assert_eq!(renamed(&sample, &Names::new(), &Names::new()), Ok(sample));
    }

    #[test]
    fn what_is_not_understood_is_a_failure() {
        assert!(Module::parse(b"<!DOCTYPE html>").is_err());
        let whole = module(&[], "main");
        assert!(Module::parse(&whole[..whole.len() - 1]).is_err());
        assert!(
            Module::parse(&module(&[("memory", EntityType::Memory(memory()))], "main")).is_err()
        );
    }
}
