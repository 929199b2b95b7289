//! `cargo xtask serve`: the gateway and the page, up together and down together.

use std::{
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    build, descendants,
    failure::{Failure, Result},
    node, ports,
    process::{self, POLL_INTERVAL, Reach},
    project::Project,
    service::Service,
    stop::Stop,
    terminal,
    tools::Tools,
    trunk::{self, Ports},
};

/// How long the gateway, which is built by then, may take to answer.
const GATEWAY_UP_WITHIN: Duration = Duration::from_secs(30);

/// How long Trunk may build without a word before we give up on it; linking a release is silent.
const BUILD_SILENCE_MAX: Duration = Duration::from_secs(15 * 60);

/// What `serve` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to serve the page
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Where the gateway listens
    #[arg(long, default_value_t = 8000, value_parser = clap::value_parser!(u16).range(1..))]
    gateway_port: u16,
    /// Build both with optimisation
    #[arg(long)]
    release: bool,
}

/// Builds, starts, says where, and stays until Ctrl-C or the death of either.
pub(crate) fn serve(project: &Project, options: &Options, stop: &Stop) -> Result {
    match serve_until_stopped(project, options, stop) {
        Err(Failure::Signal(signal_hook::consts::SIGINT)) => {
            terminal::say("stopped; nothing is left running");
            Ok(())
        }
        outcome => outcome,
    }
}

fn serve_until_stopped(project: &Project, options: &Options, stop: &Stop) -> Result {
    let ports = Ports { page: options.port, gateway: options.gateway_port };
    ports::ensure_free(&[("--port", ports.page), ("--gateway-port", ports.gateway)])?;
    build::ensure_page_source(project)?;
    let tools = Tools::ensure(project, stop)?;
    let shrinker = if options.release { Some(node::ensure(project, stop)?) } else { None };
    build::fetch(project, stop)?;
    build::gateway(project, options.release, stop)?;

    let mut services = Vec::new();
    let outcome = start(project, options, ports, &tools, shrinker.as_deref(), &mut services, stop)
        .and_then(|()| watch(&mut services, stop));
    if outcome.is_err() {
        stop.take();
        terminal::say("ending what was started");
    }
    let mut groups: Vec<_> = services.iter_mut().map(Service::group).collect();
    process::end(&mut groups, Reach::Everything, stop);
    outcome
}

/// Starts both services and waits until both answer.
fn start(
    project: &Project,
    options: &Options,
    ports: Ports,
    tools: &Tools,
    shrinker: Option<&Path>,
    services: &mut Vec<Service>,
    stop: &Stop,
) -> Result {
    let mut gateway = gateway_command(project, options);
    services.push(Service::start("gateway", ports.gateway, &mut gateway)?);
    let started = Instant::now();
    while services[0].answer("/healthz").is_none() {
        look(services, stop)?;
        if started.elapsed() > GATEWAY_UP_WITHIN {
            return Err(Failure::new(format!(
                "the gateway does not answer on port {} after {} seconds; its lines above may say \
                 why",
                ports.gateway,
                GATEWAY_UP_WITHIN.as_secs()
            )));
        }
    }

    let configuration = trunk::write_configuration(project, ports)?;
    let mut page = trunk::command(project, tools, shrinker)?;
    page.arg("serve").arg("--config").arg(configuration);
    if options.release {
        page.arg("--release");
    }
    if terminal::colours() {
        page.env("CARGO_TERM_COLOR", "always");
    }
    terminal::say("building the page; the first time this takes two to three minutes");
    services.push(Service::start("trunk", ports.page, &mut page)?);
    let mut told = false;
    loop {
        look(services, stop)?;
        match services[1].answer("/") {
            Some(200) => break,
            // Trunk serves after the first build whether or not there is something to serve.
            Some(_) if !told => {
                terminal::say("the page does not build yet: correct what is said above, and save");
                told = true;
            }
            Some(_) => {}
            None if services[1].silence() > BUILD_SILENCE_MAX => {
                return Err(Failure::new(format!(
                    "trunk has said nothing for {} minutes and does not answer on port {}; try \
                     `cargo xtask build` to see where it hangs",
                    BUILD_SILENCE_MAX.as_secs() / 60,
                    ports.page
                )));
            }
            None => {}
        }
    }
    terminal::say(&format!("\nopen http://127.0.0.1:{}/ (Ctrl-C ends it)\n", ports.page));
    Ok(())
}

fn gateway_command(project: &Project, options: &Options) -> Command {
    let profile = if options.release { "release" } else { "debug" };
    let mut command = project.command(project.built(profile, build::GATEWAY));
    command.args(["serve", "--listen", &format!("127.0.0.1:{}", options.gateway_port)]);
    command.args(["--workflows", "workflows"]);
    command
}

/// Stays until a service dies or a signal comes, which is always an error.
fn watch(services: &mut [Service], stop: &Stop) -> Result {
    loop {
        look(services, stop)?;
    }
}

/// Waits a moment; an error when a signal came or a service has died.
fn look(services: &mut [Service], stop: &Stop) -> Result {
    thread::sleep(POLL_INTERVAL);
    stop.check()?;
    let own: Vec<_> = services.iter_mut().map(|service| service.group().id()).collect();
    descendants::reap_adopted(&own);
    services.iter_mut().try_for_each(Service::check)
}
