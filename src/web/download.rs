//! Text that somebody can keep as a file.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// A file that was handed to the browser to be saved.
///
/// It has an address of its own for as long as this lives: some browsers read the file only after
/// the click that asked for it. Dropping it gives the address and the file's memory back.
#[derive(Debug)]
#[must_use = "dropping it takes the file away again"]
pub struct Download {
    url: String,
}

impl Download {
    /// Offers `text` as a file of this name and media type; `None` when the browser cannot.
    #[must_use]
    pub fn begin(name: &str, media_type: &str, text: &str) -> Option<Self> {
        let kind = BlobPropertyBag::new();
        kind.set_type(media_type);
        let parts = Array::of1(&JsValue::from_str(text));
        let file = Blob::new_with_str_sequence_and_options(&parts, &kind).ok()?;
        let url = Url::create_object_url_with_blob(&file).ok()?;
        let download = Self { url };
        let link = web_sys::window()?.document()?.create_element("a").ok()?;
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&download.url);
        link.set_download(name);
        link.click();
        Some(download)
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Fails for no text.
        let _ = Url::revoke_object_url(&self.url);
    }
}
