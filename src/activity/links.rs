//! Addresses in texts.

/// What an address begins with, in the only two schemes that a text of a server may lead to.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Where the next web address stands in `text`, from this byte on: the bytes from first to one after
/// the last.
///
/// It goes to the next blank, quote or angle bracket. Punctuation that ends it belongs to the
/// sentence, and so does a closing bracket that nothing in the address opens.
#[must_use]
pub fn next_link(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let bytes = text.as_bytes().get(from..)?;
        let start = from + bytes.windows(4).position(|four| four == b"http")?;
        from = start + 4;
        let rest = text.get(start..)?;
        let Some(scheme) = SCHEMES.iter().find(|scheme| rest.starts_with(**scheme)) else {
            continue;
        };
        // What looks like the end of another scheme is none of ours.
        let before = text.get(..start)?.chars().next_back();
        if before.is_some_and(|before| is_word(before) || matches!(before, '+' | '-')) {
            continue;
        }
        let length = rest.chars().take_while(|&it| !is_end(it)).map(char::len_utf8).sum();
        let address = trimmed(rest.get(..length)?);
        let host = address.get(scheme.len()..).and_then(|host| host.chars().next());
        if host.is_some_and(|first| is_word(first) || first == '[') {
            return Some((start, start + address.len()));
        }
    }
}

/// A letter or a digit, as far as it matters here: the tables that tell it of all of Unicode weigh
/// more than all the rest of this.
const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || !character.is_ascii()
}

/// A blank of any width, a quote or a bracket that nobody writes into an address, or the sign for a
/// line break.
const fn is_end(character: char) -> bool {
    matches!(
        character,
        '\0'..=' ' | '<' | '>' | '"' | '`' | '⏎' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{3000}'
    )
}

/// The address without what belongs to the sentence around it.
fn trimmed(address: &str) -> &str {
    let count = |wanted: char| address.chars().filter(|&it| it == wanted).count();
    // How many more there are that close than that open: counted once, however many are taken off.
    let mut surplus = [('(', ')'), ('[', ']'), ('{', '}')]
        .map(|(opening, closing)| (closing, count(closing).saturating_sub(count(opening))));
    let mut end = address.len();
    for last in address.chars().rev() {
        let is_punctuation = matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'');
        let mut surplus = surplus.iter_mut().filter(|(closing, _)| *closing == last);
        match surplus.next() {
            Some((_, number)) if *number > 0 => *number -= 1,
            _ if is_punctuation => {}
            _ => break,
        }
        end -= last.len_utf8();
    }
    address.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some((start, end)) = next_link(text, from) {
            found.push(&text[start..end]);
            from = end;
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        check("no address", &[]);
        check("see https://a.example/b?c=d#e.", &["https://a.example/b?c=d#e"]);
        check("(http://a.example/x_(y)), then", &["http://a.example/x_(y)"]);
        check(r#"{"url":"https://a.example/"}"#, &["https://a.example/"]);
        check(
            "<https://a.example>; https://b.example!",
            &["https://a.example", "https://b.example"],
        );
        check("http://[::1]:8080/x", &["http://[::1]:8080/x"]);
        check("[http://127.0.0.1:8000/]", &["http://127.0.0.1:8000/"]);
        check("https://bücher.example/ä ⏎ x", &["https://bücher.example/ä"]);
    }

    #[test]
    fn nothing_else_is_an_address() {
        check("javascript:alert(1) data:text/html,x file:///etc/passwd", &[]);
        check("http:// https:// http://. xhttp://a.example git+https://a.example", &[]);
        check("javascript:http://a.example/", &["http://a.example/"]);
        check("HTTP://A.EXAMPLE", &[]);
        check("httphttp://a.example http", &[]);
    }
}
