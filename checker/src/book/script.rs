//! Our scripts and stylesheets as they are shipped: without what only their authors need.

use std::path::Path;

/// `script` without indentation, blank lines, lines that are comments, and the blanks around signs that
/// only its readers need. No line of ours begins inside a text.
pub(super) fn shipped(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(|line| tight_script(line) + "\n")
        .collect()
}

/// Where a text or a pattern may hold one of the signs, the line stays as it is; a text in plain quotes is
/// told apart.
fn tight_script(line: &str) -> String {
    if line.contains(['"', '`', '/']) {
        return line.to_owned();
    }
    let parts = line.split('\'').enumerate();
    let parts: Vec<_> = parts
        .map(|(number, part)| match number % 2 {
            0 => replaced(part, &SIGNS),
            _ => part.to_owned(),
        })
        .collect();
    parts.join("'")
}

const SIGNS: [(&str, &str); 20] = [
    (" => ", "=>"),
    (" = ", "="),
    (" === ", "==="),
    (" !== ", "!=="),
    (" > ", ">"),
    (" < ", "<"),
    (" ? ", "?"),
    (" && ", "&&"),
    (" || ", "||"),
    (" ?? ", "??"),
    (" * ", "*"),
    (", ", ","),
    (" : ", ":"),
    (": ", ":"),
    ("; ", ";"),
    (" {", "{"),
    ("{ ", "{"),
    (" }", "}"),
    ("if (", "if("),
    (") ", ")"),
];

fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    let replace = |text: String, (wide, narrow): &(&str, &str)| text.replace(wide, narrow);
    pairs.iter().fold(text.to_owned(), replace)
}

/// `css` in one line, without indentation, comments that begin a line, and the blank before a value or
/// a block.
pub(super) fn shipped_style(css: &str) -> String {
    let mut in_comment = false;
    let mut out = String::with_capacity(css.len());
    for line in css.lines().map(str::trim) {
        let begins = in_comment || line.starts_with("/*");
        if begins {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() {
            if line.starts_with('}') {
                out.truncate(out.trim_end_matches(';').len());
            } else if !out.is_empty() && !out.ends_with(['{', '}', ';']) {
                // A selector or value goes on in the next line.
                out.push(' ');
            }
            out.push_str(&tight(line));
        }
    }
    out
}

/// A line of CSS without the blanks that only its readers need. No text of ours holds one of them.
fn tight(line: &str) -> String {
    let tighter = [
        (" {", "{"),
        ("{ ", "{"),
        (": ", ":"),
        ("; ", ";"),
        (";}", "}"),
        (", ", ","),
        (" > ", ">"),
        (" 0.", " ."),
        (":0.", ":."),
        (" !", "!"),
    ];
    replaced(line, &tighter)
}

/// Rewrites the script or stylesheet at `source` wherever it was built into the folder `out`: mdBook
/// puts a hash into its name, unless it is told not to.
pub(super) fn ship(source: &Path, out: &Path) -> std::io::Result<()> {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let extension = source.extension().unwrap_or_default().to_string_lossy();
    let shipped = if extension == "css" {
        shipped_style
    } else {
        shipped
    };
    let folder = out.join(source.parent().unwrap_or(Path::new("")));
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(hash) = name
            .strip_prefix(&*stem)
            .and_then(|rest| rest.strip_suffix(&format!(".{extension}")))
        else {
            continue;
        };
        if hash.is_empty() || hash.starts_with('-') {
            let script = std::fs::read_to_string(&path)?;
            std::fs::write(&path, shipped(&script))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_runs_is_left_out() {
        let script = "// Why.\n(() => {\n\t// How.\n\n\tlet a = 'x'; // says\n\tf(`//`);\n\
                      \tif (a === 'b, c') a = { d: a ? 1 : 2 };\n})();\n";
        assert_eq!(
            shipped(script),
            "(()=>{\nlet a = 'x'; // says\nf(`//`);\nif(a==='b, c')a={d:a?1:2};\n})();\n"
        );
    }

    #[test]
    fn a_stylesheet_loses_its_comments_and_its_indentation() {
        let css = "/* Why,\n   at length. */\n\na,\nb {\n    color: red;\n}\n/* How. */\nb > c { d: 0.5em 0.3em !important; }\n";
        assert_eq!(
            shipped_style(css),
            "a, b{color:red}b>c{d:.5em .3em!important}"
        );
    }

    #[test]
    fn a_built_script_is_found_by_its_name() {
        let out = tempfile::tempdir().expect("a folder");
        let path = |name: &str| out.path().join(name);
        std::fs::create_dir(path("assets")).expect("writable");
        for name in [
            "assets/quiz-12ab.js",
            "assets/quiz.js",
            "assets/quizzes-12.js",
            "quiz-12ab.js",
        ] {
            std::fs::write(path(name), "\tlet a;\n").expect("writable");
        }
        ship(Path::new("assets/quiz.js"), out.path()).expect("rewritten");
        let length = |name: &str| path(name).metadata().expect("there").len();
        assert_eq!(length("assets/quiz-12ab.js"), 7);
        assert_eq!(length("assets/quiz.js"), 7);
        assert_eq!(length("assets/quizzes-12.js"), 8);
        assert_eq!(length("quiz-12ab.js"), 8);
    }
}
