//! A notification of the system when the run ends, or waits for somebody, while nobody sees the page;
//! for whoever asked for it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{dom::Element, live::Live, unseen::each_unseen, words};
use crate::{
    activity::{RunState, printable},
    session::Session,
    web::{Notice, Notifying, ask_to_notify, is_hidden, notifying},
};

/// The button by which somebody asks for it.
pub(super) fn notify(live: &Live) -> Element {
    let button = Element::new("button", "activity-button")
        .attribute("type", "button")
        .attribute("aria-pressed", "false")
        .says("Notify me");
    let is_wanted = Rc::new(Cell::new(false));
    let want = {
        let (button, is_wanted) = (button.clone(), Rc::clone(&is_wanted));
        move |wants: bool| {
            is_wanted.set(wants);
            button.set("aria-pressed", Some(if wants { "true" } else { "false" }));
        }
    };
    let (pressed, touch) = (Rc::clone(&is_wanted), live.toucher());
    live.on(
        &button,
        "click",
        Box::new(move |_, _| match notifying() {
            Notifying::Allowed => want(!pressed.get()),
            Notifying::Unasked => {
                let (want, touch) = (want.clone(), touch.clone());
                ask_to_notify(move || {
                    want(notifying() == Notifying::Allowed);
                    touch();
                });
            }
            Notifying::Impossible | Notifying::Refused => {}
        }),
    );
    let shown = button.clone();
    live.each(Box::new(move |session, _| {
        let is_of_use = session.activity().run.state.is_under_way();
        let is_possible = !matches!(notifying(), Notifying::Impossible | Notifying::Refused);
        shown.show_if(is_of_use && is_possible);
    }));

    let last = Cell::new(RunState::None);
    let notice: RefCell<Option<Notice>> = RefCell::default();
    each_unseen(live, move |session| {
        let state = session.activity().run.state;
        let has_changed = last.replace(state) != state;
        if !is_hidden() {
            // It is seen by now.
            notice.take();
        } else if has_changed
            && is_wanted.get()
            && let Some((title, text)) = said(session)
        {
            notice.replace(Notice::show(title, &text));
        }
    });
    button
}

/// What a notification says of how the run stands, if that is worth one.
fn said(session: &Session) -> Option<(&'static str, String)> {
    let run = &session.activity().run;
    let title = match run.state {
        RunState::Ended(outcome) => words::outcome(outcome),
        RunState::Waiting => words::WAITING,
        RunState::None | RunState::Running => return None,
    };
    Some((title, printable(run.message.as_deref().unwrap_or_default()).into_owned()))
}
