//! The title of the page that the component stands in.

use web_sys::Document;

/// The page's title with something before it, until the value is dropped.
#[derive(Debug)]
pub struct TitlePrefix {
    document: Document,
    /// The title without it.
    title: String,
    /// The title with it, as it was set, and as the browser has it.
    asked: String,
    shown: String,
}

impl TitlePrefix {
    /// The title as it is; nothing where there is no document.
    #[must_use]
    pub fn new() -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let title = document.title();
        Some(Self { document, asked: title.clone(), shown: title.clone(), title })
    }

    /// Puts this before the title, instead of what stood there.
    pub fn set(&mut self, prefix: &str) {
        let shown = format!("{prefix}{}", self.title);
        if shown != self.asked {
            self.document.set_title(&shown);
            self.asked = shown;
            // A browser leaves blanks out that it does not need.
            self.shown = self.document.title();
        }
    }
}

impl Drop for TitlePrefix {
    fn drop(&mut self) {
        // Somebody else may have given the page another title meanwhile.
        if self.document.title() == self.shown {
            self.document.set_title(&self.title);
        }
    }
}
