//! Steps over JSON text (RFC 8259) value by value, and hands each value on as its text.
//!
//! By hand: what `serde_json` brings along, for numbers and for the words of its errors above all,
//! was a fifth of the page. The tests hold what is taken here against what it takes.
//!
//! A package of its own because Cargo sets by package what code is optimised for. Every byte of a
//! stream goes through here: made for speed in a page that is otherwise made small, it costs 0.2 kB
//! and takes a quarter off what the page does with frames of a hundred events.

/// How deep lists and objects may stand in each other, as in `serde_json`.
const DEPTH_MAX: u32 = 128;

/// Takes the name, as it is written, and the value of a field.
pub type TakeField<'t, 'a> = &'t mut dyn FnMut(&'a str, &'a str);

/// Stands at some place of a text. What returns `None` stands where the text is not JSON.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    /// The place, in bytes.
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Stands at the beginning.
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// What begins here, behind white space.
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                found => return found,
            }
        }
    }

    /// Whether nothing follows but white space.
    pub fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Line and column of the place, from 1; the column counts bytes.
    pub fn place(&self) -> (usize, usize) {
        self.text.bytes().take(self.at).fold((1, 1), |(line, column), byte| match byte {
            b'\n' => (line + 1, 1),
            _ => (line, column + 1),
        })
    }

    /// Steps over a value.
    pub fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' => self.fields(&mut |_, _| {})?,
            b'[' => self.elements(&mut |_| {})?,
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b'n' => self.word("null")?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            _ => return None,
        }
        self.text.get(start..self.at)
    }

    /// Steps over an object, and hands on its fields.
    pub fn fields(&mut self, take: TakeField<'_, 'a>) -> Option<()> {
        self.items(b'{', b'}', &mut |reader| {
            let name = reader.name()?;
            take(name, reader.value()?);
            Some(())
        })
    }

    /// Steps over a list, and hands on its elements.
    pub fn elements(&mut self, take: &mut dyn FnMut(&'a str)) -> Option<()> {
        self.items(b'[', b']', &mut |reader| reader.value().map(&mut *take))
    }

    /// Steps over a list, and hands on where each of its elements stands. Only brackets and strings
    /// are heeded: whether an element is JSON shows when it is read itself.
    pub fn outline(&mut self, take: &mut dyn FnMut(&'a str)) -> Option<()> {
        self.mark(b'[')?;
        if self.peek()? != b']' {
            take(self.outlined()?);
            while self.byte()? != b']' {
                self.mark(b',')?;
                take(self.outlined()?);
            }
        }
        self.mark(b']')
    }

    /// Steps over what stands before the comma or bracket that ends an element, without the white
    /// space around it.
    fn outlined(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        let mut end = start;
        let mut depth = 0_u32;
        loop {
            match self.byte()? {
                b'"' => {
                    self.string()?;
                    end = self.at;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            end = self.at;
        }
        self.text.get(start..end).filter(|element| !element.is_empty())
    }

    /// Steps over a list or an object, and has each of its items stepped over.
    pub fn items(
        &mut self,
        open: u8,
        close: u8,
        step: &mut dyn FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.mark(open)?;
        if self.depth == DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        if self.peek()? != close {
            step(self)?;
            while self.peek()? != close {
                self.mark(b',')?;
                step(self)?;
            }
        }
        self.depth -= 1;
        self.mark(close)
    }

    /// Steps over the name of a field; what stands between its quotes.
    pub fn name(&mut self) -> Option<&'a str> {
        self.peek();
        let start = self.at + 1;
        self.string()?;
        let name = self.text.get(start..self.at - 1);
        self.mark(b':')?;
        name
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over this byte, which must come next.
    fn mark(&mut self, mark: u8) -> Option<()> {
        (self.peek()? == mark).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_next = self.text.get(self.at..)?.starts_with(word);
        is_next.then(|| self.at += word.len())
    }

    /// Surrogates without their other half are let pass: only whoever wants to know what the string
    /// says is disturbed by them.
    fn string(&mut self) -> Option<()> {
        self.mark(b'"')?;
        loop {
            self.at += plain_length(self.text.as_bytes().get(self.at..)?);
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        self.at += 1;
        match self.byte()? {
            b'u' => {
                for _ in 0..4 {
                    self.at += 1;
                    self.byte().filter(u8::is_ascii_hexdigit)?;
                }
            }
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            _ => return None,
        }
        self.at += 1;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Steps over one digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// How many bytes come before the first that is a quote, a backslash or a control character; all, if
/// there is none. Eight at a time: most of a stream is what strings say.
fn plain_length(bytes: &[u8]) -> usize {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = EACH * 0x80;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        // The high bit of each byte below a bound is set by taking the bound away. What that borrows
        // from the byte after it can only be wrong behind the first byte that is found, which is the
        // one that counts.
        let below = |word: u64, bound: u64| word.wrapping_sub(EACH * bound) & !word;
        let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
        let found = (is(b'"') | is(b'\\') | below(word, 0x20)) & HIGH;
        if found != 0 {
            return index * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    eights.len() * 8 + found.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::{Reader, plain_length};

    fn is_json(text: &str) -> bool {
        let mut reader = Reader::new(text);
        reader.value().is_some() && reader.is_done()
    }

    #[test]
    fn takes_and_refuses_what_serde_json_does() {
        let seeds = [
            r#" {"a" : [1, -0.5e+3, true ,false,null], "b\u00e9\n":{}, "":[[ ],{"c":"\"\\"}]} "#,
            r#"[0,-0,10,1.0,1e9,1E-9,"\ud83c\udfaf/\b\f\r\t🎯"]"#,
            "17",
            "\t\"x\"\r\n",
            "null",
        ];
        let alien: Vec<char> = "{}[]\",:\\ 01-+.eEutnfx/ü\u{1}\u{c}\u{1f}\n".chars().collect();
        for seed in seeds {
            assert!(is_json(seed), "{seed}");
            for at in seed.char_indices().map(|(at, _)| at).chain([seed.len()]) {
                let (before, behind) = seed.split_at(at);
                let mut rest = behind.chars();
                rest.next();
                let cut = format!("{before}{}", rest.as_str());
                let changed = alien.iter().flat_map(|alien| {
                    [
                        format!("{before}{alien}{}", rest.as_str()),
                        format!("{before}{alien}{behind}"),
                    ]
                });
                for text in changed.chain([cut, before.to_owned(), behind.to_owned()]) {
                    let is_taken = serde_json::from_str::<IgnoredAny>(&text).is_ok();
                    assert_eq!(is_json(&text), is_taken, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused_before_the_stack_is_spent() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_json(&nested(128)));
        assert!(!is_json(&nested(129)));
        assert!(!is_json(&"[{\"a\":".repeat(1_000_000)));
    }

    /// The elements of a list, by their outlines.
    fn outline(text: &str) -> Option<Vec<&str>> {
        let mut reader = Reader::new(text);
        let mut elements = Vec::new();
        reader.outline(&mut |element| elements.push(element))?;
        reader.is_done().then_some(elements)
    }

    #[test]
    fn lists_fall_into_the_same_elements_by_their_outline() {
        for text in [
            "[]",
            " [ ] ",
            r#"[{"a":[1,{"b":"],[\""}]} , 17,"x]" ,[[],[ ]] ,null ]"#,
            "[\t{}\r\n,{ }\n]\n",
        ] {
            let mut reader = Reader::new(text);
            let mut elements = Vec::new();
            assert!(reader.elements(&mut |element| elements.push(element)).is_some(), "{text}");
            assert_eq!(outline(text).as_deref(), Some(elements.as_slice()), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_by_its_outline_is_none() {
        for text in [
            "", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[}]", "[{]", "[1]x", "[1]]",
            "[\"x]", "[\"\n\"]", "[[]",
        ] {
            assert_eq!(outline(text), None, "{text:?}");
        }
        assert_eq!(outline("[{x}, 1 2]"), Some(vec!["{x}", "1 2"]), "each is read by itself");
    }

    #[test]
    fn strings_are_plain_up_to_the_first_byte_that_is_not() {
        for at in 0..20 {
            for byte in [b'"', b'\\', 0, 1, 0x1f] {
                let mut bytes = vec![b' '; 20];
                bytes[at] = byte;
                // What comes behind may look like anything.
                bytes.extend([0, 0x80, 0xff, b'"', 0x9f, 0x20, 0xa2]);
                assert_eq!(plain_length(&bytes), at, "{byte:#x}");
            }
        }
        for byte in 0..=u8::MAX {
            let is_plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
            assert_eq!(plain_length(&[byte; 9]), if is_plain { 9 } else { 0 }, "{byte:#x}");
            let pair = [byte, b'x', b'x', b'x', b'x', b'x', b'x', b'x', b'"'];
            assert_eq!(plain_length(&pair), if is_plain { 8 } else { 0 }, "{byte:#x}");
        }
    }

    #[test]
    fn it_stands_where_the_text_is_no_json() {
        let mut reader = Reader::new("{\n \"a\": x}");
        assert_eq!(reader.value(), None);
        assert_eq!(reader.place(), (2, 7));
    }
}
