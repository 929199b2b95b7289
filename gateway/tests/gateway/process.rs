//! The program as a whole: what it prints, how it stops, and what it leaves behind.

use std::{
    fs,
    net::TcpListener,
    process::{Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::support::{Client, Follower, gone, kinds, printed_group, soon};

struct Program {
    child: Child,
    client: Client,
    folder: TempDir,
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-gateway"));
    command.args(["serve", "--workflows"]).arg(folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Program {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = command(&folder);
        command.env("AGENT_GATEWAY_LISTEN", "127.0.0.1:0").env("AGENT_GATEWAY_CLOSING", "1");
        let mut child = command.spawn().expect("the program");
        let mut lines = BufReader::new(child.stdout.as_mut().expect("a pipe")).lines();
        let line = soon(lines.next_line()).await.expect("a pipe").expect("a line");
        let address = line.strip_prefix("listening on http://").expect("where it listens");
        let client = Client(address.parse().expect("an address"));
        Self { child, client, folder }
    }

    async fn run(&self, script: &str) -> Follower {
        let text = format!("[[phase]]\nid = 'a'\ncommand = ['sh', '-c', '{script}']");
        fs::write(self.folder.path().join("test.toml"), text).expect("a file");
        let id = self.client.create().await;
        assert_eq!(self.client.start(&id, "test").await.0, 200);
        self.client.follow(&id).await
    }

    /// How many pipes it has open.
    fn open_pipes(&self) -> usize {
        let id = self.child.id().expect("a running program");
        let files = fs::read_dir(format!("/proc/{id}/fd")).expect("the system tells").flatten();
        let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("pipe:")).count()
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().expect("a running program");
        kill(Pid::from_raw(i32::try_from(id).expect("a process id")), signal).expect("a signal");
    }
}

async fn fail(mut command: Command) -> Output {
    let output = soon(command.output()).await.expect("the program");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    output
}

async fn check_stop(signal: Signal) {
    let mut program = Program::start().await;
    let mut follower = program.run("sleep 1000 & echo $$; wait").await;
    let group = printed_group(&follower.until("log").await);
    program.signal(signal);
    let (events, code) = follower.events_and_code().await;
    assert_eq!((kinds(&events), code), (vec!["cancelled"], 1001));
    let status = soon(program.child.wait()).await.expect("an exit");
    assert_eq!(status.code(), Some(0));
    gone(group).await;
}

#[tokio::test]
async fn a_request_to_terminate_ends_agents_and_sockets_and_then_the_program() {
    check_stop(Signal::SIGTERM).await;
}

#[tokio::test]
async fn an_interrupt_does_the_same() {
    check_stop(Signal::SIGINT).await;
}

#[tokio::test]
async fn the_program_stops_though_a_publisher_is_still_sending() {
    let mut program = Program::start().await;
    let id = program.client.create().await;
    let mut follower = program.client.follow(&id).await;
    let mut publisher = soon(TcpStream::connect(program.client.0)).await.expect("a connection");
    let head = format!(
        "POST /api/sessions/{id}/events HTTP/1.1\r\nHost: localhost\r\n\
         Content-Length: 1000000\r\n\r\n{{\"type\":\"log\"}}\n"
    );
    publisher.write_all(head.as_bytes()).await.expect("an open connection");
    follower.until("log").await;
    program.signal(Signal::SIGTERM);
    assert_eq!(follower.rest().await.1, 1001);
    assert_eq!(soon(program.child.wait()).await.expect("an exit").code(), Some(0));
}

#[tokio::test]
async fn agents_do_not_see_the_variables_of_the_gateway() {
    let program = Program::start().await;
    let mut follower = program.run("env | grep -c ^AGENT_GATEWAY_; env | grep -c ^PATH=").await;
    assert_eq!(follower.until("log").await["message"], "0");
    assert_eq!(follower.until("log").await["message"], "1");
}

#[tokio::test]
async fn a_run_that_was_sent_messages_leaves_no_pipe_open() {
    let program = Program::start().await;
    let before = program.open_pipes();
    for _ in 0..2 {
        let mut follower = program.run("sleep 1000 & echo $$; wait").await;
        let group = printed_group(&follower.until("log").await);
        assert_eq!(program.open_pipes(), before + 3);
        for n in 0..5 {
            let content = "x".repeat(60_000);
            let message = json!({"type":"message", "id":n, "content":content, "sent_at":1});
            follower.send_text(&message.to_string()).await;
            follower.until("ack").await;
        }
        follower.send_text(r#"{"type":"cancel","id":"c"}"#).await;
        follower.rest().await;
        gone(group).await;
        assert_eq!(program.open_pipes(), before);
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_to_choose_another() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = command(&folder);
    command.args(["--listen", &address.to_string()]);
    let stderr = String::from_utf8(fail(command).await.stderr).expect("text");
    assert!(stderr.contains(&address.port().to_string()), "{stderr}");
    assert!(stderr.contains("--listen"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[tokio::test]
async fn what_is_no_origin_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = command(&folder);
    command.args(["--allow-origin", "example.com"]);
    let stderr = String::from_utf8(fail(command).await.stderr).expect("text");
    assert!(stderr.contains("\"example.com\" is not an origin"), "{stderr}");
}

#[tokio::test]
async fn a_malformed_workflow_is_reported_at_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("broken.toml"), "\ncolour = 'red'").expect("a file");
    let mut command = command(&folder);
    let mut child = command.args(["--listen", "127.0.0.1:0"]).spawn().expect("the program");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let line = soon(lines.next_line()).await.expect("a pipe").expect("a line");
    assert!(line.contains("broken.toml, line 2: unknown field `colour`"), "{line}");
}
