//! What leads where in a linked program.
//!
//! The linker, told to keep its relocations, leaves in the program which function or static each
//! place in the code and in the data means; a function's address in a virtual table, which is a bare
//! number in the finished program, included. See
//! <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
};

use rustc_demangle::demangle;
use wasmparser::{
    BinaryReader, DataKind, ExternalKind, KnownCustom, Linking, Operator, Parser, Payload,
    RelocSectionReader, RelocationType, SymbolInfo,
};

use crate::failure::{Failure, Result};

/// A function by its index, or a static by the index of its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Item {
    Function(u32),
    Data(u32),
}

/// The names, as the linker has them, of the functions that are reached only through the function
/// whose path is `entry`, itself included.
///
/// # Errors
///
/// When the program was linked without `--emit-relocs`, has no such function, or reaches it in no
/// way at all.
pub(super) fn reached_only_through(linked: &[u8], entry: &str) -> Result<BTreeSet<String>> {
    let program = read(linked)?;
    let entries: Vec<u32> = program
        .names
        .iter()
        .filter(|(_, name)| format!("{:#}", demangle(name)) == entry)
        .map(|(index, _)| *index)
        .collect();
    let [entry_index] = entries[..] else {
        return Err(Failure::new(format!(
            "the program has {} functions {entry}, where one is expected that nothing inlines",
            entries.len()
        )));
    };
    let roots = [program.exports.as_slice(), &program.homeless].concat();
    let closed = [Item::Function(entry_index)].into();
    let without = program.reached(roots.clone(), &closed);
    let aside: BTreeSet<u32> = program
        .reached(roots, &HashSet::new())
        .difference(&without)
        .filter_map(|item| match item {
            Item::Function(index) => Some(*index),
            Item::Data(_) => None,
        })
        .collect();
    if !aside.contains(&entry_index) {
        return Err(Failure::new(format!("nothing in the program leads to {entry}")));
    }
    let is_aside = |(index, _): &(&u32, &String)| aside.contains(index);
    let (aside, other): (Vec<_>, Vec<_>) = program.names.iter().partition(is_aside);
    // Two functions may have one name.
    let other: BTreeSet<&String> = other.into_iter().map(|(_, name)| name).collect();
    let names = aside.into_iter().map(|(_, name)| name);
    Ok(names.filter(|name| !other.contains(name)).cloned().collect())
}

/// The addresses of bytes that only statics hold to which only functions of these names lead.
///
/// # Errors
///
/// When the program was linked without `--emit-relocs`.
pub(super) fn held_only_by(linked: &[u8], names: &BTreeSet<&str>) -> Result<BTreeSet<u64>> {
    let program = read(linked)?;
    let (aside, other): (Vec<_>, Vec<_>) =
        program.names.iter().partition(|(_, name)| names.contains(name.as_str()));
    // Two functions may have one name.
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, name) in &aside {
        *counts.entry(name).or_default() += 1;
    }
    let (aside, twins): (Vec<_>, Vec<_>) =
        aside.into_iter().partition(|(_, name)| counts[name.as_str()] == 1);
    let items = |functions: Vec<(&u32, &String)>| -> Vec<Item> {
        functions.into_iter().map(|(index, _)| Item::Function(*index)).collect()
    };
    let (aside, other) = (items(aside), items([other, twins].concat()));
    let closed: HashSet<Item> = aside.iter().copied().collect();
    let kept = program.reached([other, program.homeless.clone()].concat(), &closed);
    let mut bytes = BTreeSet::new();
    for item in program.reached(aside, &kept) {
        bytes.extend(program.statics.get(&item).cloned().into_iter().flatten());
    }
    for item in kept {
        for byte in program.statics.get(&item).cloned().into_iter().flatten() {
            bytes.remove(&byte);
        }
    }
    Ok(bytes)
}

/// What nothing leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unreached {
    /// The names of functions.
    pub(super) functions: BTreeSet<String>,
    /// The addresses of bytes that only statics hold to which nothing leads.
    pub(super) bytes: BTreeSet<u64>,
}

/// What nothing leads to from the functions with the names `from`.
///
/// # Errors
///
/// When the program was linked without `--emit-relocs`.
pub(super) fn unreached(linked: &[u8], from: &BTreeSet<&str>) -> Result<Unreached> {
    let program = read(linked)?;
    let mut roots = program.homeless.clone();
    let named = program.names.iter().filter(|(_, name)| from.contains(name.as_str()));
    roots.extend(named.map(|(index, _)| Item::Function(*index)));
    let reached = program.reached(roots, &HashSet::new());
    let mut unreached = Unreached::default();
    for (index, name) in &program.names {
        if !reached.contains(&Item::Function(*index)) {
            unreached.functions.insert(name.clone());
        }
    }
    for (item, place) in &program.statics {
        if !reached.contains(item) {
            unreached.bytes.extend(place.clone());
        }
    }
    // Two functions may have one name, and two statics one place.
    for item in &reached {
        match item {
            Item::Function(index) => {
                program.names.get(index).map(|name| unreached.functions.remove(name));
            }
            Item::Data(_) => {
                for byte in program.statics.get(item).cloned().into_iter().flatten() {
                    unreached.bytes.remove(&byte);
                }
            }
        }
    }
    Ok(unreached)
}

/// The names of all functions that are defined in the program.
///
/// # Errors
///
/// When the program was linked without `--emit-relocs`.
pub(super) fn functions(linked: &[u8]) -> Result<BTreeSet<String>> {
    Ok(read(linked)?.names.into_values().collect())
}

fn read(linked: &[u8]) -> Result<Program> {
    let program = Program::read(linked).map_err(|error| {
        Failure::new(format!("packing cannot read the program as it was linked: {error}"))
    })?;
    if program.places.is_empty() {
        return Err(Failure::new(
            "the program was linked without its relocations (--emit-relocs); see \
             xtask/src/build.rs",
        ));
    }
    Ok(program)
}

/// A linked program, as far as it says what leads where.
#[derive(Default)]
struct Program {
    /// The names of the functions that are defined in it.
    names: BTreeMap<u32, String>,
    /// What the host calls.
    exports: Vec<Item>,
    /// The addresses of each static.
    statics: HashMap<Item, Range<u64>>,
    /// What is named in a place that cannot be told to belong to a function or a static.
    homeless: Vec<Item>,
    /// What each item names.
    edges: HashMap<Item, Vec<Item>>,
    /// Everything that somewhere is named.
    places: HashSet<Item>,
}

/// A segment of data.
struct Segment {
    /// Its content, in the data section.
    content: Range<u64>,
    /// Where that comes to stand, if it is put there at the start.
    address: Option<u64>,
}

/// A place in a section that names something.
struct Place {
    /// Where it is, from the beginning of the section's content.
    offset: u32,
    symbol: u32,
}

impl Program {
    fn read(linked: &[u8]) -> wasmparser::Result<Self> {
        let mut program = Self::default();
        let mut imported = 0;
        let mut bodies: Vec<Range<u64>> = Vec::new();
        let mut segments: Vec<Segment> = Vec::new();
        let mut symbols = Vec::new();
        let (mut in_code, mut in_data) = (Vec::new(), Vec::new());
        let mut code_start = 0;
        for payload in Parser::new(0).parse_all(linked) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            program.exports.push(Item::Function(export.index));
                        }
                    }
                }
                Payload::StartSection { func, .. } => program.exports.push(Item::Function(func)),
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    code_start = unchecked_range.start;
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    bodies.push(range.start - code_start..range.end - code_start);
                }
                Payload::DataSection(data) => {
                    let start = data.range().start;
                    for segment in data {
                        let segment = segment?;
                        let end = segment.range.end - start;
                        let content = end - length(segment.data)..end;
                        segments.push(Segment { content, address: address(&segment.kind)? });
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => {
                        for subsection in linking.subsections() {
                            if let Linking::SymbolTable(table) = subsection? {
                                symbols = table.into_iter().collect::<wasmparser::Result<_>>()?;
                            }
                        }
                    }
                    _ if custom.name() == "reloc.CODE" => in_code = places(custom.data())?,
                    _ if custom.name() == "reloc.DATA" => in_data = places(custom.data())?,
                    _ => {}
                },
                _ => {}
            }
        }
        program.link(&symbols, imported, &bodies, &segments, [&in_code, &in_data]);
        Ok(program)
    }

    fn link(
        &mut self,
        symbols: &[SymbolInfo<'_>],
        imported: u32,
        bodies: &[Range<u64>],
        segments: &[Segment],
        [in_code, in_data]: [&[Place]; 2],
    ) {
        let mut items = HashMap::new();
        // Where each static is, in the data section.
        let mut statics: Vec<(Range<u64>, Item)> = Vec::new();
        for (number, symbol) in (0..).zip(symbols) {
            match symbol {
                SymbolInfo::Func { index, name, .. } => {
                    items.insert(number, Item::Function(*index));
                    if let Some(name) = name
                        && *index >= imported
                    {
                        // The finished program, too, calls a function by the first of its names.
                        self.names.entry(*index).or_insert_with(|| (*name).to_owned());
                    }
                }
                SymbolInfo::Data { symbol: Some(defined), .. } => {
                    items.insert(number, Item::Data(number));
                    if let Some(segment) = usize::try_from(defined.index)
                        .ok()
                        .and_then(|segment| segments.get(segment))
                    {
                        let (offset, size) = (u64::from(defined.offset), u64::from(defined.size));
                        let from = |start: u64| start + offset..start + offset + size;
                        statics.push((from(segment.content.start), Item::Data(number)));
                        if let Some(address) = segment.address {
                            self.statics.insert(Item::Data(number), from(address));
                        }
                    }
                }
                _ => {}
            }
        }
        for place in in_code {
            let Some(to) = items.get(&place.symbol) else { continue };
            let offset = u64::from(place.offset);
            let after = bodies.partition_point(|body| body.end <= offset);
            let body = bodies.get(after).filter(|body| body.contains(&offset));
            let from = body.and_then(|_| Some(imported + u32::try_from(after).ok()?));
            self.lead(from.map(Item::Function), *to);
        }
        for place in in_data {
            let Some(to) = items.get(&place.symbol) else { continue };
            let offset = u64::from(place.offset);
            let mut holders =
                statics.iter().filter(|(range, _)| range.contains(&offset)).peekable();
            if holders.peek().is_none() {
                self.lead(None, *to);
            }
            for (_, holder) in holders {
                self.lead(Some(*holder), *to);
            }
        }
    }

    fn lead(&mut self, from: Option<Item>, to: Item) {
        self.places.insert(to);
        match from {
            Some(from) => self.edges.entry(from).or_default().push(to),
            None => self.homeless.push(to),
        }
    }

    /// Everything that is reached from `ahead`, without what is reached only through `closed`.
    fn reached(&self, mut ahead: Vec<Item>, closed: &HashSet<Item>) -> HashSet<Item> {
        let mut reached = HashSet::new();
        while let Some(item) = ahead.pop() {
            if !closed.contains(&item) && reached.insert(item) {
                ahead.extend(self.edges.get(&item).into_iter().flatten());
            }
        }
        reached
    }
}

/// The places of a section of relocations that name a symbol.
fn places(section: &[u8]) -> wasmparser::Result<Vec<Place>> {
    let mut places = Vec::new();
    for entry in RelocSectionReader::new(BinaryReader::new(section, 0))?.entries() {
        let entry = entry?;
        if entry.ty != RelocationType::TypeIndexLeb {
            places.push(Place { offset: entry.offset, symbol: entry.index });
        }
    }
    Ok(places)
}

/// Where the content of a segment comes to stand.
pub(super) fn address(kind: &DataKind<'_>) -> wasmparser::Result<Option<u64>> {
    let DataKind::Active { offset_expr, .. } = kind else { return Ok(None) };
    Ok(match offset_expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value.cast_unsigned().into()),
        _ => None,
    })
}

fn length(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, Encode as _,
        EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
        LinkingSection, Module as Encoder, StartSection, SymbolTable, TypeSection,
    };
    use wasmparser::RelocationType;

    use super::{Unreached, functions, held_only_by, reached_only_through, unreached};

    /// The entry's path, and its name.
    const PATH: &str = "app::views";
    const ENTRY: &str = "_ZN3app5views17h0123456789abcdefE";

    /// Every program's statics: one byte each, in the second segment of its data.
    const STATICS: [&str; 2] = ["other", "table"];

    /// A linked program of these functions, of which the first is exported, one called "start" is
    /// what it starts with, and "show|line" is one with two names. Each pair is a place and what it
    /// names; a place in neither a function nor a static is in the first segment, where no static is.
    fn linked(functions: &[&str], leads: &[(&str, &str)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("./p.js", "log", EntityType::Function(0));
        let mut exports = ExportSection::new();
        exports.export("main", ExportKind::Func, 1);

        let mut symbols = SymbolTable::new();
        for (offset, name) in (0..).zip(STATICS) {
            symbols.data(0, name, Some(DataSymbolDefinition { index: 1, offset, size: 1 }));
        }
        let mut declared = FunctionSection::new();
        let mut code = CodeSection::new();
        for (index, names) in (1..).zip(functions) {
            let mut body = Function::new([]);
            body.instructions().nop().end();
            declared.function(0);
            code.function(&body);
            symbols.function(0, index, names.split('|').next());
        }
        for (index, names) in (1..).zip(functions) {
            for name in names.split('|').skip(1) {
                symbols.function(0, index, Some(name));
            }
        }
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(0), *b"none");
        data.active(0, &ConstExpr::i32_const(4), *b"12");
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);

        // This is the number of a type; as a symbol's, it is the third function's.
        let mut in_code = vec![place(RelocationType::TypeIndexLeb, in_body(0), 4)];
        let mut in_data = Vec::new();
        for (from, to) in leads {
            let symbol = number(&[STATICS.as_slice(), functions].concat(), to);
            let symbol = symbol.expect("it is a function or a static");
            let kind = |of_a_function, of_a_static| {
                if STATICS.contains(to) { of_a_static } else { of_a_function }
            };
            if let Some(from) = number(functions, from) {
                let kind = kind(RelocationType::TableIndexSleb, RelocationType::MemoryAddrSleb);
                in_code.push(place(kind, in_body(from), symbol));
            } else {
                let kind = kind(RelocationType::TableIndexI32, RelocationType::MemoryAddrI32);
                // The content of the second segment begins after 15 bytes, that of the first one
                // after 6.
                let offset = number(&STATICS, from).map_or(6, |from| 15 + from);
                in_data.push(place(kind, offset, symbol));
            }
        }
        let mut program = Encoder::new();
        program.section(&types).section(&imports).section(&declared).section(&exports);
        if let Some(start) = number(functions, "start") {
            program.section(&StartSection { function_index: 1 + start });
        }
        program.section(&code).section(&data).section(&linking);
        program.section(&places("reloc.CODE", 4, &in_code));
        program.section(&places("reloc.DATA", 5, &in_data));
        program.finish()
    }

    /// Where the instruction is in the body of this function, in a code section of bodies like that:
    /// one byte says how many there are, then each has its length, no locals and two instructions.
    fn in_body(function: u32) -> u32 {
        1 + 4 * function + 2
    }

    fn number(names: &[&str], name: &str) -> Option<u32> {
        let is_it = |names: &&str| names.split('|').next() == Some(name);
        (0..).zip(names).find(|(_, names)| is_it(names)).map(|(number, _)| number)
    }

    /// A relocation.
    fn place(kind: RelocationType, offset: u32, symbol: u32) -> Vec<u8> {
        let mut bytes = vec![kind as u8];
        offset.encode(&mut bytes);
        symbol.encode(&mut bytes);
        if matches!(kind, RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrI32) {
            (-1_i32).encode(&mut bytes);
        }
        bytes
    }

    /// The section of these relocations in another section.
    fn places<'a>(name: &'a str, section: u32, places: &[Vec<u8>]) -> CustomSection<'a> {
        let mut bytes = Vec::new();
        section.encode(&mut bytes);
        places.len().encode(&mut bytes);
        bytes.extend(places.concat());
        CustomSection { name: name.into(), data: bytes.into() }
    }

    /// What is reached only through the entry of such a program.
    fn aside(functions: &[&str], leads: &[(&str, &str)]) -> BTreeSet<String> {
        reached_only_through(&linked(functions, leads), PATH).expect("it has such an entry")
    }

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    fn sentence(program: &[u8]) -> String {
        reached_only_through(program, PATH).expect_err("it has no such entry").to_string()
    }

    #[test]
    fn what_only_the_entry_leads_to_is_aside() {
        let functions = ["main", "kept", "show", ENTRY, "line"];
        let leads = [("main", "kept"), ("main", ENTRY), (ENTRY, "kept"), (ENTRY, "show")];
        assert_eq!(aside(&functions, &leads), names([ENTRY, "show"]));
    }

    #[test]
    fn a_static_leads_to_what_its_bytes_name() {
        let functions = ["main", ENTRY, "show", "line", "kept"];
        let through_statics = [
            ("main", ENTRY),
            (ENTRY, "table"),
            ("table", "show"),
            ("table", "line"),
            ("main", "other"),
            ("other", "kept"),
            (ENTRY, "kept"),
        ];
        assert_eq!(aside(&functions, &through_statics), names([ENTRY, "show", "line"]));
        let other_holds_the_table = [through_statics.as_slice(), &[("other", "table")]].concat();
        assert_eq!(aside(&functions, &other_holds_the_table), names([ENTRY]));
    }

    #[test]
    fn what_is_named_outside_of_all_statics_is_not_aside() {
        let functions = ["main", ENTRY, "show", "line"];
        let leads = [("main", ENTRY), (ENTRY, "show"), (ENTRY, "line"), ("nowhere", "show")];
        assert_eq!(aside(&functions, &leads), names([ENTRY, "line"]));
    }

    #[test]
    fn what_the_program_starts_with_is_not_aside() {
        let functions = ["main", ENTRY, "show", "start", "line"];
        let leads = [("main", ENTRY), (ENTRY, "show"), (ENTRY, "start"), ("start", "line")];
        assert_eq!(aside(&functions, &leads), names([ENTRY, "show"]));
    }

    #[test]
    fn a_function_goes_by_the_first_of_its_names() {
        let entry = format!("{ENTRY}|views");
        let functions = ["main", entry.as_str(), "show|line"];
        assert_eq!(aside(&functions, &[("main", ENTRY), (ENTRY, "show")]), names([ENTRY, "show"]));
    }

    #[test]
    fn the_name_of_a_function_that_is_not_aside_is_not_either() {
        let functions = ["main", ENTRY, "show", "show", "line"];
        // The first function of that name.
        let leads = [("main", ENTRY), (ENTRY, "show"), (ENTRY, "line")];
        assert_eq!(aside(&functions, &leads), names([ENTRY, "line"]));
    }

    #[test]
    fn an_entry_that_is_not_there_once_is_a_failure() {
        let leads = [("main", "show")];
        assert_eq!(
            sentence(&linked(&["main", "show"], &leads)),
            "the program has 0 functions app::views, where one is expected that nothing inlines"
        );
        let twin = "_ZN3app5views17hfedcba9876543210E";
        let twins = linked(&["main", "show", ENTRY, twin], &leads);
        assert!(sentence(&twins).starts_with("the program has 2 functions app::views, "));
        let longer = "_ZN3app5views4show17h0123456789abcdefE";
        let longer = linked(&["main", "show", longer], &leads);
        assert!(sentence(&longer).starts_with("the program has 0 functions app::views, "));
    }

    #[test]
    fn an_entry_that_nothing_leads_to_is_a_failure() {
        let program = linked(&["main", ENTRY, "show"], &[(ENTRY, "show")]);
        assert_eq!(sentence(&program), "nothing in the program leads to app::views");
    }

    #[test]
    fn a_program_without_relocations_is_a_failure() {
        let without = sentence(&linked(&["main", ENTRY], &[]));
        assert!(without.contains("linked without its relocations (--emit-relocs)"), "{without}");
        let cut = sentence(&linked(&["main", ENTRY], &[("main", ENTRY)])[..40]);
        assert!(cut.starts_with("packing cannot read the program as it was linked: "), "{cut}");
    }

    #[test]
    fn functions_and_statics_that_nothing_leads_to_are_unreached() {
        let program = linked(
            &["main", "show", "line", "gone", "part"],
            &[
                ("main", "show"),
                ("show", "table"),
                ("table", "line"),
                ("other", "gone"),
                ("gone", "part"),
            ],
        );
        let found = |from: &[&str]| unreached(&program, &from.iter().copied().collect());
        // The statics are at the addresses 4 and 5.
        let gone = Unreached { functions: names(["gone", "part"]), bytes: [4].into() };
        assert_eq!(found(&["main"]), Ok(gone));
        // What is exported is no root of itself.
        let rest = Unreached { functions: names(["main", "show"]), bytes: [4, 5].into() };
        assert_eq!(found(&["line", "gone"]), Ok(rest));
        assert_eq!(functions(&program), Ok(names(["main", "show", "line", "gone", "part"])));
    }

    #[test]
    fn what_only_some_functions_lead_to_is_held_by_them() {
        let functions = ["main", "show", "line", "twin", "twin"];
        let held = |leads: &[(&str, &str)], by: &[&str]| {
            held_only_by(&linked(&functions, leads), &by.iter().copied().collect())
                .expect("it has its relocations")
        };
        // The statics are at the addresses 4 and 5.
        let leads = [("main", "show"), ("show", "table"), ("table", "line"), ("line", "other")];
        assert_eq!(held(&leads, &["show", "line"]), [4, 5].into());
        assert_eq!(held(&leads, &["show"]), [5].into(), "what another leads to stays");
        assert_eq!(held(&leads, &["line"]), [4].into());
        assert_eq!(held(&leads[..3], &["line"]), [].into(), "so does what nothing leads to");
        let both = [leads.as_slice(), &[("main", "other")]].concat();
        assert_eq!(held(&both, &["show", "line"]), [5].into());
        let nowhere = [leads.as_slice(), &[("", "table")]].concat();
        assert_eq!(held(&nowhere, &["show", "line"]), [4].into());
        assert_eq!(held(&[("twin", "table")], &["twin"]), [].into(), "two have one name");
    }

    #[test]
    fn what_shares_its_name_with_what_is_reached_is_not_unreached() {
        let program = linked(&["main", "show", "show"], &[("main", "show")]);
        assert_eq!(
            unreached(&program, &["main"].into()).map(|found| found.functions),
            Ok(names([]))
        );
    }
}
