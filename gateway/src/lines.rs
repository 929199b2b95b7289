//! Reading lines of a bounded length.
//!
//! What is longer is cut, and the rest swallowed as it comes, so that no output can fill the
//! memory. It does not know who writes, nor what a line means.

use tokio::io::{self, AsyncBufReadExt, AsyncRead, BufReader};

/// The room that a cut needs to find a character's boundary: no character is longer than 4 bytes.
const BOUNDARY_ROOM: usize = 3;

/// One line, without its line feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The text; what was not UTF-8 is replaced by U+FFFD.
    pub text: String,
    /// The length of the line as it was written, in bytes.
    pub bytes: usize,
    /// Whether `text` was cut.
    pub truncated: bool,
}

/// Splits what `R` yields into lines.
#[derive(Debug)]
pub struct Lines<R> {
    reader: BufReader<R>,
    bytes_max: usize,
    /// The beginning of the current line, and how long it is by now.
    start: Vec<u8>,
    bytes: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of at most `bytes_max` bytes.
    pub fn new(reader: R, bytes_max: usize) -> Self {
        Self { reader: BufReader::new(reader), bytes_max, start: Vec::new(), bytes: 0 }
    }

    /// The next line; `None` at the end. A last line needs no line feed.
    ///
    /// Nothing is lost when the future is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                return Ok((self.bytes > 0).then(|| self.take()));
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            let room = (self.bytes_max + BOUNDARY_ROOM).saturating_sub(self.start.len());
            self.start.extend_from_slice(&piece[..piece.len().min(room)]);
            self.bytes += piece.len();
            let consumed = piece.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() {
                return Ok(Some(self.take()));
            }
        }
    }

    fn take(&mut self) -> Line {
        let mut text = String::from_utf8_lossy(&self.start).into_owned();
        let truncated = self.bytes > self.bytes_max;
        if truncated {
            text.truncate(text.floor_char_boundary(self.bytes_max));
        }
        let line = Line { text, bytes: self.bytes, truncated };
        self.start.clear();
        self.bytes = 0;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(input: &[u8], bytes_max: usize) -> Vec<Line> {
        let mut lines = Lines::new(input, bytes_max);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.expect("a slice has no errors") {
            all.push(line);
        }
        all
    }

    async fn check(input: &[u8], expected: &[&str]) {
        let lines = read(input, 100).await;
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn the_line_feed_is_all_that_is_taken_away() {
        check(b"", &[]).await;
        check(b"a\nb\n", &["a", "b"]).await;
        check(b"a\n\n b\r\n", &["a", "", " b\r"]).await;
        check(b"a\nwithout an end", &["a", "without an end"]).await;
    }

    #[tokio::test]
    async fn what_is_not_utf8_is_replaced() {
        check(b"a\xffb\n", &["a\u{fffd}b"]).await;
    }

    #[tokio::test]
    async fn a_long_line_is_cut_and_its_rest_swallowed() {
        let input = format!("{}\nnext\n", "x".repeat(100_000));
        let lines = read(input.as_bytes(), 8).await;
        assert_eq!(lines[0], Line { text: "x".repeat(8), bytes: 100_000, truncated: true });
        assert_eq!(lines[1], Line { text: "next".into(), bytes: 4, truncated: false });
    }

    #[tokio::test]
    async fn a_line_of_just_the_limit_is_whole() {
        assert_eq!(
            read(b"12345678\n", 8).await,
            [Line { text: "12345678".into(), bytes: 8, truncated: false }]
        );
    }

    #[tokio::test]
    async fn a_cut_does_not_split_a_character() {
        for (character, bytes_max) in [("ä", 3), ("€", 4), ("€", 5), ("🦀", 5), ("🦀", 7)]
        {
            let lines = read(character.repeat(5).as_bytes(), bytes_max).await;
            assert_eq!(lines[0].text, character, "{character} at {bytes_max}");
            assert!(lines[0].truncated);
        }
    }
}
