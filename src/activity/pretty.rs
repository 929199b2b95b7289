//! JSON text as people read it.

/// The deepest that lines are moved in; deeper ones stay at that, or text that is all brackets would
/// become as wide as it is long.
const DEPTH_MAX: usize = 40;

/// The same JSON with a line for each of its values, every number and string as it came. Of text that
/// is none, nothing is lost or added but white space.
#[must_use]
pub fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_escaped, mut in_string) = (0_usize, false, false);
    let mut rest = json.chars().peekable();
    while let Some(character) = rest.next() {
        if in_string {
            text.push(character);
            in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                text.push(character);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                let end = if character == '{' { '}' } else { ']' };
                if rest.next_if_eq(&end).is_some() {
                    text.push(end);
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(',');
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_string = character == '"';
                text.push(character);
            }
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth.min(DEPTH_MAX) {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn every_value_has_a_line() {
        for (json, expected) in [
            ("1", "1"),
            ("{}", "{}"),
            ("[ ]", "[]"),
            (r#""a\"{,\\""#, r#""a\"{,\\""#),
            (
                r#"{"exit_code":0,"list":[1,12345678901234567890,{"deep":"x: [y, z]"}],"none":{ }}"#,
                r#"{
  "exit_code": 0,
  "list": [
    1,
    12345678901234567890,
    {
      "deep": "x: [y, z]"
    }
  ],
  "none": {}
}"#,
            ),
        ] {
            assert_eq!(pretty(json), expected);
            assert_eq!(pretty(expected), expected, "what is pretty stays so");
        }
    }

    #[test]
    fn what_is_no_json_keeps_all_that_is_no_white_space() {
        let visible =
            |text: &str| text.chars().filter(|it| !it.is_whitespace()).collect::<String>();
        for text in ["}}]", "{\"open", "a,b:c", "\"\\", "[[[[", "{\"ü\":\u{202e}}"] {
            assert_eq!(visible(&pretty(text)), visible(text), "{text}");
        }
    }

    #[test]
    fn brackets_alone_do_not_become_a_page_of_spaces() {
        let deep = "[".repeat(10_000);
        assert!(pretty(&deep).len() < 1_000_000);
    }
}
