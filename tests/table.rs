//! The table of `tests/README.md` names every behaviour, and tests that there are.

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

#[test]
fn the_table_is_complete_and_names_what_there_is() {
    let mut numbers = BTreeSet::new();
    for row in read("tests/README.md").lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, number, _, file, tests, _] = cells[..] else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        numbers.insert(number);
        let source = read(file.trim_matches('`'));
        for test in tests.split(", ").filter_map(|test| test.strip_prefix('`')) {
            let signature = format!("fn {}(", test.trim_end_matches('`'));
            assert!(source.contains(&signature), "{number}: {file} has no {signature})");
        }
    }
    assert_eq!(numbers, BTreeSet::from(NUMBERS));
}
