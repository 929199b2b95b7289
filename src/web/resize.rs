//! Notices when an element changes its size.

use std::fmt;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, ResizeObserver};

/// Watches one element's size until it is dropped.
pub struct ResizeWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl ResizeWatch {
    /// Calls `resized` once now and then after every change. `None` where browsers cannot tell.
    pub fn new(element: &Element, resized: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(resized);
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for ResizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl fmt::Debug for ResizeWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ResizeWatch").finish_non_exhaustive()
    }
}

/// The length that `property` comes to on `element`, in whole pixels; `None` when it is no length.
#[must_use]
pub fn computed_px(element: &Element, property: &str) -> Option<i32> {
    let style = web_sys::window()?.get_computed_style(element).ok()??;
    let value = style.get_property_value(property).ok()?;
    value.trim_ascii().strip_suffix("px")?.parse::<i64>().ok()?.try_into().ok()
}
