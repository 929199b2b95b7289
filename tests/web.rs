//! The driver and the views in a browser, which has no server but the test itself.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

/// In the folder of the same name.
pub mod web {
    pub mod ag_ui;
    pub mod arrivals;
    mod browser;
    pub mod composer;
    pub mod csp;
    pub mod deferred;
    mod driven;
    pub mod driver;
    pub mod follow;
    pub mod gathered;
    mod hidden;
    pub mod leaks;
    pub mod lifecycle;
    pub mod log;
    pub mod notify;
    pub mod outbound;
    pub mod page;
    pub mod permalink;
    pub mod replay;
    pub mod rich;
    pub mod rows;
    pub mod sharing;
    pub mod sim;
    pub mod timeline;
    pub mod token;
    pub mod tools;
}
