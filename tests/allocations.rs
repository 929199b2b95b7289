//! The machine allocates nothing while messages come in and pings go out.
//!
//! Without the usual harness, whose own thread allocates when it pleases.

use std::{alloc::System, time::Duration};

use agent_activity::{
    connection::{
        Config, Connection, Endpoint, Followers, Input, Intake, Liveness, Output, Policy, Resume,
        Signal, SocketEvent,
    },
    time::Instant,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const POLICY: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Sequence,
    intake: Intake::AckedMessages,
    greets: true,
    followers: Followers::Any,
};

fn main() {
    let endpoint = Endpoint::resolve("http://h/", "http://h/", "/ws", "s");
    let mut connection = Connection::new(Config::default(), endpoint, 1);
    let mut put = |seconds: u64, input| {
        connection.handle_input(Instant::from_origin(Duration::from_secs(seconds)), input);
        while !matches!(connection.poll_output(), Output::Timeout(_)) {}
        connection.socket()
    };
    let socket = put(0, Input::Connect).expect("a socket");
    let greeting = Signal::Greeting { epoch: Some("e".to_owned()), policy: POLICY };
    for event in [SocketEvent::Opened, SocketEvent::Message(greeting)] {
        put(0, Input::Socket(socket, event));
    }
    let mut steady = |from: u64, to: u64| {
        for count in from..to {
            let event = Signal::Event { seq: Some(count), identity: None, ends: None };
            // Every event is so long after the one before that a ping goes out in between.
            let now = count * 30;
            put(now - 1, Input::Timeout);
            put(now, Input::Socket(socket, SocketEvent::Message(event)));
        }
    };
    steady(1, 100);
    let region = Region::new(ALLOCATOR);
    steady(100, 10_000);
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0));
}
