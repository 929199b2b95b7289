//! A file that somebody chose.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use js_sys::{ArrayBuffer, Number, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{File, FileReader, HtmlInputElement};

/// How much is read at a time, in bytes: what a page can take in between two frames.
const PIECE_BYTES: f64 = 262_144.0;

/// What comes of reading a file.
#[derive(Debug)]
pub enum FileEvent<'a> {
    /// The next piece, and how many percent of the file were read with it, in digits.
    Piece(&'a [u8], String),
    /// That was all.
    End,
    /// The file cannot be read, or no longer.
    Unreadable,
}

/// Takes what comes; whether more is wanted.
pub type TakeFile = Box<dyn FnMut(FileEvent<'_>) -> bool>;

/// A file that is being read, piece by piece. Dropping it ends that.
pub struct FileReading {
    inner: Rc<Inner>,
    _read: Closure<dyn FnMut()>,
}

struct Inner {
    file: File,
    reader: FileReader,
    /// Where the next piece begins.
    at: Cell<f64>,
    take: RefCell<TakeFile>,
}

impl FileReading {
    /// Reads `file`. `take` is called piece by piece, not before this returns, and last with its end
    /// or its failure; `None` when the browser cannot.
    #[must_use]
    pub fn begin(file: File, take: TakeFile) -> Option<Self> {
        let inner = Rc::new(Inner {
            file,
            reader: FileReader::new().ok()?,
            at: Cell::new(0.0),
            take: RefCell::new(take),
        });
        let weak: Weak<Inner> = Rc::downgrade(&inner);
        let read = Closure::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.read();
            }
        });
        inner.reader.set_onloadend(Some(read.as_ref().unchecked_ref()));
        inner.ask().then_some(Self { inner, _read: read })
    }
}

impl fmt::Debug for FileReading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FileReading").finish_non_exhaustive()
    }
}

impl Drop for FileReading {
    fn drop(&mut self) {
        self.inner.reader.set_onloadend(None);
        self.inner.reader.abort();
    }
}

impl Inner {
    /// Asks for the next piece; whether that could be done.
    fn ask(&self) -> bool {
        let at = self.at.get();
        let piece = self.file.slice_with_f64_and_f64(at, at + PIECE_BYTES);
        piece.is_ok_and(|piece| self.reader.read_as_array_buffer(&piece).is_ok())
    }

    /// Takes the piece that was asked for.
    fn read(&self) {
        let take = |event: FileEvent<'_>| (self.take.borrow_mut())(event);
        let content = self.reader.result().ok();
        let Some(content) = content.and_then(|content| content.dyn_into::<ArrayBuffer>().ok())
        else {
            take(FileEvent::Unreadable);
            return;
        };
        let piece = Uint8Array::new(&content).to_vec();
        if piece.is_empty() {
            take(FileEvent::End);
            return;
        }
        self.at.set(self.at.get() + PIECE_BYTES);
        let percent = (100.0 * self.at.get() / self.file.size()).min(100.0);
        // By the browser: the tables by which Rust writes a fraction are a tenth of the page.
        let percent =
            Number::from(percent).to_fixed(0).map_or_else(|_| String::new(), String::from);
        if take(FileEvent::Piece(&piece, percent)) && !self.ask() {
            take(FileEvent::Unreadable);
        }
    }
}

/// The file that is chosen in this field, if one is.
#[must_use]
pub fn chosen_file(field: &HtmlInputElement) -> Option<File> {
    field.files()?.get(0)
}
