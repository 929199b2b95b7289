//! One call per frame that the browser paints.

use std::{cell::Cell, fmt, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};

/// Calls a function at the next frame, once, however often it is asked to before that. Dropping it
/// takes back what is still to come.
///
/// A hidden page has no frames: what is asked for meanwhile is done when it is looked at again.
pub struct Frame {
    closure: Closure<dyn FnMut()>,
    requested: Rc<Cell<Option<i32>>>,
}

impl Frame {
    /// Takes the function that is to be called.
    pub fn new(mut paint: impl FnMut() + 'static) -> Self {
        let requested = Rc::new(Cell::new(None));
        let closure = Closure::new({
            let requested = Rc::clone(&requested);
            move || {
                requested.set(None);
                paint();
            }
        });
        Self { closure, requested }
    }

    /// Asks for the next frame.
    pub fn request(&self) {
        if self.requested.get().is_none()
            && let Some(window) = web_sys::window()
        {
            let callback = self.closure.as_ref().unchecked_ref();
            self.requested.set(window.request_animation_frame(callback).ok());
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let (Some(requested), Some(window)) = (self.requested.get(), web_sys::window()) {
            // Taking back what is not asked for is no error.
            let _ = window.cancel_animation_frame(requested);
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Frame").field("requested", &self.requested).finish_non_exhaustive()
    }
}
