//! Makes two modules of one: the page, and what it can do without at first.
//!
//! The second shares the first one's memory and table, and calls the first one's functions, which
//! are exported for it. The other way there is no name: the first reaches the second only through
//! the table, where the second puts its functions in their places when it is instantiated, with the
//! first one's exports as its imports. Until then there is a function in those places that traps;
//! what was not reached without the second's entry never calls it (see [`super::linked`]). In the same
//! way the second puts the data in their places that only its functions read, where there are zeros
//! until then.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, ImportSection, MemorySection,
    Module as Encoder, RawSection, StartSection, TableSection,
    reencode::{Error, Reencode},
};
use wasmparser::{
    CompositeInnerType, Data, DataKind, ElementItems, ElementKind, Export, ExternalKind,
    FunctionBody, KnownCustom, MemoryType, Name, Operator, Parser, Payload, TableInit, TableType,
    TypeRef,
};

use super::{dead::zeroed, linked, short_name, wasm::unexpected};
use crate::failure::{Failure, Result};

/// What the second module names the first one when it imports from it. The page's loader says it,
/// too: `src/web/deferred.rs`.
const FIRST: &str = "p";

/// The two modules.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) first: Vec<u8>,
    pub(super) second: Vec<u8>,
    /// What the first one exports beside what it did before.
    pub(super) shared: Vec<String>,
}

/// Splits `whole`, which must name its functions. Of those in `aside`, the second module gets what
/// the first one neither exports nor calls by name, and with them the data that only functions of such
/// names lead to, which `held` finds.
///
/// # Errors
///
/// When the module has something that this cannot share, or when nothing would be aside.
pub(super) fn split(
    whole: &[u8],
    aside: &BTreeSet<String>,
    held: impl FnOnce(&BTreeSet<&str>) -> Result<BTreeSet<u64>>,
) -> Result<Parts> {
    let module = Module::read(whole).map_err(|error| unexpected(&error))??;
    let aside = module.aside(aside).map_err(|error| unexpected(&error))?;
    if aside.is_empty() {
        return Err(Failure::new("none of what the page could do without at first is in it"));
    }
    let names = aside.iter().filter_map(|function| module.names.get(function).copied());
    let held = held(&names.collect())?;
    let mut shared = Shared::new(&module);
    let second = module.second(&aside, &held, &mut shared).map_err(|error| unexpected(&error))?;
    let first = module.first(&aside, &held, &shared).map_err(|error| unexpected(&error))?;
    let shared = shared.added.into_iter().map(|(name, ..)| name).collect();
    Ok(Parts { first, second, shared })
}

type Encoded<T = ()> = std::result::Result<T, Error>;

/// A module, taken apart.
#[derive(Default)]
struct Module<'a> {
    wasm: &'a [u8],
    /// The sections that both modules have as they are, or the first one alone has: their numbers
    /// and where they are.
    types: Option<(u8, std::ops::Range<usize>)>,
    imports: Option<(u8, std::ops::Range<usize>)>,
    data_count: Option<(u8, std::ops::Range<usize>)>,
    /// The segments of data.
    data: Vec<Data<'a>>,
    /// The type of each function, those that are imported first.
    functions: Vec<u32>,
    imported: u32,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<wasmparser::Global<'a>>,
    exports: Vec<Export<'a>>,
    start: Option<u32>,
    /// What is in the table, from which place on.
    elements: Vec<(i32, Vec<u32>)>,
    bodies: Vec<FunctionBody<'a>>,
    names: BTreeMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    fn read(wasm: &'a [u8]) -> wasmparser::Result<Result<Self>> {
        let mut module = Self { wasm, ..Self::default() };
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            let section = payload.as_section().map(|(id, range)| {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                (id, place(range.start)..place(range.end))
            });
            match payload {
                Payload::TypeSection(types) => {
                    module.types = section;
                    for group in types {
                        let group = group?;
                        let Some(CompositeInnerType::Func(_)) =
                            group.types().next().map(|ty| &ty.composite_type.inner)
                        else {
                            return Ok(Err(not_shared("a type that is no function's")));
                        };
                    }
                }
                Payload::ImportSection(imports) => {
                    module.imports = section;
                    for import in imports.into_imports() {
                        let TypeRef::Func(ty) = import?.ty else {
                            return Ok(Err(not_shared("an import that is no function")));
                        };
                        module.functions.push(ty);
                        module.imported += 1;
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        module.functions.push(ty?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        let table = table?;
                        if !matches!(table.init, TableInit::RefNull) {
                            return Ok(Err(not_shared("a table that is not empty at first")));
                        }
                        module.tables.push(table.ty);
                    }
                }
                Payload::MemorySection(memories) => {
                    module.memories = memories.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        for operator in global.init_expr.get_operators_reader() {
                            if matches!(operator?, Operator::RefFunc { .. }) {
                                return Ok(Err(not_shared("a global that begins as a function")));
                            }
                        }
                        module.globals.push(global);
                    }
                }
                Payload::ExportSection(exports) => {
                    module.exports = exports.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let element = element?;
                        let ElementKind::Active { table_index: None | Some(0), offset_expr } =
                            element.kind
                        else {
                            return Ok(Err(not_shared("an element segment that is not active")));
                        };
                        let mut offset = offset_expr.get_operators_reader();
                        let (Operator::I32Const { value }, Operator::End) =
                            (offset.read()?, offset.read()?)
                        else {
                            return Ok(Err(not_shared("an element segment at a computed place")));
                        };
                        let ElementItems::Functions(functions) = element.items else {
                            return Ok(Err(not_shared("an element segment of another form")));
                        };
                        let functions = functions.into_iter().collect::<wasmparser::Result<_>>()?;
                        module.elements.push((value, functions));
                    }
                }
                Payload::DataCountSection { .. } => module.data_count = section,
                Payload::DataSection(data) => {
                    for segment in data {
                        let segment = segment?;
                        if matches!(segment.kind, DataKind::Passive) {
                            return Ok(Err(not_shared("a data segment that is not active")));
                        }
                        module.data.push(segment);
                    }
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(names) = custom.as_known() {
                        module.read_names(names)?;
                    }
                }
                Payload::TagSection(_) => return Ok(Err(not_shared("a tag"))),
                _ => {}
            }
        }
        Ok(Ok(module))
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'a>) -> wasmparser::Result<()> {
        for names in names {
            if let Name::Function(functions) = names? {
                for naming in functions {
                    let naming = naming?;
                    self.names.insert(naming.index, naming.name);
                }
            }
        }
        Ok(())
    }

    /// Every function that is defined here: its index and its body.
    fn defined(&self) -> impl Iterator<Item = (u32, &FunctionBody<'a>)> {
        (self.imported..).zip(&self.bodies)
    }

    fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get(usize::try_from(function.checked_sub(self.imported)?).ok()?)
    }

    /// The functions for the second module.
    fn aside(&self, names: &BTreeSet<String>) -> wasmparser::Result<BTreeSet<u32>> {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for name in self.names.values() {
            *counts.entry(name).or_default() += 1;
        }
        let is_aside = |function: &u32| {
            let name = self.names.get(function);
            name.is_some_and(|name| names.contains(*name) && counts[name] == 1)
        };
        let mut aside: BTreeSet<u32> =
            self.defined().map(|(function, _)| function).filter(is_aside).collect();
        let mut ahead: Vec<u32> = self
            .defined()
            .map(|(function, _)| function)
            .filter(|function| !aside.contains(function))
            .collect();
        let outside = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        for function in outside.map(|export| export.index).chain(self.start) {
            if aside.remove(&function) {
                ahead.push(function);
            }
        }
        while let Some(function) = ahead.pop() {
            for named in self.body(function).map(named).transpose()?.into_iter().flatten() {
                if let Item::Function(named) = named
                    && aside.remove(&named)
                {
                    ahead.push(named);
                }
            }
        }
        Ok(aside)
    }

    fn second(
        &self,
        aside: &BTreeSet<u32>,
        held: &BTreeSet<u64>,
        shared: &mut Shared,
    ) -> Encoded<Vec<u8>> {
        let mut imports = ImportSection::new();
        let mut second = Numbers::default();
        let mut globals = BTreeSet::new();
        let mut functions = BTreeSet::new();
        for function in aside {
            for item in self.body(*function).map(named).transpose()?.into_iter().flatten() {
                match item {
                    Item::Function(named) if !aside.contains(&named) => {
                        functions.insert(named);
                    }
                    Item::Function(_) => {}
                    Item::Global(global) => {
                        globals.insert(global);
                    }
                }
            }
        }
        for (number, memory) in (0..).zip(&self.memories) {
            let name = shared.name(ExportKind::Memory, number);
            imports.import(FIRST, name, EntityType::Memory(second.memory_type(*memory)?));
        }
        for (number, table) in (0..).zip(&self.tables) {
            let name = shared.name(ExportKind::Table, number);
            imports.import(FIRST, name, EntityType::Table(second.table_type(*table)?));
        }
        for global in globals {
            let Some(found) = at(&self.globals, global) else { continue };
            second.globals.insert(global, count(second.globals.len()));
            let name = shared.name(ExportKind::Global, global);
            imports.import(FIRST, name, EntityType::Global(second.global_type(found.ty)?));
        }
        for function in functions {
            let Some(ty) = at(&self.functions, function) else { continue };
            second.functions.insert(function, count(second.functions.len()));
            let name = shared.name(ExportKind::Func, function);
            imports.import(FIRST, name, EntityType::Function(*ty));
        }
        let mut types = FunctionSection::new();
        for function in aside {
            let Some(ty) = at(&self.functions, *function) else { continue };
            second.functions.insert(*function, count(second.functions.len()));
            types.function(*ty);
        }
        let mut code = CodeSection::new();
        for function in aside {
            if let Some(body) = self.body(*function) {
                second.parse_function_body(&mut code, body.clone())?;
            }
        }
        let mut module = Encoder::new();
        self.copy(&mut module, self.types.as_ref());
        module.section(&imports).section(&types);
        module.section(&self.places_of_the_second(aside, &mut second)?);
        module.section(&code).section(&self.data_of_the_second(held)?);
        Ok(module.finish())
    }

    /// The data at these addresses, in as few segments as there can be.
    fn data_of_the_second(&self, held: &BTreeSet<u64>) -> Encoded<DataSection> {
        let mut section = DataSection::new();
        for segment in &self.data {
            let Some(start) = linked::address(&segment.kind)? else { continue };
            let mut address = start;
            for run in (start..)
                .zip(segment.data)
                .collect::<Vec<_>>()
                .chunk_by(|one, other| held.contains(&one.0) == held.contains(&other.0))
            {
                if held.contains(&address) {
                    let offset = u32::try_from(address).unwrap_or(u32::MAX).cast_signed();
                    let content = run.iter().map(|(_, byte)| **byte);
                    section.active(0, &ConstExpr::i32_const(offset), content);
                }
                address += u64::from(count(run.len()));
            }
        }
        Ok(section)
    }

    /// The parts of the table that the second module fills, as few as there can be.
    fn places_of_the_second(
        &self,
        aside: &BTreeSet<u32>,
        second: &mut Numbers,
    ) -> Encoded<ElementSection> {
        let mut section = ElementSection::new();
        for (start, functions) in &self.elements {
            let mut place = *start;
            for run in functions.chunk_by(|one, other| aside.contains(one) == aside.contains(other))
            {
                let length = i32::try_from(run.len()).unwrap_or(i32::MAX);
                if run.first().is_some_and(|first| aside.contains(first)) {
                    let run: Vec<u32> = run
                        .iter()
                        .map(|function| second.function_index(*function))
                        .collect::<Encoded<_>>()?;
                    let offset = ConstExpr::i32_const(place);
                    section.active(None, &offset, Elements::Functions(run.into()));
                }
                place += length;
            }
        }
        Ok(section)
    }

    fn first(
        &self,
        aside: &BTreeSet<u32>,
        held: &BTreeSet<u64>,
        shared: &Shared,
    ) -> Encoded<Vec<u8>> {
        let mut first = Numbers { all_globals: true, ..Numbers::default() };
        let kept = |function: &u32| !aside.contains(function);
        for function in (0..count(self.functions.len())).filter(kept) {
            first.functions.insert(function, count(first.functions.len()));
        }
        // In the places of what is aside.
        let trap = count(first.functions.len());
        for function in aside {
            first.functions.insert(*function, trap);
        }
        let mut module = Encoder::new();
        self.copy(&mut module, self.types.as_ref());
        self.copy(&mut module, self.imports.as_ref());

        let mut types = FunctionSection::new();
        let mut code = CodeSection::new();
        for (function, body) in self.defined().filter(|(function, _)| kept(function)) {
            types.function(*at(&self.functions, function).unwrap_or(&0));
            first.parse_function_body(&mut code, body.clone())?;
        }
        // A trap is valid whatever its type.
        types.function(0);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);

        let mut tables = TableSection::new();
        for table in &self.tables {
            tables.table(first.table_type(*table)?);
        }
        let mut memories = MemorySection::new();
        for memory in &self.memories {
            memories.memory(first.memory_type(*memory)?);
        }
        let mut globals = GlobalSection::new();
        for global in &self.globals {
            first.parse_global(&mut globals, global.clone())?;
        }
        let mut exports = ExportSection::new();
        for export in &self.exports {
            first.parse_export(&mut exports, *export)?;
        }
        for (name, kind, number) in &shared.added {
            let number = match kind {
                ExportKind::Func => first.function_index(*number)?,
                _ => *number,
            };
            exports.export(name, *kind, number);
        }
        let mut elements = ElementSection::new();
        for (start, functions) in &self.elements {
            let functions: Vec<u32> = functions
                .iter()
                .map(|function| first.function_index(*function))
                .collect::<Encoded<_>>()?;
            let offset = ConstExpr::i32_const(*start);
            elements.active(None, &offset, Elements::Functions(functions.into()));
        }
        module.section(&types).section(&tables).section(&memories).section(&globals);
        module.section(&exports);
        if let Some(start) = self.start {
            module.section(&StartSection { function_index: first.function_index(start)? });
        }
        module.section(&elements);
        self.copy(&mut module, self.data_count.as_ref());
        let mut data = DataSection::new();
        for segment in &self.data {
            let content = zeroed(segment, held)?;
            first.parse_data(&mut data, Data { data: &content, ..segment.clone() })?;
        }
        module.section(&code).section(&data);
        Ok(module.finish())
    }

    fn copy(&self, module: &mut Encoder, section: Option<&(u8, std::ops::Range<usize>)>) {
        if let Some((id, place)) = section {
            module.section(&RawSection { id: *id, data: &self.wasm[place.clone()] });
        }
    }
}

/// What the first module exports for the second one.
struct Shared {
    /// The names of what is exported, by kind and number.
    names: BTreeMap<(u8, u32), String>,
    taken: BTreeSet<String>,
    /// What is exported for the second module's sake: name, kind and number.
    added: Vec<(String, ExportKind, u32)>,
}

impl Shared {
    fn new(module: &Module<'_>) -> Self {
        let mut shared = Self { names: BTreeMap::new(), taken: BTreeSet::new(), added: Vec::new() };
        for export in &module.exports {
            let kind = ExportKind::from(export.kind);
            shared.names.insert((kind as u8, export.index), export.name.to_owned());
            shared.taken.insert(export.name.to_owned());
        }
        shared
    }

    /// By which name this is exported.
    fn name(&mut self, kind: ExportKind, number: u32) -> &str {
        let Self { names, taken, added } = self;
        names.entry((kind as u8, number)).or_insert_with(|| {
            let name = (added.len()..)
                .map(short_name)
                .find(|name| !taken.contains(name))
                .unwrap_or_default();
            taken.insert(name.clone());
            added.push((name.clone(), kind, number));
            name
        })
    }
}

/// What a body names that has a number of its own in each module.
enum Item {
    Function(u32),
    Global(u32),
}

fn named(body: &FunctionBody<'_>) -> wasmparser::Result<Vec<Item>> {
    let mut items = Vec::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => items.push(Item::Function(function_index)),
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                items.push(Item::Global(global_index));
            }
            _ => {}
        }
    }
    Ok(items)
}

/// The numbers that functions and globals have in one of the two modules.
#[derive(Default)]
struct Numbers {
    functions: BTreeMap<u32, u32>,
    globals: BTreeMap<u32, u32>,
    /// Whether the globals keep their numbers.
    all_globals: bool,
}

impl Reencode for Numbers {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Encoded<u32> {
        // Every function that a body names was given a number before.
        Ok(*self.functions.get(&function).unwrap_or(&u32::MAX))
    }

    fn global_index(&mut self, global: u32) -> Encoded<u32> {
        if self.all_globals {
            return Ok(global);
        }
        Ok(*self.globals.get(&global).unwrap_or(&u32::MAX))
    }
}

fn not_shared(what: &str) -> Failure {
    Failure::new(format!(
        "the page's WebAssembly has {what}, which packing cannot split; see xtask/src/pack/split.rs"
    ))
}

fn at<T>(list: &[T], number: u32) -> Option<&T> {
    list.get(usize::try_from(number).ok()?)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, process::Command};

    use wasm_encoder::{
        DataCountSection, GlobalType, InstructionSink, MemArg, MemArgTarget, NameMap, NameSection,
        RefType, Section, TagKind, TagSection, TagType, TypeSection, ValType,
    };
    use wasmparser::{Element, Import};

    use super::*;

    /// What a function does before it ends.
    type Body = for<'a, 'b> fn(&'a mut InstructionSink<'b>) -> &'a mut InstructionSink<'b>;

    /// What a module has beside the usual.
    type Addition = for<'a> fn(&'a mut Whole) -> &'a dyn Section;

    const NOTHING: Body = |body| body;

    const MEMORY: wasm_encoder::MemoryType = wasm_encoder::MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };

    const TABLE: wasm_encoder::TableType = wasm_encoder::TableType {
        element_type: RefType::FUNCREF,
        minimum: 16,
        maximum: None,
        table64: false,
        shared: false,
    };

    const COUNT: GlobalType = GlobalType { val_type: ValType::I32, mutable: true, shared: false };

    /// A module that imports function 0, has the others with their names in their places of the
    /// table, and exports its memory as `a` and function 1 as `c`.
    #[derive(Default)]
    struct Whole {
        functions: Vec<(&'static str, Body)>,
        /// What each function returns.
        results: Vec<ValType>,
        imports: ImportSection,
        tables: TableSection,
        tags: TagSection,
        globals: GlobalSection,
        exports: ExportSection,
        start: Option<u32>,
        elements: ElementSection,
        data: DataSection,
        /// The addresses of the data that move.
        held: BTreeSet<u64>,
    }

    impl Whole {
        fn new(functions: &[(&'static str, Body)]) -> Self {
            let mut whole = Self { functions: functions.to_vec(), ..Self::default() };
            whole.imports.import("./p.js", "ten", EntityType::Function(0));
            whole.tables.table(TABLE);
            whole.globals.global(COUNT, &ConstExpr::i32_const(100));
            whole.exports.export("a", ExportKind::Memory, 0).export("c", ExportKind::Func, 1);
            let numbers: Vec<u32> = (1..).take(functions.len()).collect();
            let numbers = Elements::Functions(numbers.into());
            whole.elements.active(None, &ConstExpr::i32_const(1), numbers);
            whole.data.active(0, &ConstExpr::i32_const(4), 1000_i32.to_le_bytes());
            whole
        }

        fn encode(&self) -> Vec<u8> {
            let mut types = TypeSection::new();
            types.ty().function([], self.results.clone());
            let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
            let (mut names, mut named) = (NameSection::new(), NameMap::new());
            for (number, (name, write)) in (1..).zip(&self.functions) {
                let mut body = Function::new([]);
                write(&mut body.instructions()).end();
                code.function(&body);
                declared.function(0);
                named.append(number, name);
            }
            names.functions(&named);
            let mut memories = MemorySection::new();
            memories.memory(MEMORY);
            let mut module = Encoder::new();
            module.section(&types).section(&self.imports).section(&declared);
            module.section(&self.tables).section(&memories);
            if !self.tags.is_empty() {
                module.section(&self.tags);
            }
            module.section(&self.globals).section(&self.exports);
            if let Some(function_index) = self.start {
                module.section(&StartSection { function_index });
            }
            module.section(&self.elements).section(&DataCountSection { count: self.data.len() });
            module.section(&code).section(&self.data).section(&names);
            module.finish()
        }

        fn split(&self, aside: &[&str]) -> Result<Parts> {
            split(&self.encode(), &aside.iter().map(|name| (*name).to_owned()).collect(), |_| {
                Ok(self.held.clone())
            })
        }

        /// The numbers of the functions that come into the second module.
        fn moved(&self, aside: &[&str]) -> Vec<i32> {
            let Parts { second, .. } = self.split(aside).expect("something can move");
            let places = Surface::of(&second).expect("it is well formed").places;
            places.into_iter().flat_map(|(start, run)| (start..).take(run.len())).collect()
        }
    }

    /// Where a module meets others: kinds and names, and what it puts where in the table.
    #[derive(Default)]
    struct Surface {
        imports: Vec<String>,
        exports: Vec<String>,
        places: Vec<(i32, Vec<u32>)>,
    }

    impl Surface {
        fn of(wasm: &[u8]) -> wasmparser::Result<Self> {
            let mut surface = Self::default();
            for payload in Parser::new(0).parse_all(wasm) {
                match payload? {
                    Payload::ImportSection(imports) => {
                        for import in imports.into_imports() {
                            let Import { module, name, ty } = import?;
                            let ty = format!("{ty:?}");
                            let (kind, _) = ty.split_once('(').expect("it is of some type");
                            surface.imports.push(format!("{kind} {name} of {module}"));
                        }
                    }
                    Payload::ExportSection(exports) => {
                        for export in exports {
                            let Export { name, kind, .. } = export?;
                            surface.exports.push(format!("{kind:?} {name}"));
                        }
                    }
                    Payload::ElementSection(elements) => {
                        for element in elements {
                            let Element { kind, items, .. } = element?;
                            if let ElementKind::Active { offset_expr, .. } = kind
                                && let ElementItems::Functions(run) = items
                                && let Operator::I32Const { value } =
                                    offset_expr.get_operators_reader().read()?
                            {
                                let run = run.into_iter().collect::<wasmparser::Result<_>>()?;
                                surface.places.push((value, run));
                            }
                        }
                    }
                    _ => {}
                }
            }
            Ok(surface)
        }
    }

    #[test]
    fn what_is_aside_moves_and_a_trap_takes_its_place() {
        let whole = Whole::new(&[
            ("main", NOTHING),
            ("views", |body| body.call(0).call(1).call(3).call(4).global_get(0).drop()),
            ("show", NOTHING),
            ("kept", NOTHING),
            ("line", NOTHING),
        ]);
        let parts = whole.split(&["views", "show", "line", "gone"]).expect("they can move");
        let first = Surface::of(&parts.first).expect("it is well formed");
        let second = Surface::of(&parts.second).expect("it is well formed");
        // The imported function and two others, and the one that traps.
        assert_eq!(first.places, [(1, vec![1, 3, 3, 2, 3])]);
        // Three imported functions, and three others.
        assert_eq!(second.places, [(2, vec![3, 4]), (5, vec![5])]);

        assert_eq!(parts.shared, ["b", "d", "e", "f"]);
        assert_eq!(
            first.exports,
            ["Memory a", "Func c", "Table b", "Global d", "Func e", "Func f"]
        );
        let imports = ["Memory a", "Table b", "Global d", "Func e", "Func c", "Func f"];
        assert_eq!(second.imports, imports.map(|import| format!("{import} of p")));
    }

    #[test]
    fn what_the_first_calls_or_exports_or_starts_with_stays_and_what_that_calls() {
        let mut whole = Whole::new(&[
            ("main", |body| body.call(2)),
            ("called", |body| body.call(3)),
            ("called in turn", NOTHING),
            ("exported", |body| body.call(5)),
            ("called by that", NOTHING),
            ("start", NOTHING),
            ("views", |body| body.call(2).call(4).call(6)),
        ]);
        let all: Vec<&str> = whole.functions.iter().map(|(name, _)| *name).skip(1).collect();
        assert_eq!(whole.moved(&all), [4, 5, 6, 7]);
        whole.exports.export("exported", ExportKind::Func, 4);
        assert_eq!(whole.moved(&all), [6, 7]);
        whole.start = Some(6);
        assert_eq!(whole.moved(&all), [7]);
    }

    #[test]
    fn functions_of_one_name_stay() {
        let twin = ("twin", NOTHING);
        let whole = Whole::new(&[("main", NOTHING), twin, ("views", NOTHING), twin]);
        assert_eq!(whole.moved(&["views", "twin"]), [3]);
    }

    #[test]
    fn a_module_of_which_nothing_moves_is_a_failure() {
        let whole = Whole::new(&[("main", NOTHING), ("views", NOTHING)]);
        let sentence = |aside: &str| whole.split(&[aside]).expect_err("it stays").to_string();
        assert!(sentence("gone").starts_with("none of what the page could do without at first"));
        assert_eq!(sentence("main"), sentence("gone"));
        assert!(split(b"<!DOCTYPE html>", &BTreeSet::new(), |_| Ok(BTreeSet::new())).is_err());
    }

    #[test]
    fn what_the_two_cannot_share_is_a_failure_that_names_it() {
        const MAIN: Elements<'_> = Elements::Functions(Cow::Borrowed(&[1]));
        let ensure = |what: &str, add: Addition| {
            let mut whole = Whole::new(&[("main", NOTHING), ("views", NOTHING)]);
            add(&mut whole);
            let sentence = whole.split(&["views"]).expect_err(what).to_string();
            assert!(sentence.contains(&format!(" has {what}, which packing cannot")), "{sentence}");
        };
        ensure("an import that is no function", |of| of.imports.import("p", "memory", MEMORY));
        ensure("a table that is not empty at first", |of| {
            of.tables.table_with_init(TABLE, &ConstExpr::ref_func(1))
        });
        ensure("a tag", |of| of.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 0 }));
        ensure("a global that begins as a function", |of| {
            let held = GlobalType { val_type: ValType::FUNCREF, ..COUNT };
            of.globals.global(held, &ConstExpr::ref_func(1))
        });
        ensure("an element segment that is not active", |of| of.elements.passive(MAIN));
        ensure("an element segment at a computed place", |of| {
            let place = ConstExpr::i32_const(8).with_i32_const(1).with_i32_add();
            of.elements.active(None, &place, MAIN)
        });
        ensure("an element segment of another form", |of| {
            let main = [ConstExpr::ref_func(1)];
            let main = Elements::Expressions(RefType::FUNCREF, main.as_slice().into());
            of.elements.active(None, &ConstExpr::i32_const(8), main)
        });
        ensure("a data segment that is not active", |of| of.data.passive(*b"text"));
    }

    /// Prints what comes of calling the first module, and place 2 of its table, and what is in the memory
    /// from address 4 on, before the second is there; then what the first returns, twice, and the memory
    /// again.
    const RUN: &str = r#"
const modules = process.argv.slice(1).map((hex) => new WebAssembly.Module(Buffer.from(hex, "hex")));
const p = new WebAssembly.Instance(modules[0], { "./p.js": { ten: () => 10 } }).exports;
const attempt = (call) => { try { return call(); } catch (error) { return error.name; } };
const memory = () => Buffer.from(p.a.buffer, 4, 9).toString("hex");
console.log(attempt(p.c), attempt(p.b.get(2)), memory());
new WebAssembly.Instance(modules[1], { p });
console.log(p.c(), p.c(), memory());
"#;

    #[test]
    fn the_first_reaches_the_second_as_soon_as_it_is_there() {
        const AT: MemArg =
            MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
        let mut whole = Whole::new(&[
            // What place 2 of the table returns, and the global.
            ("main", |body| body.i32_const(2).call_indirect(0, 0).global_get(0).i32_add()),
            // 5 at address 0, for `kept`; what that returns, and `show`.
            ("views", |body| {
                body.i32_const(0).i32_const(5).i32_store(AT).call(4).call(3).i32_add()
            }),
            // The global, after counting it up, and the data.
            ("show", |body| {
                body.global_get(0).i32_const(1).i32_add().global_set(0);
                body.global_get(0).i32_const(4).i32_load(AT).i32_add()
            }),
            // What is at address 0, and ten. The data that is dropped is in the memory by now.
            ("kept", |body| body.data_drop(0).i32_const(0).i32_load(AT).call(0).i32_add()),
        ]);
        whole.results.push(ValType::I32);
        whole.data.active(0, &ConstExpr::i32_const(8), *b"\x11\x22\x33\x44\x55");
        whole.held = [6, 7, 8, 10, 11].into();
        let Parts { first, second, .. } = whole.split(&["views", "show"]).expect("they can move");
        let hex = |wasm: Vec<u8>| wasm.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut node = Command::new("node");
        node.args(["--eval", RUN]).args([first, second].map(hex));
        let run = node.output().expect("packing needs node, too");
        // First 5 + 10 + 1000 + 101 + 101.
        let printed = String::from_utf8_lossy(&run.stdout);
        // What the second holds comes with it: of 1000, as little as it is, two bytes, and three others.
        let expected = "RuntimeError RuntimeError e80300000022000055\n\
                        1217 1219 e80300001122334455\n";
        assert_eq!(printed, expected, "{}", String::from_utf8_lossy(&run.stderr));
    }
}
