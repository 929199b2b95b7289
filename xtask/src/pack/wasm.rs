//! As much of WebAssembly's binary format as it takes to list what a module imports and exports,
//! and to rename its imports: <https://webassembly.github.io/spec/core/binary/modules.html>.

use std::collections::BTreeMap;

use crate::failure::{Failure, Result};

/// What every module begins with, this version of the format included.
const MAGIC: [u8; 8] = *b"\0asm\x01\0\0\0";

const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

/// The kind of import that is a function. wasm-bindgen's modules import nothing else.
const FUNCTION: u8 = 0;

/// How a module meets the world.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// The names of its imports, in their order.
    pub(super) imports: Vec<String>,
    /// The names of its exports, in their order.
    pub(super) exports: Vec<String>,
}

impl Module {
    /// Reads a module.
    pub(super) fn parse(wasm: &[u8]) -> Result<Self> {
        parse(wasm).ok_or_else(unexpected)
    }
}

/// The module with other names for its imports; one that has no other name keeps its own.
pub(super) fn with_imports(wasm: &[u8], names: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    rename(wasm, names).ok_or_else(unexpected)
}

fn unexpected() -> Failure {
    Failure::new(
        "packing cannot read the page's WebAssembly: it is damaged, or imports something other \
         than functions; see xtask/src/pack/wasm.rs",
    )
}

fn parse(wasm: &[u8]) -> Option<Module> {
    let mut module = Module { imports: Vec::new(), exports: Vec::new() };
    for (id, content) in sections(wasm)? {
        match id {
            IMPORTS => {
                module.imports = imports(content)?.into_iter().map(|import| import.name).collect();
            }
            EXPORTS => {
                let mut reader = Reader(content);
                for _ in 0..reader.number()? {
                    module.exports.push(reader.name()?);
                    reader.byte()?;
                    reader.number()?;
                }
                reader.end()?;
            }
            _ => {}
        }
    }
    Some(module)
}

fn rename(wasm: &[u8], names: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let mut renamed = MAGIC.to_vec();
    for (id, content) in sections(wasm)? {
        renamed.push(id);
        if id == IMPORTS {
            let imports = imports(content)?;
            let mut section = Vec::new();
            write_number(&mut section, imports.len())?;
            for Import { module, name, index } in &imports {
                write_name(&mut section, module)?;
                write_name(&mut section, names.get(name).unwrap_or(name))?;
                section.push(FUNCTION);
                write_number(&mut section, *index)?;
            }
            write_number(&mut renamed, section.len())?;
            renamed.extend(section);
        } else {
            write_number(&mut renamed, content.len())?;
            renamed.extend(content);
        }
    }
    Some(renamed)
}

/// A function that the module imports.
#[derive(Debug)]
struct Import {
    module: String,
    name: String,
    /// Of its type.
    index: usize,
}

fn imports(section: &[u8]) -> Option<Vec<Import>> {
    let mut reader = Reader(section);
    let mut imports = Vec::new();
    for _ in 0..reader.number()? {
        let (module, name) = (reader.name()?, reader.name()?);
        if reader.byte()? != FUNCTION {
            return None;
        }
        imports.push(Import { module, name, index: reader.number()? });
    }
    reader.end()?;
    Some(imports)
}

/// The sections in their order: what each is, and its content.
fn sections(wasm: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut reader = Reader(wasm.strip_prefix(&MAGIC)?);
    let mut sections = Vec::new();
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let length = reader.number()?;
        sections.push((id, reader.bytes(length)?));
    }
    Some(sections)
}

/// What is left to be read.
#[derive(Debug)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    /// 32 bits, as LEB128.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number).ok()?.try_into().ok();
            }
        }
        None
    }

    fn name(&mut self) -> Option<String> {
        let length = self.number()?;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    /// Something when nothing is left.
    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn write_number(to: &mut Vec<u8>, number: usize) -> Option<()> {
    let mut rest = u32::try_from(number).ok()?;
    loop {
        let byte = u8::try_from(rest & 0x7f).ok()?;
        rest >>= 7;
        if rest == 0 {
            to.push(byte);
            return Some(());
        }
        to.push(byte | 0x80);
    }
}

fn write_name(to: &mut Vec<u8>, name: &str) -> Option<()> {
    write_number(to, name.len())?;
    to.extend(name.as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{MAGIC, Module, Reader, with_imports, write_name, write_number};

    /// A section of `id` with `entries`, each of which ends in `(kind, index)`.
    fn section(id: u8, entries: &[(&[&str], [u8; 2])]) -> Vec<u8> {
        let mut content = Vec::new();
        write_number(&mut content, entries.len()).expect("few");
        for (names, end) in entries {
            for name in *names {
                write_name(&mut content, name).expect("short");
            }
            content.extend(end);
        }
        let mut section = vec![id];
        write_number(&mut section, content.len()).expect("short");
        section.extend(content);
        section
    }

    fn module(sections: &[Vec<u8>]) -> Vec<u8> {
        [MAGIC.to_vec(), sections.concat()].concat()
    }

    fn sample() -> Vec<u8> {
        let long = "l".repeat(200);
        module(&[
            vec![1, 4, 1, 0x60, 0, 0],
            section(2, &[(&["./p.js", &long], [0, 0]), (&["./p.js", "kept"], [0, 0])]),
            section(7, &[(&["memory"], [2, 0]), (&["main"], [0, 1])]),
        ])
    }

    #[test]
    fn what_a_module_imports_and_exports_is_listed() {
        let module = Module::parse(&sample()).expect("it is well formed");
        assert_eq!(module.imports, ["l".repeat(200), "kept".to_owned()]);
        assert_eq!(module.exports, ["memory", "main"]);
    }

    #[test]
    fn nothing_but_the_names_of_imports_changes() {
        let names = BTreeMap::from([("l".repeat(200), "a".to_owned())]);
        let renamed = with_imports(&sample(), &names).expect("it is well formed");
        let expected = module(&[
            vec![1, 4, 1, 0x60, 0, 0],
            section(2, &[(&["./p.js", "a"], [0, 0]), (&["./p.js", "kept"], [0, 0])]),
            section(7, &[(&["memory"], [2, 0]), (&["main"], [0, 1])]),
        ]);
        assert_eq!(renamed, expected);
        assert_eq!(with_imports(&sample(), &BTreeMap::new()), Ok(sample()));
    }

    #[test]
    fn what_is_not_understood_is_a_failure() {
        assert!(Module::parse(b"<!DOCTYPE html>").is_err());
        let whole = sample();
        assert!(Module::parse(&whole[..whole.len() - 1]).is_err());
        let memory = module(&[section(2, &[(&["./p.js", "memory"], [2, 0])])]);
        assert!(Module::parse(&memory).is_err());
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for number in [0, 127, 128, 16_384, u32::MAX as usize] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number).expect("32 bits");
            let mut reader = Reader(&bytes);
            assert_eq!(reader.number(), Some(number));
            assert_eq!(reader.end(), Some(()));
        }
        assert_eq!(Reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0]).number(), None);
    }
}
