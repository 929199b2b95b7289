//! A gateway to test, and the two kinds of client that it has.

use std::{collections::VecDeque, fs, net::SocketAddr, time::Duration};

use agent_gateway::{
    Server,
    config::{Cli, Command},
};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use nix::{errno::Errno, sys::signal::killpg, unistd::Pid};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes. A test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what must come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it comes in time")
}

/// A gateway in this process, with a folder of its own for workflows.
pub(crate) struct Gateway {
    pub(crate) client: Client,
    pub(crate) folder: TempDir,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

impl Gateway {
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().to_str().expect("a plain path");
        let line = ["agent-gateway", "serve", "--listen", "127.0.0.1:0", "--workflows", path];
        let cli = Cli::try_parse_from(line.iter().chain(flags)).expect("good flags");
        let Command::Serve(config) = cli.command;
        let server = Server::bind(config).await.expect("a free port");
        let client = Client(server.address());
        let stop = CancellationToken::new();
        let server = tokio::spawn(server.run(stop.clone().cancelled_owned()));
        Self { client, folder, stop, server }
    }

    pub(crate) fn write_workflow(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name).with_extension("toml");
        fs::write(path, text).expect("a file in a temporary folder");
    }

    /// A session in which a workflow of one phase runs `script` in a shell.
    pub(crate) async fn run_script(&self, script: &str) -> Follower {
        self.run_phase(&format!("command = ['sh', '-c', {}]", json!(script))).await
    }

    /// A session in which a workflow of one phase with these keys runs.
    pub(crate) async fn run_phase(&self, keys: &str) -> Follower {
        self.run(&format!("[[phase]]\nid = 'work'\nagent = 'worker'\n{keys}\n")).await
    }

    /// A session in which a workflow runs.
    pub(crate) async fn run(&self, text: &str) -> Follower {
        self.write_workflow("test", text);
        let id = self.client.create().await;
        let (status, body) = self.client.start(&id, "test").await;
        assert_eq!(status, 200, "{body}");
        self.client.follow(&id).await
    }

    /// Stops the gateway and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        soon(self.server).await.expect("no panic").expect("no error of the listener");
    }
}

/// Whoever talks to the gateway at an address.
#[derive(Clone, Copy)]
pub(crate) struct Client(pub(crate) SocketAddr);

impl Client {
    /// Sends a request; `head` is its first line and further headers. Returns the status and all
    /// that came back.
    pub(crate) async fn raw(&self, head: &str, body: &str) -> (u16, String) {
        let host =
            if head.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.0) };
        let request = format!(
            "{head}\r\n{host}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let exchange = async {
            let mut stream = TcpStream::connect(self.0).await?;
            let (mut reader, mut writer) = stream.split();
            let mut response = Vec::new();
            let (sent, read) = tokio::join!(
                writer.write_all(request.as_bytes()),
                reader.read_to_end(&mut response)
            );
            sent.and(read).map(|_| String::from_utf8_lossy(&response).into_owned())
        };
        let response = soon(exchange).await.expect("an answer");
        let status = response.split(' ').nth(1).and_then(|word| word.parse().ok());
        (status.expect("a status"), response)
    }

    async fn json(&self, head: &str, body: &str) -> (u16, Value) {
        let (status, response) = self.raw(head, body).await;
        let (_, body) = response.split_once("\r\n\r\n").expect("a body");
        (status, serde_json::from_str(body).expect("JSON"))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.json(&format!("GET {path} HTTP/1.1"), "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.json(&format!("POST {path} HTTP/1.1"), body).await
    }

    /// Makes a session and returns its id.
    pub(crate) async fn create(&self) -> String {
        let (status, body) = self.post("/api/sessions", "").await;
        assert_eq!(status, 201, "{body}");
        body["sessionId"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn start(&self, id: &str, workflow: &str) -> (u16, Value) {
        let body = json!({"workflow": workflow}).to_string();
        self.post(&format!("/api/sessions/{id}/start"), &body).await
    }

    pub(crate) async fn publish(&self, id: &str, lines: &str) -> (u16, Value) {
        self.post(&format!("/api/sessions/{id}/events"), lines).await
    }

    /// Publishes `count` logs whose messages are their numbers, from `first`.
    pub(crate) async fn publish_logs(&self, id: &str, first: u64, count: u64) {
        let log = |number: u64| json!({"type":"log", "message":number.to_string()}).to_string();
        let lines: Vec<_> = (first..first + count).map(log).collect();
        let (status, body) = self.publish(id, &lines.join("\n")).await;
        assert_eq!((status, body["accepted"].as_u64()), (200, Some(count)), "{body}");
    }

    /// Publishes the end of a session.
    pub(crate) async fn complete(&self, id: &str) {
        let (status, body) = self.publish(id, r#"{"type":"complete"}"#).await;
        assert_eq!(status, 200, "{body}");
    }

    pub(crate) async fn follow(&self, id_and_query: &str) -> Follower {
        self.upgrade(id_and_query, &[]).await.expect("an upgrade")
    }

    /// Follows over a connection that takes little while nobody reads from it.
    pub(crate) async fn follow_with_small_buffer(&self, id: &str) -> Follower {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        self.upgrade_on(socket, id, &[]).await.expect("an upgrade")
    }

    /// Asks for a socket, with further headers.
    pub(crate) async fn upgrade(
        &self,
        id_and_query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Follower, Error> {
        self.upgrade_on(TcpSocket::new_v4().expect("a socket"), id_and_query, headers).await
    }

    async fn upgrade_on(
        &self,
        socket: TcpSocket,
        id_and_query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Follower, Error> {
        let stream = soon(socket.connect(self.0)).await.expect("a connection");
        let url = format!("ws://{}/ws/strategy/progress/{id_and_query}", self.0);
        let mut request = url.into_client_request().expect("a good URL");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a good header"));
        }
        let (socket, _) = soon(client_async(request, stream)).await?;
        Ok(Follower { socket, received: VecDeque::new() })
    }
}

/// A socket that follows a session.
pub(crate) struct Follower {
    socket: WebSocketStream<TcpStream>,
    received: VecDeque<Value>,
}

impl Follower {
    /// The next message, or the code of the close.
    pub(crate) async fn next_or_close(&mut self) -> Result<Value, u16> {
        loop {
            if let Some(message) = self.received.pop_front() {
                return Ok(message);
            }
            match soon(self.socket.next()).await.expect("a close before the end").expect("a frame")
            {
                Message::Text(text) => match serde_json::from_str(&text).expect("JSON") {
                    Value::Array(messages) => self.received.extend(messages),
                    message => self.received.push_back(message),
                },
                Message::Close(frame) => return Err(frame.expect("a code").code.into()),
                other => panic!("not text: {other:?}"),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        self.next_or_close().await.expect("a message and no close")
    }

    /// Reads up to the first message of this type, which it returns.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Reads to the close, and returns the messages before it and its code.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, u16) {
        let mut messages = Vec::new();
        loop {
            match self.next_or_close().await {
                Ok(message) => messages.push(message),
                Err(code) => return (messages, code),
            }
        }
    }

    /// The events of the session from here to its end, in which every number must stand.
    pub(crate) async fn events(&mut self) -> Vec<Value> {
        let (events, code) = self.events_and_code().await;
        assert_eq!(code, 1000);
        let first = events.first().map_or(0, seq);
        assert!(events.iter().map(seq).eq(first..first + events.len() as u64));
        events
    }

    /// The events from here to the close, and its code.
    pub(crate) async fn events_and_code(&mut self) -> (Vec<Value>, u16) {
        let (mut messages, code) = self.rest().await;
        messages.retain(|message| message["seq"].is_u64());
        (messages, code)
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon(self.socket.send(message)).await.expect("an open socket");
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }
}

pub(crate) fn seq(event: &Value) -> u64 {
    event["seq"].as_u64().expect("a number")
}

/// What a value says at `key`; empty when it says nothing there.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The types of some messages.
pub(crate) fn kinds(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| text(message, "type")).collect()
}

/// The process group whose leader printed `$$` in the log line `event`.
pub(crate) fn printed_group(event: &Value) -> Pid {
    Pid::from_raw(text(event, "message").parse().expect("a process id"))
}

/// Waits until no process of the group is left. The last ones may have to be collected by the
/// system's first process, which takes its time.
pub(crate) async fn gone(group: Pid) {
    soon(async {
        while killpg(group, None) != Err(Errno::ESRCH) {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
