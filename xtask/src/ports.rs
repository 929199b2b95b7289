//! Whether a port is free, found out before anything is built for it.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, TcpListener},
};

use crate::failure::{Failure, Result};

/// Fails with a sentence that names the port and the flag when one of `wanted` cannot be had.
pub(crate) fn ensure_free(wanted: &[(&str, u16)]) -> Result {
    for (index, (flag, port)) in wanted.iter().enumerate() {
        if let Some((other, _)) = wanted[..index].iter().find(|(_, taken)| taken == port) {
            return Err(Failure::new(format!(
                "{other} and {flag} are both {port}; choose two different ports"
            )));
        }
        TcpListener::bind((Ipv4Addr::LOCALHOST, *port))
            .map_err(|error| Failure::new(refusal(flag, *port, &error)))?;
    }
    Ok(())
}

fn refusal(flag: &str, port: u16, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {port} is in use; stop the program that listens there, or choose another port \
             with {flag} <PORT>"
        ),
        ErrorKind::PermissionDenied => format!(
            "port {port} is not for ordinary users; choose one above 1023 with {flag} <PORT>"
        ),
        _ => format!("port {port} cannot be had ({error}); choose another with {flag} <PORT>"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::ensure_free;

    #[test]
    fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let refused = ensure_free(&[("--gateway-port", port)]).expect_err("we listen there");
        assert_eq!(
            refused.to_string(),
            format!(
                "port {port} is in use; stop the program that listens there, or choose another \
                 port with --gateway-port <PORT>"
            )
        );
        drop(listener);
        assert_eq!(ensure_free(&[("--gateway-port", port)]), Ok(()));
    }

    #[test]
    fn two_services_cannot_share_a_port() {
        let refused = ensure_free(&[("--port", 0), ("--gateway-port", 0)]).expect_err("the same");
        assert_eq!(
            refused.to_string(),
            "--port and --gateway-port are both 0; choose two different ports"
        );
    }
}
