//! The Rust fences of a Markdown text.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A fenced block of Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    /// What follows the opening backticks: `rust,no_run`.
    pub info: String,
    /// Line of the opening backticks, counted from 1.
    pub line: usize,
    /// The lines in between, with their numbers.
    pub body: Vec<(usize, String)>,
}

/// What an author wants of a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Demand {
    /// It compiles.
    Compiles,
    /// It fails with this code.
    FailsWith(String),
}

/// Finds all fences marked `rust`, wherever they stand: in lists, quotes, between HTML tags.
pub(super) fn rust_fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    let options = Options::ENABLE_GFM | Options::ENABLE_FOOTNOTES | Options::ENABLE_TABLES;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let line = text[..range.start].matches('\n').count() + 1;
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if is_rust(&info) => {
                open = Some(Fence {
                    info: info.into_string(),
                    line,
                    body: Vec::new(),
                });
            }
            Event::Text(chunk) => {
                if let Some(fence) = &mut open {
                    let lines = chunk.lines().enumerate();
                    fence
                        .body
                        .extend(lines.map(|(index, text)| (line + index, text.to_owned())));
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}

fn is_rust(info: &str) -> bool {
    tags(info).next() == Some("rust")
}

fn tags(info: &str) -> impl Iterator<Item = &str> {
    info.split([',', ' ']).filter(|tag| !tag.is_empty())
}

impl Fence {
    /// Reads the tags after `rust`.
    ///
    /// # Errors
    /// If one says nothing that can be checked; what to write instead.
    pub fn demand(&self) -> Result<Demand, String> {
        let mut fails = false;
        let mut code = None;
        for tag in tags(&self.info).skip(1) {
            match tag {
                "compile_fail" => fails = true,
                "no_run"
                | "should_panic"
                | "editable"
                | "noplayground"
                | "edition2024"
                | checker::book::WRONG => {}
                _ if tag.starts_with("hidelines=") => {}
                _ if is_code(tag) => code = Some(tag.to_owned()),
                _ if tag.starts_with("ignore") => {
                    return Err(
                        "`ignore` hides it from the compiler; let it compile, or mark it \
                                `compile_fail` with the error's code"
                            .to_owned(),
                    );
                }
                _ => return Err(format!("`{tag}` is not a known mark; is it a slip?")),
            }
        }
        match (fails, code) {
            (false, None) => Ok(Demand::Compiles),
            (true, Some(code)) => Ok(Demand::FailsWith(code)),
            (true, None) => Err("`compile_fail` needs the error's code beside it: \
                                 `rust,compile_fail,E0382`, or `no_code` if it has none"
                .to_owned()),
            (false, Some(code)) => Err(format!("`{code}` needs `compile_fail` before it")),
        }
    }
}

/// `E0382`, or the name of a lint that is denied: `static_mut_refs`. An error that has neither is
/// marked `no_code`.
fn is_code(tag: &str) -> bool {
    let is_number = tag.strip_prefix('E').is_some_and(|digits| {
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    is_number || (tag.contains('_') && tag.split('_').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_found_with_their_lines_wherever_they_stand() {
        let text = "\
# Title

```rust
let a = 1;

let b = 2;
```

- item

  ```rust,no_run
  let c = 3;
  ```

> ```rust
> let d = 4;
> ```

<details>

```rust
let e = 5;
```

</details>

```text
no
```
";
        let fences = rust_fences(text);
        let lines: Vec<_> = fences
            .iter()
            .map(|fence| (fence.line, fence.body.clone()))
            .collect();
        assert_eq!(
            lines,
            [
                (
                    3,
                    vec![
                        (4, "let a = 1;".into()),
                        (5, String::new()),
                        (6, "let b = 2;".into())
                    ]
                ),
                (11, vec![(12, "let c = 3;".into())]),
                (15, vec![(16, "let d = 4;".into())]),
                (21, vec![(22, "let e = 5;".into())]),
            ]
        );
    }

    #[test]
    fn marks_say_what_is_wanted() {
        let demand = |info: &str| {
            Fence {
                info: info.into(),
                line: 1,
                body: vec![],
            }
            .demand()
        };
        assert_eq!(demand("rust"), Ok(Demand::Compiles));
        assert_eq!(demand("rust,no_run"), Ok(Demand::Compiles));
        assert_eq!(
            demand("rust,compile_fail,E0382"),
            Ok(Demand::FailsWith("E0382".into()))
        );
        assert_eq!(
            demand("rust,compile_fail,static_mut_refs"),
            Ok(Demand::FailsWith("static_mut_refs".into()))
        );
        for (info, says) in [
            ("rust,ignore", "hides it"),
            ("rust,compile_fail", "needs the error's code"),
            ("rust,E0382", "needs `compile_fail`"),
            ("rust,no-run", "is it a slip"),
            ("rust,edition2021", "is it a slip"),
        ] {
            assert!(demand(info).unwrap_err().contains(says), "{info}");
        }
    }
}
