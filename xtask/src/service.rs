//! A child that is to stay up: its output is passed on under its name, its death is noticed, and it
//! can be asked over HTTP whether it answers.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    failure::{Failure, Result},
    process::{Group, POLL_INTERVAL},
    terminal,
};

/// How long a request over loopback may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long the last words of a child are waited for when it has died.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// A child that is to stay up.
#[derive(Debug)]
pub(crate) struct Service {
    name: &'static str,
    port: u16,
    group: Group,
    pumps: Vec<JoinHandle<()>>,
    last_word: Arc<Mutex<Instant>>,
}

impl Service {
    /// Starts `command`, which is going to answer on `port`.
    pub(crate) fn start(name: &'static str, port: u16, command: &mut Command) -> Result<Self> {
        let mut group = Group::start(name, command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let last_word = Arc::new(Mutex::new(Instant::now()));
        let child = group.child();
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as _),
            child.stderr.take().map(|pipe| Box::new(pipe) as _),
        ];
        let pumps = pipes
            .into_iter()
            .flatten()
            .map(|pipe| {
                let last_word = Arc::clone(&last_word);
                thread::spawn(move || pump(name, pipe, &last_word))
            })
            .collect();
        Ok(Self { name, port, group, pumps, last_word })
    }

    /// What ends the child and all that it started.
    pub(crate) fn group(&mut self) -> &mut Group {
        &mut self.group
    }

    /// An error that names the child when it has died.
    pub(crate) fn check(&mut self) -> Result {
        let Some(status) = self.group.ended() else { return Ok(()) };
        let patience = Instant::now() + LAST_WORDS_WITHIN;
        while !self.pumps.iter().all(JoinHandle::is_finished) && Instant::now() < patience {
            thread::sleep(POLL_INTERVAL);
        }
        Err(Failure::new(format!(
            "{} ended by itself ({status}), so all else was ended too; its last lines above say why",
            self.name
        )))
    }

    /// How long the child has printed nothing.
    pub(crate) fn silence(&self) -> Duration {
        self.last_word.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// The status of the answer to `GET path`, if there is an answer.
    pub(crate) fn answer(&self, path: &str) -> Option<u16> {
        get(self.port, path)
    }
}

/// Passes on every line of `pipe` until its end.
fn pump(name: &str, pipe: impl Read, last_word: &Mutex<Instant>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        *last_word.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if !announces_address(&String::from_utf8_lossy(&line)) {
            terminal::pass_on(name, &line);
        }
        line.clear();
    }
}

/// Whether a line says where a child listens. We say the one address to open ourselves, once all is
/// up; a second one beside it would only be tried too early, or in its place.
fn announces_address(line: &str) -> bool {
    let informs = !["ERROR", "WARN", "error", "warning"].iter().any(|word| line.contains(word));
    let address = ["http://127.0.0.1:", "ws://127.0.0.1:", "server listening at"];
    informs && address.iter().any(|mark| line.contains(mark))
}

fn get(port: u16, path: &str) -> Option<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).ok()?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).ok()?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).ok()?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(1024)).read_line(&mut line).ok()?;
    status_in(&line)
}

/// The status in the first line of an HTTP answer.
fn status_in(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{process::Command, thread, time::Duration};

    use super::{Service, announces_address, status_in};

    #[test]
    fn an_answer_is_known_by_its_first_line() {
        assert_eq!(status_in("HTTP/1.1 404 Not Found\r\n"), Some(404));
        assert_eq!(status_in("HTTP/1.0 200\r\n"), Some(200));
        assert_eq!(status_in("SSH-2.0-server\r\n"), None);
    }

    #[test]
    fn addresses_are_kept_back_and_complaints_are_not() {
        assert!(announces_address("listening on http://127.0.0.1:8000"));
        assert!(announces_address("INFO     🏠 http://127.0.0.1:8080/"));
        assert!(announces_address("INFO 📡 server listening at:"));
        assert!(!announces_address("INFO ✅ success"));
        assert!(!announces_address("ERROR cannot reach http://127.0.0.1:8000/api"));
    }

    #[test]
    fn the_death_of_a_service_names_it() {
        let mut command = Command::new("sh");
        let mut service =
            Service::start("gateway", 1, command.args(["-c", "exit 7"])).expect("sh starts");
        while service.group().ended().is_none() {
            thread::sleep(Duration::from_millis(5));
        }
        let sentence = service.check().expect_err("it ended").to_string();
        assert!(sentence.starts_with("gateway ended by itself (exit status: 7)"), "{sentence}");
    }
}
