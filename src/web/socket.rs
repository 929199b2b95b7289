//! One WebSocket of the browser.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CloseEvent, WebSocket};

use super::{arrivals::Arrivals, inbox::Event};
use crate::{
    connection::{CloseCode, SocketId},
    session::Input,
};

/// A WebSocket with its handlers. Dropping it detaches them and closes it with 1000; nothing of it
/// is heard of again.
pub(super) struct Socket {
    pub(super) id: SocketId,
    socket: WebSocket,
    arrivals: Arrivals,
    _opened: Closure<dyn FnMut()>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

/// Why there is no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SocketError {
    /// The browser cannot read the address.
    Address,
    /// The browser has its reasons, such as the page's security policy.
    Other,
}

impl SocketError {
    fn of(error: &JsValue) -> Self {
        let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
        match name.as_deref() {
            Some("SyntaxError") => Self::Address,
            _ => Self::Other,
        }
    }
}

impl Socket {
    /// Opens a socket. `tell` is called with what it says but for its messages. For these `arrived`
    /// is called, in a task after them; they may be [read](Socket::read) before. Neither is called
    /// during this call.
    ///
    /// # Errors
    ///
    /// When the browser refuses the address. What it says about that holds the address, and with it
    /// perhaps a token: it is not passed on.
    pub(super) fn open(
        id: SocketId,
        url: &str,
        tell: impl Fn(Event) + Clone + 'static,
        arrived: impl Fn() + 'static,
    ) -> Result<Self, SocketError> {
        let socket = WebSocket::new(url).map_err(|error| SocketError::of(&error))?;
        if socket.ready_state() == WebSocket::CLOSED {
            // What the page's policy forbids is made closed in Chromium, which never says so.
            return Err(SocketError::Other);
        }

        let opened = Closure::<dyn FnMut()>::new({
            let tell = tell.clone();
            move || tell(Event::Input(Input::Opened(id)))
        });
        let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            tell(Event::Input(Input::Closed(id, CloseCode(event.code()))));
        });
        // There is no handler for errors: an error event says nothing, and a close follows it.
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        let arrivals = Arrivals::new(&socket, arrived);
        Ok(Self { id, socket, arrivals, _opened: opened, _closed: closed })
    }

    /// Passes on the messages that have arrived and were not read before, in order.
    pub(super) fn read(&self, pass_on: impl FnMut(String)) {
        self.arrivals.read(pass_on);
    }

    /// Sends a text frame; whether the browser means to. A socket that is closing discards it, which
    /// browsers do not report.
    pub(super) fn send(&self, text: &str) -> bool {
        self.is_open() && self.socket.send_with_str(text).is_ok() && self.is_open()
    }

    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// How many bytes the browser was given and has not sent.
    pub(super) fn buffered(&self) -> u64 {
        self.socket.buffered_amount().into()
    }

    /// Detaches from the socket and closes it with `code`.
    pub(super) fn close(self, code: CloseCode) {
        self.detach();
        // Fails only for a code that a browser does not take, and then the drop closes it.
        let _ = self.socket.close_with_code(code.0);
    }

    fn detach(&self) {
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.detach();
        // Closing what is closed already is no error.
        let _ = self.socket.close_with_code(CloseCode::NORMAL.0);
    }
}
