//! The simulator runs here as it does natively.

use agent_activity_sim::golden::{GOLDEN, golden};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_seed_gives_the_same_run_as_on_any_other_target() {
    assert_eq!(golden(), GOLDEN);
}
