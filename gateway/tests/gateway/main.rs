//! The gateway over real sockets: one behaviour a test.

mod http;
mod loopback;
mod messages;
mod origin;
mod process;
mod publish;
mod runs;
mod socket;
mod support;
