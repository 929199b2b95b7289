//! How Trunk is called, and the configuration that `cargo xtask serve` gives it.
//!
//! Trunk takes a proxy's address from its configuration file alone, so other ports need another
//! file. It is derived from Trunk.toml and kept under `target/`; Trunk takes the folder of its
//! configuration for the project's, hence the absolute paths.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use toml::{Table, Value};

use crate::{
    failure::{Failure, Result},
    project::Project,
    terminal,
    tools::{Tools, path_with},
};

/// `trunk` with what every call needs. `extra` holds further tools (wasm-opt).
pub(crate) fn command(project: &Project, tools: &Tools, extra: Option<&Path>) -> Result<Command> {
    let folders: Vec<&Path> = tools.wasm_bindgen.parent().into_iter().chain(extra).collect();
    let mut command = project.command(&tools.trunk);
    command.arg("--skip-version-check").env("PATH", path_with(&folders)?);
    // Trunk takes only `true` and `false` here, where the whole world writes 1.
    command.env_remove("NO_COLOR");
    // A page that does not compile is no defect of Trunk: its stack buries the compiler's words.
    command.env("RUST_BACKTRACE", "0");
    command.arg(if terminal::colours() { "--color=always" } else { "--color=never" });
    Ok(command)
}

/// Where the page is served from, and where it finds the gateway.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Trunk's own.
    pub(crate) page: u16,
    /// The gateway's.
    pub(crate) gateway: u16,
}

/// Writes the configuration for `ports` and says where it is.
pub(crate) fn write_configuration(project: &Project, ports: Ports) -> Result<PathBuf> {
    let folder = project.target.join("xtask");
    let derived = derive(&project.read("Trunk.toml")?, project, &folder.join("page"), ports)?;
    // An older page would answer as if it were the one that is being built.
    let _ = fs::remove_dir_all(folder.join("page"));
    let file = folder.join("Trunk.toml");
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, derived)).map_err(|error| {
        Failure::new(format!("cannot write {}: {error}; make room for it", file.display()))
    })?;
    Ok(file)
}

/// Trunk.toml with other ports, its output in `dist`, and every path absolute.
fn derive(text: &str, project: &Project, dist: &Path, ports: Ports) -> Result<String> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
        Failure::new(format!("Trunk.toml: {}", error.message()))
    })?;

    let build = section(&mut table, "build")?;
    let page = build.get("target").and_then(Value::as_str).unwrap_or("index.html");
    let page = text_of(&project.root.join(page));
    build.insert("target".into(), page);
    build.insert("dist".into(), text_of(dist));
    build.insert("offline".into(), true.into());

    let watch = section(&mut table, "watch")?;
    for (name, always) in [("watch", None), ("ignore", Some(&project.target))] {
        if let Some(Value::Array(paths)) = watch.get_mut(name) {
            // Trunk refuses to start when one of them does not exist.
            let listed = paths.iter().filter_map(Value::as_str).map(|path| project.root.join(path));
            let listed = listed.filter(|path| path.exists());
            *paths = listed.chain(always.cloned()).map(|path| text_of(&path)).collect();
        }
    }

    let serve = section(&mut table, "serve")?;
    serve.insert("addresses".into(), Value::Array(vec!["127.0.0.1".into()]));
    serve.insert("port".into(), i64::from(ports.page).into());

    let proxies = table.get_mut("proxy").and_then(Value::as_array_mut).into_iter().flatten();
    for backend in proxies.filter_map(|proxy| proxy.get_mut("backend")) {
        let address = backend.as_str().and_then(|address| with_port(address, ports.gateway));
        *backend = address.map(Value::String).ok_or_else(|| {
            Failure::new(format!("Trunk.toml: the proxy's backend {backend} is no address"))
        })?;
    }
    toml::to_string(&table).map_err(|error| Failure::new(format!("Trunk.toml: {error}")))
}

fn section<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Table> {
    table
        .entry(name)
        .or_insert_with(|| Value::Table(Table::new()))
        .as_table_mut()
        .ok_or_else(|| Failure::new(format!("Trunk.toml: {name} is no table")))
}

fn text_of(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// `scheme://host:port/path` with another port.
fn with_port(address: &str, port: u16) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    Some(format!("{scheme}://{host}:{port}{path}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use toml::Table;

    use super::{Ports, Project, derive, text_of, with_port};

    /// The checkout's top folder, since only paths that exist are carried over.
    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it has one").to_path_buf()
    }

    fn derived(text: &str) -> Table {
        let project = Project { root: root(), target: PathBuf::from("/here/target") };
        let ports = Ports { page: 9080, gateway: 9000 };
        let derived = derive(text, &project, Path::new("/here/target/xtask/page"), ports);
        derived.expect("it is well formed").parse().expect("what we write is TOML")
    }

    #[test]
    fn the_project_s_own_file_is_carried_over_with_other_ports() {
        let table = derived(include_str!("../../Trunk.toml"));
        assert_eq!(table["serve"]["port"].as_integer(), Some(9080));
        assert_eq!(table["build"]["target"].as_str(), root().join("index.html").to_str());
        assert_eq!(table["build"]["dist"].as_str(), Some("/here/target/xtask/page"));
        assert_eq!(table["build"]["locked"].as_bool(), Some(true));
        assert_eq!(table["build"]["offline"].as_bool(), Some(true));
        let proxies = table["proxy"].as_array().expect("a list");
        let backends: Vec<_> = proxies.iter().map(|proxy| proxy["backend"].as_str()).collect();
        assert_eq!(backends, [Some("ws://127.0.0.1:9000/ws"), Some("http://127.0.0.1:9000/api")]);
        let headers = &proxies[0]["request_headers"];
        assert_eq!(headers["sec-websocket-extensions"].as_str(), Some(""));
        let ignored = table["watch"]["ignore"].as_array().expect("a list");
        assert!(ignored.contains(&text_of(&root().join("xtask"))), "{ignored:?}");
        assert!(ignored.contains(&"/here/target".into()), "{ignored:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_ignored() {
        let table = derived("[watch]\nignore = [\"no-such-folder\", \"xtask\"]\n");
        let ignored = table["watch"]["ignore"].as_array().expect("a list");
        assert_eq!(*ignored, [text_of(&root().join("xtask")), "/here/target".into()]);
    }

    #[test]
    fn a_file_that_says_little_is_enough() {
        let table = derived("[build]\ntarget = \"page/other.html\"\n");
        assert_eq!(table["build"]["target"].as_str(), root().join("page/other.html").to_str());
        assert_eq!(table["serve"]["port"].as_integer(), Some(9080));
        assert!(table.get("proxy").is_none());
    }

    #[test]
    fn only_the_port_of_an_address_changes() {
        assert_eq!(with_port("ws://h:1/ws", 2).as_deref(), Some("ws://h:2/ws"));
        assert_eq!(with_port("http://h", 2).as_deref(), Some("http://h:2"));
        assert_eq!(with_port("http://h/a:b", 2).as_deref(), Some("http://h:2/a:b"));
        assert_eq!(with_port("nonsense", 2), None);
    }
}
