//! The command line of agent-gateway.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use agent_gateway::{
    Server,
    config::{Cli, Command, Config},
};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command: Command::Serve(config) } = Cli::parse();
    match serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let server = Server::bind(config).await?;
    report_mistakes(&server);
    // Whoever started the gateway may have closed our stdout, and the page works all the same.
    let _ = writeln!(io::stdout(), "listening on http://{}", server.address());
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        report("stopping");
    };
    server.run(stop).await.map_err(|error| error.to_string())
}

/// Says what is wrong with the files to serve, none of which keeps the gateway from serving.
fn report_mistakes(server: &Server) {
    let page = server.app().config.page.as_deref();
    if let Some(page) = page.filter(|page| !page.join("index.html").is_file()) {
        let page = page.display();
        report(&format!("no page: {page} has no index.html; `trunk build` makes one"));
    }
    let library = &server.app().library;
    match library.read() {
        Ok(files) => {
            for mistake in files.into_iter().filter_map(|file| file.workflow.err()) {
                report(&mistake);
            }
        }
        Err(error) => {
            let folder = library.folder().display();
            report(&format!("no workflows: {folder} cannot be read: {error}"));
        }
    }
}

/// Says something to whoever started the gateway, if they still listen.
fn report(message: &str) {
    let _ = writeln!(io::stderr(), "agent-gateway: {message}");
}
