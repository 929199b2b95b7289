//! What AG-UI tells piece by piece: messages, thoughts, the arguments of tools.

/// What is told piece by piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Text,
    Reasoning,
    Tool,
}

impl Stream {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Text => "TEXT_MESSAGE",
            Self::Reasoning => "REASONING_MESSAGE",
            Self::Tool => "TOOL_CALL",
        }
    }

    /// The name of the row for the message, or the call, of this id.
    pub(super) fn row(self, id: &str) -> String {
        format!("{} {id}", self.kind())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Start,
    Content,
    End,
}

#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) what: Stream,
    pub(super) part: Part,
}

/// The piece that an event of this kind is.
pub(super) fn piece(kind: &str) -> Option<Piece> {
    let streams = [
        ("TEXT_MESSAGE_", Stream::Text),
        ("REASONING_MESSAGE_", Stream::Reasoning),
        ("THINKING_TEXT_MESSAGE_", Stream::Reasoning),
        ("TOOL_CALL_", Stream::Tool),
    ];
    let (what, part) =
        streams.iter().find_map(|&(name, what)| Some((what, kind.strip_prefix(name)?)))?;
    let part = match part {
        "START" => Part::Start,
        "CONTENT" | "ARGS" | "CHUNK" => Part::Content,
        "END" => Part::End,
        _ => return None,
    };
    Some(Piece { what, part })
}
