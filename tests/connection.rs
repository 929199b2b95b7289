//! The connection, scene by scene, on a virtual clock. `tests/README.md` lists the scenes that have
//! a number.

/// In the folder of the same name, one topic to a file.
mod connection {
    mod addresses;
    mod attempts;
    mod blocked;
    mod catch_up;
    mod close_codes;
    mod diagnosis;
    mod ends;
    mod inbound;
    mod late_timers;
    mod liveness;
    mod outbound;
    mod page;
    mod requests;
    mod scene;
    mod token;
}
