//! The other pages of this browser that follow the same session: a lock and a channel of one name.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::inbox::Event;
use crate::{
    connection::{CloseCode, SocketId},
    session::{Input, PageId, Word},
};

/// What locks and channels of this library are called. The number is that of the words: pages of
/// different versions do not understand each other and do not try to.
const NAMESPACE: &str = "agent-activity 1 ";

#[wasm_bindgen]
extern "C" {
    /// The Web Locks of the page; web-sys has them behind a flag for the whole build.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        granted: &Function,
    ) -> Result<Promise, JsValue>;
}

/// The place in the line for the lock, and the channel. Dropped, the next page gets the lock.
pub(super) struct Neighbours {
    pub(super) id: SocketId,
    page: PageId,
    channel: BroadcastChannel,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    lock: Rc<Lock>,
}

impl Neighbours {
    /// Gets in line and listens, as the page of this name. `tell` is called with what happens; never during this call. `None`
    /// where there are no locks, as on pages without encryption, or no channels.
    pub(super) fn meet(
        id: SocketId,
        page: PageId,
        name: &str,
        tell: impl Fn(Event) + Clone + 'static,
    ) -> Option<Self> {
        let name = format!("{NAMESPACE}{name}");
        let locks = locks()?;
        let channel = BroadcastChannel::new(&name).ok()?;
        let heard = Closure::<dyn FnMut(MessageEvent)>::new({
            let tell = tell.clone();
            move |event: MessageEvent| {
                if let Some((from, word)) = read(&event.data()) {
                    tell(Event::Input(Input::Heard(id, from, word)));
                }
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let lock = Lock::request(&locks, &name, move |is_granted| {
            tell(Event::Input(if is_granted { Input::Granted(id) } else { Input::Unshared(id) }));
        })?;
        Some(Self { id, page, channel, _heard: heard, lock })
    }

    /// Tells the others.
    pub(super) fn tell(&self, word: Word) {
        // Fails only for what cannot be cloned, and texts and numbers can.
        let _ = self.channel.post_message(&write(self.page, word));
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
        self.lock.let_go();
    }
}

fn locks() -> Option<LockManager> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

/// One place in the line for a lock. The browser calls back for the last time when the lock is let
/// go, or the place is given up; until then the callbacks are kept here, in a circle.
struct Lock {
    abort: AbortController,
    /// Ends the hold, once there is one.
    release: RefCell<Option<Function>>,
    is_wanted: Cell<bool>,
    callbacks: RefCell<Option<Callbacks>>,
}

struct Callbacks {
    _granted: Closure<dyn FnMut() -> JsValue>,
    _settled: Closure<dyn FnMut(JsValue)>,
}

impl Lock {
    /// Gets in line. `tell` is called with whether the lock is ours, or cannot be had here at all;
    /// never during this call.
    fn request(
        locks: &LockManager,
        name: &str,
        tell: impl Fn(bool) + Clone + 'static,
    ) -> Option<Rc<Self>> {
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?;
        let lock = Rc::new(Self {
            abort,
            release: RefCell::default(),
            is_wanted: Cell::new(true),
            callbacks: RefCell::default(),
        });
        let granted = Closure::<dyn FnMut() -> JsValue>::new({
            let (lock, tell) = (Rc::clone(&lock), tell.clone());
            move || lock.hold(&tell)
        });
        let settled = Closure::<dyn FnMut(JsValue)>::new({
            let lock = Rc::clone(&lock);
            move |_| {
                lock.callbacks.take();
                if lock.is_wanted.get() {
                    tell(false);
                }
            }
        });
        let callback = granted.as_ref().unchecked_ref();
        let settles = locks.request(name, &options, callback).ok()?;
        let _ = settles.then2(&settled, &settled);
        *lock.callbacks.borrow_mut() = Some(Callbacks { _granted: granted, _settled: settled });
        Some(lock)
    }

    /// The lock is ours for as long as what is returned is not resolved.
    fn hold(&self, tell: &impl Fn(bool)) -> JsValue {
        if !self.is_wanted.get() {
            return JsValue::UNDEFINED;
        }
        let hold = Promise::new(&mut |resolve, _| *self.release.borrow_mut() = Some(resolve));
        tell(true);
        hold.into()
    }

    fn let_go(&self) {
        self.is_wanted.set(false);
        match self.release.take() {
            // Neither call can fail.
            Some(release) => drop(release.call0(&JsValue::UNDEFINED)),
            None => self.abort.abort(),
        }
    }
}

/// Words travel as arrays: who says it, which is a number of a page's random bits, what it is called,
/// then what belongs to it.
fn write(from: PageId, word: Word) -> Array {
    let parts: Vec<JsValue> = match word {
        Word::Ask => vec!["ask".into()],
        Word::Lead => vec!["lead".into()],
        Word::Past { missing, is_resumed, frames } => {
            let frames: Array = frames.into_iter().map(JsValue::from).collect();
            vec!["past".into(), number(missing), is_resumed.into(), frames.into()]
        }
        Word::Frame(frame) => vec!["frame".into(), frame.into()],
        Word::Closed(code) => vec!["closed".into(), code.0.into()],
        Word::Free => vec!["free".into()],
    };
    std::iter::once(f64::from_bits(from.0).into()).chain(parts).collect()
}

/// Who said what; `None` for what no page of ours says.
fn read(data: &JsValue) -> Option<(PageId, Word)> {
    let parts = data.dyn_ref::<Array>()?;
    let part = |index| parts.get(index);
    let word = match part(1).as_string()?.as_str() {
        "ask" => Word::Ask,
        "lead" => Word::Lead,
        "past" => Word::Past {
            missing: count(&part(2))?,
            is_resumed: part(3).as_bool()?,
            frames: part(4)
                .dyn_ref::<Array>()?
                .iter()
                .map(|it| it.as_string())
                .collect::<Option<_>>()?,
        },
        "frame" => Word::Frame(part(2).as_string()?),
        "closed" => Word::Closed(CloseCode(u16::try_from(count(&part(2))?).ok()?)),
        "free" => Word::Free,
        _ => return None,
    };
    Some((PageId(part(0).as_f64()?.to_bits()), word))
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 frames")]
fn number(count: u64) -> JsValue {
    (count as f64).into()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "such a cast saturates, and NaN becomes 0"
)]
fn count(value: &JsValue) -> Option<u64> {
    Some(value.as_f64()? as u64)
}
