//! The proof that the core knows no browser: no browser crate in its tree.

use crate::{
    failure::{Failure, Result},
    process,
    project::Project,
    terminal,
};

/// The crates that only a browser has a use for, by the beginnings of their names.
const BROWSER_CRATES: [&str; 5] = ["gloo-", "js-sys", "leptos", "wasm-bindgen", "web-sys"];

/// Fails when the root package without its features depends on a browser crate, on any target.
pub(crate) fn check(project: &Project) -> Result {
    let mut tree = project.cargo(&[
        "tree",
        "--package=agent-activity",
        "--no-default-features",
        "--edges=normal",
        "--target=all",
        "--prefix=none",
        "--format={p}",
    ]);
    let tree = process::output(&mut tree).ok_or_else(|| {
        Failure::new("`cargo tree --no-default-features` fails; run it to see why")
    })?;
    let found = browser_crates(&tree);
    if found.is_empty() {
        let count = tree.lines().filter(|line| !line.is_empty()).count();
        terminal::say(&format!("no browser crate among the {count} crates of the core's tree"));
        return Ok(());
    }
    Err(Failure::new(format!(
        "the core's tree holds {}; make what brings them optional, under the feature `ui`",
        found.join(", ")
    )))
}

/// The browser crates in a tree of one crate a line.
fn browser_crates(tree: &str) -> Vec<&str> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| BROWSER_CRATES.iter().any(|browser| name.starts_with(browser)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::browser_crates;

    #[test]
    fn a_browser_crate_is_found_once_wherever_it_stands() {
        let tree = "agent-activity v0.1.0 (/here)\nserde v1.0.229\nweb-sys v0.3.106\n\
                    gloo-timers v0.4.0\nweb-sys v0.3.106 (*)\nwasm-bindgen-futures v0.4.79\n";
        assert_eq!(browser_crates(tree), ["gloo-timers", "wasm-bindgen-futures", "web-sys"]);
    }

    #[test]
    fn a_tree_without_one_is_pure() {
        let tree = "agent-activity v0.1.0 (/web-sys)\nserde v1.0.229\nitoa v1.0.15\n";
        assert!(browser_crates(tree).is_empty());
    }
}
