//! Text that comes from the browser, encoded at one go.
//!
//! wasm-bindgen reads a string unit by unit up to its first letter beyond ASCII, which took a tenth
//! of all that the page did with a stream of small messages.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

/// The most bytes that are kept for the next text. What a long one needed beyond is given back.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// The most bytes of a character in UTF-8, and of one unit of UTF-16 (half a pair has three).
const CHARACTER_BYTES_MAX: usize = 4;
const UNIT_BYTES_MAX: usize = 3;

#[wasm_bindgen]
extern "C" {
    /// The one of web-sys takes no strings of the browser.
    type TextEncoder;

    /// What was encoded.
    type Encoded;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    /// Writes as many whole characters as `bytes` has room for. A half of a pair becomes U+FFFD.
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsString, bytes: &mut [u8]) -> Encoded;

    #[wasm_bindgen(method, getter)]
    fn written(this: &Encoded) -> u32;
}

/// Reads texts, one after the other, by way of the same bytes.
pub(super) struct TextReader {
    encoder: TextEncoder,
    bytes: RefCell<Vec<u8>>,
}

impl TextReader {
    pub(super) fn new() -> Self {
        Self { encoder: TextEncoder::new(), bytes: RefCell::default() }
    }

    /// The text, as long as it may be.
    pub(super) fn read(&self, text: &JsString) -> String {
        let mut bytes = self.bytes.borrow_mut();
        let units = text.length() as usize;
        // Most texts have few letters beyond ASCII.
        let guess = units + units / 8 + CHARACTER_BYTES_MAX;
        let mut written = self.encode(text, &mut bytes, guess);
        if guess - written < CHARACTER_BYTES_MAX {
            // It may have stopped at a character for which there was no room.
            written = self.encode(text, &mut bytes, units * UNIT_BYTES_MAX);
        }
        let read = str::from_utf8(&bytes[..written]).unwrap_or_default().to_owned();
        if bytes.capacity() > KEPT_BYTES_MAX {
            *bytes = Vec::new();
        }
        read
    }

    /// Encodes into the first `room` of `bytes`; how many were needed.
    fn encode(&self, text: &JsString, bytes: &mut Vec<u8>, room: usize) -> usize {
        if bytes.len() < room {
            bytes.resize(room, 0);
        }
        self.encoder.encode_into(text, &mut bytes[..room]).written() as usize
    }
}
