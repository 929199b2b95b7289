//! The tables of `tests/README.md` name every behaviour and check, and tests that there are.

use std::{collections::BTreeSet, fs};

/// The behaviours that have a number.
const NUMBERS: [u32; 65] = [
    1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30,
    31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 44, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 57, 58, 60,
    61, 62, 63, 65, 66, 68, 70, 71, 72, 73, 75, 76, 77, 78, 80, 81,
];

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The checks of the view that are held.
const CHECKS: [u32; 21] =
    [1, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 17, 20, 21, 22, 24, 25, 26, 28, 29, 36];

/// Holds the rows of a table, of which `head` is the head, against the files that they name; the
/// numbers in it.
fn check(head: &str) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    let text = read("tests/README.md");
    let (_, table) = text.split_once(head).unwrap_or_else(|| panic!("there is no {head}"));
    for row in table.lines().skip(2).take_while(|row| row.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, number, _, file, tests, _] = cells[..] else { panic!("no row: {row}") };
        numbers.insert(number.parse().unwrap_or_else(|_| panic!("no number: {row}")));
        let file = file.trim_matches('`');
        let source = read(file);
        // Names of tests in JavaScript are sentences, and may have commas.
        for test in tests.split('`').skip(1).step_by(2) {
            let declarations = if file.ends_with(".rs") {
                vec![format!("fn {test}(")]
            } else {
                vec![format!("test('{test}'"), format!("test(`{test}`")]
            };
            let is_there = declarations.iter().any(|it| source.contains(it));
            assert!(is_there, "{number}: {file} has none of {declarations:?}");
        }
    }
    numbers
}

#[test]
fn the_tables_are_complete_and_name_what_there_is() {
    assert_eq!(check("| number | what it says | file | tests |"), BTreeSet::from(NUMBERS));
    assert_eq!(check("| check | what it says | file | tests |"), BTreeSet::from(CHECKS));
}
