//! What an older server really said, replayed: the log and the phases are the truth in the end.

mod scene;

use agent_activity::dialect::DialectKind;
use scene::{Scene, s};
use serde_json::Value;

/// What is in one line of a capture.
#[derive(Clone, Debug)]
enum Step {
    Frame(String),
    Close(u16),
}

/// A capture: each step, and on which connection it happened.
#[derive(Clone, Debug)]
struct Capture(Vec<(u64, Step)>);

/// What the server answers when it is asked for its list of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// It has none.
    None,
    /// All that happens in the capture, from the beginning on.
    Whole,
    /// What the server has sent up to the next frame, and all that stands before that in time.
    Growing,
}

impl Capture {
    fn read(name: &str) -> Self {
        let path = format!("{}/tests/fixtures/seed-server/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect("the capture is there");
        let step = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("a line is JSON");
            let connection = line["conn"].as_u64().expect("a connection");
            let step = match (line["frame"].as_str(), line["close"].as_u64()) {
                (Some(frame), None) => Step::Frame(frame.to_owned()),
                (None, Some(code)) => Step::Close(code.try_into().expect("a close code")),
                other => panic!("neither a frame nor a close: {other:?}"),
            };
            (connection, step)
        };
        Self(text.lines().map(step).collect())
    }

    /// All distinct events in the order of their times, of the first `steps` steps.
    fn events(&self, steps: usize) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        for (_, step) in &self.0[..steps] {
            let Step::Frame(frame) = step else { continue };
            let event: Value = serde_json::from_str(frame).expect("a frame is JSON");
            if event["type"] != "ready" && event["type"] != "heartbeat" && !events.contains(&event)
            {
                events.push(event);
            }
        }
        events.sort_by_key(|event| time(event).to_owned());
        events
    }

    fn truth(&self) -> Vec<Value> {
        self.events(self.0.len())
    }

    /// What the list holds when the server is about to say what stands at `next`.
    fn list(&self, list: List, next: usize) -> Option<Vec<Value>> {
        match list {
            List::None => None,
            List::Whole => Some(self.truth()),
            List::Growing => {
                let told = self.events((next + 1).min(self.0.len()));
                let latest = told.last().map(time).unwrap_or_default().to_owned();
                Some(self.truth().into_iter().filter(|event| *time(event) <= *latest).collect())
            }
        }
    }

    /// The same without an event that connection 2 alone brought; it is on the list only.
    fn without(&self, message: &str) -> Self {
        let mut capture = self.clone();
        capture.0.retain(|(connection, step)| {
            *connection != 2 || !matches!(step, Step::Frame(frame) if frame.contains(message))
        });
        assert!(capture.0.len() < self.0.len(), "there is such an event");
        capture
    }
}

fn time(event: &Value) -> &str {
    event["timestamp"].as_str().expect("every event has a time")
}

/// An event as a row of the log.
fn row(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    format!("{}|{}|{}", text("type"), text("action"), text("message"))
}

/// Answers what is asked by HTTP, until nothing is.
fn answer(scene: &mut Scene, events: Option<&[Value]>) {
    while let Some(asked) = scene.asked() {
        let from = asked
            .strip_prefix("strategy/events/s?from=")
            .map(|from| from.parse::<usize>().expect("a place in the list"));
        match (from, events) {
            (Some(from), Some(events)) => {
                let is_active = !events
                    .iter()
                    .any(|event| event["type"] == "complete" || event["type"] == "error");
                let body = serde_json::json!({
                    "events": events.get(from..).unwrap_or_default(),
                    "total": events.len(),
                    "from": from,
                    "session_active": is_active,
                });
                // Written anew, with other spaces and another order of the fields.
                scene.answer(200, &serde_json::to_string_pretty(&body).expect("plain data"));
            }
            _ => scene.answer(404, r#"{"detail":"Not Found"}"#),
        }
    }
}

/// Plays a capture: the server that sent it, and one list beside it.
fn play(capture: &Capture, list: List, truth: &Capture, kind: DialectKind) -> Scene {
    let mut scene = Scene::opened(kind);
    let mut connection = 1;
    for (index, (of, step)) in capture.0.iter().enumerate() {
        let events = truth.list(list, index);
        if *of != connection {
            connection = *of;
            scene.lose(1006);
            scene.wait_until("the next socket", |scene| {
                scene.has_socket() || scene.asked().is_some_and(|it| it.starts_with("strategy/e"))
            });
            answer(&mut scene, events.as_deref());
            scene.accept();
        }
        match step {
            Step::Frame(frame) => scene.hears(frame),
            // The page may have closed first.
            Step::Close(code) if scene.has_socket() => scene.lose(*code),
            Step::Close(_) => {}
        }
        answer(&mut scene, events.as_deref());
    }
    // What is read every two seconds is read.
    for _ in 0..5 {
        scene.pass(s(1));
        answer(&mut scene, truth.list(list, truth.0.len()).as_deref());
    }
    scene
}

/// Checks that a capture leads to the truth, and how the phases and the run stand then.
#[track_caller]
fn check(capture: &Capture, list: List, truth: &Capture, phases: &str, run: &str) {
    for kind in [DialectKind::Auto, DialectKind::Progress] {
        let scene = play(capture, list, truth, kind);
        let expected: Vec<String> = truth.truth().iter().map(row).collect();
        assert_eq!(scene.entries(), expected, "{list:?} {kind:?}");
        assert_eq!(
            scene.session.activity().entries,
            u64::try_from(expected.len()).expect("a few"),
            "each is counted once"
        );
        assert_eq!((scene.phases().as_str(), scene.run()), (phases, run), "{list:?} {kind:?}");
        assert!(scene.sent.is_empty(), "such a server does not read");
        let is_over = run != "running";
        assert_eq!(scene.state() == "ended", is_over, "{}", scene.state());
        assert_eq!(!scene.has_socket(), is_over);
    }
}

const LISTS: [List; 3] = [List::None, List::Whole, List::Growing];

const FINISHED: &str = "Supervisor=done/1 InsightsGenerator=done/1 CodeGenerator=done/2 \
                        BacktestRunner=done/2 StrategyAnalyst=done/2";

#[test]
fn a_clean_run() {
    let capture = Capture::read("clean-run.jsonl");
    assert_eq!(capture.truth().len(), 20);
    for list in LISTS {
        check(&capture, list, &capture, FINISHED, "complete");
    }
}

#[test]
fn a_failed_run() {
    let capture = Capture::read("failed-run.jsonl");
    assert_eq!(capture.truth().len(), 7);
    let phases = "Supervisor=done/1 InsightsGenerator=done/1 CodeGenerator=error/1";
    for list in LISTS {
        check(&capture, list, &capture, phases, "error");
    }
}

#[test]
fn a_page_that_comes_late() {
    let capture = Capture::read("late-joiner.jsonl");
    assert_eq!(capture.truth().len(), 20);
    for list in LISTS {
        check(&capture, list, &capture, FINISHED, "complete");
    }
}

const HALF_DONE: &str = "Supervisor=done/1 InsightsGenerator=done/1 CodeGenerator=done/1 \
                         BacktestRunner=done/1 StrategyAnalyst=done/1";

#[test]
fn a_lost_connection() {
    let capture = Capture::read("drop-and-reconnect.jsonl");
    assert_eq!(capture.truth().len(), 10);
    for list in LISTS {
        check(&capture, list, &capture, HALF_DONE, "running");
    }
}

#[test]
fn a_lost_connection_over_which_an_event_was_lost() {
    let truth = Capture::read("drop-and-reconnect.jsonl");
    for message in ["42 trades executed", "Too few trades"] {
        let capture = truth.without(message);
        for list in [List::Whole, List::Growing] {
            check(&capture, list, &truth, HALF_DONE, "running");
        }
        // Without the list nobody can know of it: the rest is right, and nothing is made up.
        let scene = play(&capture, List::None, &truth, DialectKind::Auto);
        let known: Vec<String> = capture.truth().iter().map(row).collect();
        assert_eq!(scene.entries(), known);
    }
}

#[test]
fn what_stands_between_the_rows() {
    let markers = |name: &str, list: List| -> Vec<String> {
        let capture = Capture::read(name);
        let scene = play(&capture, list, &capture, DialectKind::Auto);
        scene.rows().into_iter().filter(|row| row.starts_with("--")).collect()
    };
    assert_eq!(markers("clean-run.jsonl", List::None), ["-- end complete"]);
    assert_eq!(markers("failed-run.jsonl", List::None), ["-- end error"]);
    assert_eq!(markers("late-joiner.jsonl", List::None), ["-- live 10", "-- end complete"]);
    assert_eq!(markers("drop-and-reconnect.jsonl", List::None), ["-- reconnected 1"]);
    assert_eq!(markers("drop-and-reconnect.jsonl", List::Growing), ["-- reconnected 1"]);
}
