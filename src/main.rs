//! The page: mounts the component, and says so when it crashes.

use agent_activity::ui::App;
use leptos::prelude::*;

fn main() {
    std::panic::set_hook(Box::new(|panic| agent_activity::web::mark_crashed(&panic.to_string())));
    let Some(root) = agent_activity::web::take_root("app") else { return };
    mount_to(root, App).forget();
}
