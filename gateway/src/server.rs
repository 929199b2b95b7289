//! The server: an application on a listener, from the start to an orderly end.
//!
//! It does not know what makes it stop.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::serve::ListenerExt;
use tokio::{
    net::TcpListener,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{self, App},
    config::Config,
};

/// How often it is looked for sessions to end or to forget.
const SWEEP_PERIOD: Duration = Duration::from_secs(1);

/// An application and the listener that it is to be served on.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Opens the listener.
    ///
    /// # Errors
    ///
    /// Why the server cannot start and what to do, in one sentence.
    pub async fn bind(config: Config) -> Result<Self, String> {
        let wanted = config.listen;
        let app = Arc::new(App::new(config)?);
        let listener = TcpListener::bind(wanted).await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {} of {} is in use; choose another with --listen {}:PORT (0 takes any free one)",
                wanted.port(),
                wanted.ip(),
                wanted.ip(),
            ),
            _ => format!("cannot listen on {wanted} (--listen): {error}"),
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        Ok(Self { app, listener, address })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves until `stop` is ready; then ends the sessions, the agents and the sockets, and
    /// returns when all of them are gone.
    ///
    /// # Errors
    ///
    /// Those of the listener.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let app = self.app;
        // Events are small and should be seen at once.
        let listener = self.listener.tap_io(|stream| {
            // Without it they only come later.
            let _ = stream.set_nodelay(true);
        });
        let serve = axum::serve(listener, app::router(Arc::clone(&app)))
            .with_graceful_shutdown(app.closing.clone().cancelled_owned());
        let served = async {
            tokio::select! {
                outcome = serve.into_future() => outcome,
                // A request that does not come to its end is dropped.
                () = passed(&app.closing, app.config.closing) => Ok(()),
            }
        };
        let stopped = async {
            stop.await;
            app.registry.stop();
            app.runs.close();
            app.runs.wait().await;
            app.closing.cancel();
            app.followers.close();
            app.followers.wait().await;
        };
        tokio::select! {
            (outcome, ()) = async { tokio::join!(served, stopped) } => outcome,
            never = sweep(&app) => match never {},
        }
    }
}

/// Ready when `time` has passed since `token` was cancelled.
async fn passed(token: &CancellationToken, time: Duration) {
    token.cancelled().await;
    sleep(time).await;
}

async fn sweep(app: &App) -> Infallible {
    let mut interval = interval(SWEEP_PERIOD);
    loop {
        interval.tick().await;
        app.registry.sweep(Instant::now());
    }
}
