//! The few places of index.html that packing reads or changes. Trunk wrote them: each is looked for
//! in Trunk's own spelling, and one that is not there is a failure.

use std::ops::Range;

use crate::failure::{Failure, Result};

/// How a script that stands in the page begins and ends.
const SCRIPT: &str = r#"<script type="module">"#;
const SCRIPT_END: &str = "</script>";

/// The sheets that a page links, side by side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StyleSheets {
    /// Their files, in the order in which they count.
    pub(super) names: Vec<String>,
    /// Where their tags are, from the first to the last.
    place: Range<usize>,
    /// What their addresses begin with.
    folder: String,
}

/// A file as the page names it.
#[derive(Debug)]
pub(super) struct PageFile {
    pub(super) name: String,
    /// Its checksum as browsers compare it.
    pub(super) integrity: String,
}

/// What wasm-opt is told beside how small: which of WebAssembly's features the page may have.
pub(super) fn wasm_opt_parameters(source: &str) -> Result<Vec<String>> {
    let tag = tags(source).find_map(|tag| attribute(&source[tag], "data-wasm-opt-params"));
    tag.map(|value| value.split_whitespace().map(str::to_owned).collect()).ok_or_else(|| {
        Failure::new("index.html has no data-wasm-opt-params; restore it from the repository")
    })
}

/// The page after the content of the file `name` has changed.
///
/// The name stays Trunk's, and with it a hash that does not know about the packing. The gateway lets
/// browsers keep files with such names for ever; what they kept of a page that was packed otherwise
/// would fail the new checksum, and nothing would load. So the address changes with the content, in
/// its query.
pub(super) fn with_content(html: &str, name: &str, hash: &str, integrity: &str) -> Result<String> {
    let changed = |tag: &str| {
        let old = attribute(tag, "integrity").filter(|_| tag.contains(name))?;
        Some(tag.replacen(old, integrity, 1))
    };
    let (mut text, mut end, mut found) = (String::new(), 0, 0);
    for place in tags(html) {
        if let Some(tag) = changed(&html[place.clone()]) {
            text += &html[end..place.start];
            text += &tag;
            end = place.end;
            found += 1;
        }
    }
    text += &html[end..];
    let addresses = text.matches(name).count();
    if found == 1 && addresses == 2 {
        return Ok(text.replace(name, &format!("{name}?{hash}")));
    }
    Err(Failure::new(format!(
        "dist/index.html names {name} {addresses} times, with {found} checksums, where Trunk's \
         loader and preload are expected; see xtask/src/pack/html.rs"
    )))
}

/// The page without the preloads of what is in `folder`, all of which is in another file by now.
pub(super) fn without_snippets(html: &str, folder: &str) -> Result<String> {
    let is_in_folder = |tag: &str| {
        attribute(tag, "href").is_some_and(|address| address.split('/').any(|part| part == folder))
    };
    let (mut text, mut end) = (String::new(), 0);
    for place in tags(html).filter(|place| is_in_folder(&html[place.clone()])) {
        text += &html[end..place.start];
        end = place.end;
    }
    text += &html[end..];
    if end > 0 && !text.contains(folder) {
        return Ok(text);
    }
    Err(Failure::new(format!(
        "dist/index.html should name what is in {folder}/ in preloads and nowhere else; see \
         xtask/src/pack/html.rs"
    )))
}

/// The page with the file `name`, which starts the program, in the place of Trunk's script that did:
/// a page whose security policy is strict runs no script that stands in it.
pub(super) fn without_inline_script(html: &str, name: &str) -> Result<String> {
    let unexpected = |what: &str| {
        Err(Failure::new(format!(
            "dist/index.html has no {what} for {name}; see xtask/src/pack/html.rs"
        )))
    };
    let script = html.match_indices(SCRIPT).find_map(|(start, _)| {
        let length = html[start..].find(SCRIPT_END)? + SCRIPT_END.len();
        html[start..start + length].contains(name).then_some(start..start + length)
    });
    let Some(script) = script else { return unexpected("script") };
    let is_preload = |tag: &str| attribute(tag, "rel") == Some("modulepreload");
    let preload = tags(html).find(|tag| is_preload(&html[tag.clone()]) && tag.start > script.end);
    let Some(preload) = preload else { return unexpected("modulepreload after its script") };
    let tag = &html[preload.clone()];
    match (attribute(tag, "href"), attribute(tag, "integrity")) {
        (Some(address), Some(integrity)) if address.contains(name) => Ok(format!(
            r#"{}<script type="module" src="{address}" integrity="{integrity}"></script>{}{}"#,
            &html[..script.start],
            &html[script.end..preload.start],
            &html[preload.end..]
        )),
        _ => unexpected("modulepreload with a checksum"),
    }
}

/// Finds the sheets.
pub(super) fn style_sheets(html: &str) -> Result<StyleSheets> {
    let mut sheets = StyleSheets { names: Vec::new(), place: 0..0, folder: String::new() };
    for place in tags(html) {
        let tag = &html[place.clone()];
        if attribute(tag, "rel") != Some("stylesheet") {
            continue;
        }
        let address = attribute(tag, "href").unwrap_or_default();
        let (folder, name) = address.rfind('/').map_or(("", address), |slash| {
            let (folder, name) = address.split_at(slash + 1);
            (folder, name)
        });
        if sheets.names.is_empty() {
            sheets.place = place.clone();
            folder.clone_into(&mut sheets.folder);
        }
        let between = html.get(sheets.place.end..place.start).unwrap_or_default();
        if folder != sheets.folder
            || !between.trim().is_empty()
            || attribute(tag, "media").is_some()
        {
            return Err(Failure::new(format!(
                "dist/index.html links {address} apart from the other sheets or in another way; \
                 they can be made one only if it does not"
            )));
        }
        sheets.names.push(name.to_owned());
        sheets.place.end = place.end;
    }
    if sheets.names.is_empty() {
        return Err(Failure::new("dist/index.html links no sheet; see xtask/src/pack/html.rs"));
    }
    Ok(sheets)
}

/// The page with the sheet `name` in the place of all others.
pub(super) fn with_one_style_sheet(
    html: &str,
    sheets: &StyleSheets,
    PageFile { name, integrity }: &PageFile,
) -> String {
    let StyleSheets { place, folder, .. } = sheets;
    format!(
        r#"{}<link rel="stylesheet" href="{folder}{name}" integrity="{integrity}"/>{}"#,
        &html[..place.start],
        &html[place.end..]
    )
}

/// The page that also says where the deferred part of its program is, and the sheet of that: beside
/// the style sheet. What starts the program reads this (`entry.js`).
pub(super) fn with_deferred(html: &str, program: &PageFile, style: &PageFile) -> Result<String> {
    let StyleSheets { place, folder, .. } = style_sheets(html)?;
    let (before, after) = html.split_at(place.start);
    let address = |file: &PageFile| format!("{folder}{}", file.name);
    Ok(format!(
        r#"{before}<meta name="agent-activity-deferred" content="{}" data-integrity="{}" data-style="{}" data-style-integrity="{}"/>
    {after}"#,
        address(program),
        program.integrity,
        address(style),
        style.integrity
    ))
}

/// Where the `<link>` tags are. None of their values holds a `>`.
fn tags(html: &str) -> impl Iterator<Item = Range<usize>> {
    html.match_indices("<link ").filter_map(|(start, _)| {
        let length = html[start..].find('>')?;
        Some(start..start + length + 1)
    })
}

/// The value of a tag's attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = format!(" {name}=\"");
    let value = &tag[tag.find(&start)? + start.len()..];
    Some(&value[..value.find('"')?])
}

#[cfg(test)]
mod tests {
    use super::{
        PageFile, style_sheets, wasm_opt_parameters, with_content, with_deferred,
        with_one_style_sheet, without_inline_script, without_snippets,
    };

    /// As Trunk writes it.
    const PAGE: &str = r#"<head>
    <link rel="icon" href="/i-1.svg" integrity="sha384-icon"/>
    <link rel="stylesheet" href="/b-1.css" integrity="sha384-b"/>
    <link rel="stylesheet" href="/a-2.css" integrity="sha384-a"/>

<script type="module">
import init, * as bindings from '/p-3.js';
const wasm = await init({ module_or_path: '/p-3_bg.wasm' });
</script>
<link rel="modulepreload" href="/p-3.js" crossorigin="anonymous" integrity="sha384-js"><link rel="preload" href="/p-3_bg.wasm" crossorigin="anonymous" integrity="sha384-wasm" as="fetch"></head>"#;

    fn file(name: &str, integrity: &str) -> PageFile {
        PageFile { name: name.to_owned(), integrity: integrity.to_owned() }
    }

    #[test]
    fn the_features_are_those_of_the_project_s_own_page() {
        let parameters = wasm_opt_parameters(include_str!("../../../index.html"));
        let parameters = parameters.expect("the page has them");
        assert!(parameters.iter().all(|one| one.starts_with("--enable-")), "{parameters:?}");
        assert!(parameters.contains(&"--enable-bulk-memory".to_owned()), "{parameters:?}");
        assert!(wasm_opt_parameters("<link data-trunk>").is_err());
    }

    #[test]
    fn changed_content_has_another_address_and_checksum_wherever_it_is_named() {
        let page = with_content(PAGE, "p-3.js", "feed", "sha384-new").expect("it is named twice");
        assert!(page.contains("from '/p-3.js?feed';"), "{page}");
        let preload = r#"href="/p-3.js?feed" crossorigin="anonymous" integrity="sha384-new">"#;
        assert!(page.contains(preload), "{page}");
        assert!(!page.contains("sha384-js"), "{page}");
        assert_eq!(page.matches("p-3_bg.wasm").count(), 2);
        assert!(page.contains("sha384-wasm") && page.contains("sha384-icon"), "{page}");
        let page = with_content(&page, "p-3_bg.wasm", "beef", "sha384-2").expect("it, too");
        assert!(page.contains("module_or_path: '/p-3_bg.wasm?beef'"), "{page}");
        assert!(page.contains(r#"integrity="sha384-2" as="fetch"></head>"#), "{page}");
    }

    #[test]
    fn a_page_that_names_its_files_otherwise_is_not_touched() {
        let sentence = with_content(PAGE, "other.js", "feed", "sha384-new").expect_err("absent");
        assert!(sentence.to_string().contains("names other.js 0 times, with 0 checksums"));
        let unchecked = PAGE.replace(r#" integrity="sha384-js""#, "");
        assert!(with_content(&unchecked, "p-3.js", "feed", "sha384-new").is_err());
    }

    #[test]
    fn what_became_part_of_another_file_is_not_loaded_ahead() {
        let preload =
            r#"<link rel="modulepreload" href="/snippets/a-1/b.js" integrity="sha384-b">"#;
        let with = PAGE.replace("</head>", &format!("{preload}{preload}</head>"));
        assert_eq!(without_snippets(&with, "snippets").expect("it has two"), PAGE);
        assert!(without_snippets(PAGE, "snippets").is_err(), "there are none");
        let elsewhere = with.replace("</head>", "<script src=\"/snippets/c.js\"></script></head>");
        assert!(without_snippets(&elsewhere, "snippets").is_err(), "one is loaded otherwise");
    }

    #[test]
    fn what_starts_the_program_is_a_file() {
        let page = without_inline_script(PAGE, "p-3.js").expect("it has a script and a preload");
        assert!(!page.contains("import init") && !page.contains("modulepreload"), "{page}");
        let script = r#"<script type="module" src="/p-3.js" integrity="sha384-js"></script>"#;
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains(script), "{page}");
        assert!(page.contains(r#"<link rel="preload" href="/p-3_bg.wasm""#), "{page}");
        for other in [
            PAGE.replace(r#"type="module">"#, ">"),
            PAGE.replace(r#"rel="modulepreload""#, r#"rel="preload""#),
            PAGE.replace(r#" integrity="sha384-js""#, ""),
        ] {
            assert!(without_inline_script(&other, "p-3.js").is_err(), "{other}");
        }
        assert!(without_inline_script(PAGE, "q-4.js").is_err(), "another program's");
    }

    #[test]
    fn one_sheet_takes_the_place_of_all() {
        let sheets = style_sheets(PAGE).expect("there are two");
        assert_eq!(sheets.names, ["b-1.css", "a-2.css"]);
        let page = with_one_style_sheet(PAGE, &sheets, &file("style-4.css", "sha384-new"));
        assert_eq!(page.matches("stylesheet").count(), 1);
        let link = "svg\" integrity=\"sha384-icon\"/>\n    \
                    <link rel=\"stylesheet\" href=\"/style-4.css\" integrity=\"sha384-new\"/>\n\n\
                    <script";
        assert!(page.contains(link), "{page}");
    }

    #[test]
    fn the_deferred_part_is_named_with_its_checksum_beside_the_sheets() {
        let [program, style] =
            [file("rest-5.wasm", "sha384-rest"), file("rest-6.css", "sha384-style")];
        let page = with_deferred(PAGE, &program, &style).expect("there are sheets");
        let place = "<meta name=\"agent-activity-deferred\" content=\"/rest-5.wasm\" \
                     data-integrity=\"sha384-rest\" data-style=\"/rest-6.css\" \
                     data-style-integrity=\"sha384-style\"/>\n    <link rel=\"stylesheet\" href=\"/b-1.css\"";
        assert!(page.contains(place), "{page}");
        assert_eq!(style_sheets(&page).expect("as before").names, ["b-1.css", "a-2.css"]);
    }

    #[test]
    fn sheets_that_cannot_become_one_are_a_failure() {
        let between = PAGE.replace("sha384-b\"/>", "sha384-b\"/><style>a {}</style>");
        assert!(style_sheets(&between).is_err());
        let elsewhere = PAGE.replace("/a-2.css", "/else/a-2.css");
        assert!(style_sheets(&elsewhere).is_err());
        let printed = PAGE.replace("href=\"/a-2.css\"", "href=\"/a-2.css\" media=\"print\"");
        assert!(style_sheets(&printed).is_err());
        assert!(style_sheets("<head></head>").is_err());
    }
}
