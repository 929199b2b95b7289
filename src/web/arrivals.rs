//! What a socket was told, read at one go.

use wasm_bindgen::{closure::Closure, prelude::wasm_bindgen};
use web_sys::WebSocket;

/// Stands between texts that are read together: what separates JSON texts in a sequence (RFC 7464,
/// section 2.2), since no JSON text holds it.
const SEPARATOR: u8 = 0x1e;

#[wasm_bindgen(module = "/src/web/arrivals.js")]
extern "C" {
    #[wasm_bindgen(js_name = Arrivals)]
    type Kept;

    #[wasm_bindgen(constructor, js_class = "Arrivals")]
    fn new(socket: &WebSocket, arrived: &Closure<dyn FnMut()>) -> Kept;
    #[wasm_bindgen(method, js_class = "Arrivals")]
    fn take(this: &Kept, separator: char) -> Option<Vec<u8>>;
    #[wasm_bindgen(method, js_class = "Arrivals")]
    fn close(this: &Kept);
}

/// Messages that wait to be read. Dropped, the socket tells nobody of those that come.
pub(super) struct Arrivals {
    kept: Kept,
    _arrived: Closure<dyn FnMut()>,
}

impl Arrivals {
    /// Keeps what the socket is told from now on. `arrived` is called when there is something to be
    /// read, in a task after it, even if it was read before that.
    pub(super) fn new(socket: &WebSocket, arrived: impl FnMut() + 'static) -> Self {
        let arrived = Closure::new(arrived);
        Self { kept: Kept::new(socket, &arrived), _arrived: arrived }
    }

    /// Passes on what was not read before, in order. A text with a control character in it that no
    /// JSON text holds has `U+001E` in its place, as it would be shown.
    pub(super) fn read(&self, mut pass_on: impl FnMut(String)) {
        if let Some(bytes) = self.kept.take(char::from(SEPARATOR)) {
            for text in bytes.split(|byte| *byte == SEPARATOR) {
                pass_on(str::from_utf8(text).unwrap_or_default().to_owned());
            }
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        self.kept.close();
    }
}
