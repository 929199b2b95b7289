//! Empties functions that are in a module's table and nothing calls, and data that nothing reads.
//!
//! A virtual table that nothing uses is still in the program's data, and its functions are in the
//! table of functions: for all that binaryen's tools can tell, they may be called. The linker knows
//! better (see [`super::linked`]). Once their bodies are a trap, what only they called is dropped like
//! anything else that nobody names.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use wasm_encoder::{
    CodeSection, DataSection, Function, Module as Encoder,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{
    Data, ElementItems, ExternalKind, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
};

use super::{
    linked::{self, Unreached},
    wasm::unexpected,
};
use crate::failure::Result;

/// `module`, in which those functions do nothing but trap, and those statics are nothing but zeros,
/// that nothing leads to, in the program `linked` that it was made of, from its start and its exports
/// of these names.
///
/// What wasm-bindgen has added is not in the linked program: it counts as called when it is in the
/// table, and leads to what it names.
pub(super) fn emptied(module: &[u8], linked: &[u8], exports: &[String]) -> Result<Vec<u8>> {
    let functions = Functions::read(module, exports).map_err(|error| unexpected(&error))?;
    let known = linked::functions(linked)?;
    let roots = functions.roots(&known).map_err(|error| unexpected(&error))?;
    let Unreached { functions: dead, bytes } = linked::unreached(linked, &roots)?;
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for name in functions.names.values() {
        *counts.entry(name).or_default() += 1;
    }
    let is_dead = |name: &str| dead.contains(name) && counts[name] == 1;
    let mut emptied = Emptied {
        dead: functions.names.iter().filter(|(_, name)| is_dead(name)).map(|(at, _)| *at).collect(),
        bytes,
        next: functions.imported,
    };
    let mut encoder = Encoder::new();
    emptied
        .parse_core_module(&mut encoder, Parser::new(0), module)
        .map_err(|error| unexpected(&error))?;
    Ok(encoder.finish())
}

/// The functions of a module.
#[derive(Default)]
struct Functions<'a> {
    imported: u32,
    names: BTreeMap<u32, &'a str>,
    bodies: Vec<FunctionBody<'a>>,
    /// What is called from outside.
    entries: Vec<u32>,
    table: Vec<u32>,
}

impl<'a> Functions<'a> {
    fn read(module: &'a [u8], used: &[String]) -> wasmparser::Result<Self> {
        let mut functions = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        functions.imported +=
                            u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let is_used = used.iter().any(|used| used == export.name);
                        if is_used && export.kind == ExternalKind::Func {
                            functions.entries.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => functions.entries.push(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if let ElementItems::Functions(items) = element?.items {
                            for function in items {
                                functions.table.push(function?);
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => functions.bodies.push(body),
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(names) = custom.as_known() {
                        for names in names {
                            let Name::Function(names) = names? else { continue };
                            for naming in names {
                                let naming = naming?;
                                functions.names.insert(naming.index, naming.name);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    /// The names of the functions in `known` that are called from outside, or by what is called and
    /// not known.
    fn roots(&self, known: &BTreeSet<String>) -> wasmparser::Result<BTreeSet<&'a str>> {
        let known = |function: &u32| self.names.get(function).filter(|name| known.contains(**name));
        let (mut roots, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let added = self.table.iter().filter(|function| known(function).is_none());
        let mut ahead: Vec<u32> = self.entries.iter().chain(added).copied().collect();
        while let Some(function) = ahead.pop() {
            if !seen.insert(function) {
                continue;
            }
            if let Some(name) = known(&function) {
                roots.insert(*name);
                continue;
            }
            let at = function.checked_sub(self.imported).and_then(|at| usize::try_from(at).ok());
            let Some(body) = at.and_then(|at| self.bodies.get(at)) else { continue };
            for operator in body.get_operators_reader()? {
                if let Operator::Call { function_index } = operator? {
                    ahead.push(function_index);
                }
            }
        }
        Ok(roots)
    }
}

/// Writes a module as it was read, save that some of its functions trap and some of its data is zero.
struct Emptied {
    dead: BTreeSet<u32>,
    /// The addresses of what becomes zero.
    bytes: BTreeSet<u64>,
    /// The function whose body comes next.
    next: u32,
}

impl Reencode for Emptied {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> std::result::Result<(), Error> {
        let function = self.next;
        self.next += 1;
        if self.dead.contains(&function) {
            let mut trap = Function::new([]);
            trap.instructions().unreachable().end();
            code.function(&trap);
            return Ok(());
        }
        utils::parse_function_body(self, code, body)
    }

    fn parse_data(
        &mut self,
        section: &mut DataSection,
        data: Data<'_>,
    ) -> std::result::Result<(), Error> {
        let content = zeroed(&data, &self.bytes)?;
        utils::parse_data(self, section, Data { data: &content, ..data })
    }
}

/// What is in a segment, with zeros at these addresses.
pub(super) fn zeroed(data: &Data<'_>, addresses: &BTreeSet<u64>) -> wasmparser::Result<Vec<u8>> {
    let mut content = data.data.to_vec();
    if let Some(start) = linked::address(&data.kind)? {
        for (address, byte) in (start..).zip(&mut content) {
            if addresses.contains(&address) {
                *byte = 0;
            }
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
        ExportSection, Function, FunctionSection, ImportSection, MemorySection, MemoryType,
        Module as Encoder, NameMap, NameSection, RefType, TableSection, TableType, TypeSection,
    };
    use wasmparser::{Parser, Payload};

    use super::{Emptied, Functions, Reencode};

    /// A module of these functions, each of which calls another: "entry" is exported, the last two
    /// are in the table. It imports one function, and its data are four bytes at the address 8.
    fn module(functions: &[(&str, u32)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("./p.js", "log", EntityType::Function(0));
        let (mut declared, mut code, mut names) =
            (FunctionSection::new(), CodeSection::new(), NameMap::new());
        let mut exports = ExportSection::new();
        for (index, (name, callee)) in (1..).zip(functions) {
            let mut body = Function::new([]);
            body.instructions().call(*callee).end();
            declared.function(0);
            code.function(&body);
            names.append(index, name);
            if *name == "entry" {
                exports.export("e", ExportKind::Func, index);
            }
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 2,
            maximum: None,
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let count = u32::try_from(functions.len()).expect("few");
        let mut elements = ElementSection::new();
        let listed = Elements::Functions(vec![count - 1, count].into());
        elements.active(None, &ConstExpr::i32_const(0), listed);
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(8), *b"data");
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Encoder::new();
        module.section(&types).section(&imports).section(&declared).section(&tables);
        module.section(&memories).section(&exports).section(&elements).section(&code);
        module.section(&data).section(&section);
        module.finish()
    }

    /// The roots of a module whose functions other than "adapter" are known.
    fn roots(functions: &[(&str, u32)], used: &[&str]) -> Vec<String> {
        let module = module(functions);
        let used: Vec<String> = used.iter().map(|name| (*name).to_owned()).collect();
        let known = functions.iter().map(|(name, _)| (*name).to_owned());
        let known: BTreeSet<String> = known.filter(|name| name != "adapter").collect();
        let functions = Functions::read(&module, &used).expect("it is well formed");
        let roots = functions.roots(&known).expect("it is well formed");
        roots.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_exported_and_used_is_a_root() {
        let functions = [("entry", 2), ("show", 0), ("one", 0), ("two", 0)];
        assert_eq!(roots(&functions, &["e"]), ["entry"]);
        assert_eq!(roots(&functions, &["other"]), [""; 0]);
    }

    #[test]
    fn what_was_added_leads_to_what_it_calls_if_it_is_exported_or_in_the_table() {
        let exported = [("entry", 2), ("adapter", 3), ("show", 0), ("one", 0), ("two", 0)];
        assert_eq!(roots(&exported, &["e"]), ["entry"], "what is known speaks for itself");
        let listed = [("entry", 0), ("show", 0), ("one", 0), ("adapter", 2)];
        assert_eq!(roots(&listed, &["e"]), ["entry", "show"]);
        let unused = [("entry", 0), ("adapter", 3), ("show", 0), ("one", 0), ("two", 0)];
        assert_eq!(roots(&unused, &["e"]), ["entry"]);
    }

    #[test]
    fn what_is_dead_traps_and_holds_zeros_and_all_else_stays() {
        let whole = module(&[("entry", 2), ("show", 0), ("one", 0), ("two", 0)]);
        let written = |dead: &[u32], bytes: &[u64]| {
            let mut emptied = Emptied {
                dead: dead.iter().copied().collect(),
                bytes: bytes.iter().copied().collect(),
                next: 1,
            };
            let mut encoder = Encoder::new();
            emptied.parse_core_module(&mut encoder, Parser::new(0), &whole).expect("well formed");
            encoder.finish()
        };
        assert_eq!(written(&[], &[]), whole);
        let module = written(&[3], &[7, 9, 10, 12]);
        let (mut bodies, mut data) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&module) {
            match payload.expect("well formed") {
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                Payload::DataSection(section) => {
                    data.extend(section.into_iter().map(|data| data.expect("well formed").data));
                }
                _ => {}
            }
        }
        let calls = |callee| vec![0, 0x10, callee, 0x0b];
        assert_eq!(bodies, [calls(2), calls(0), vec![0, 0x00, 0x0b], calls(0)]);
        assert_eq!(data, [b"d\0\0a"]);
    }
}
