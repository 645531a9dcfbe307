use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;

struct Fixture {
    course: Course,
    folder: TempDir,
}

impl Fixture {
    /// The lessons `pool` and `channels`.
    fn new(lib: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let summary = "# Summary\n- [P](pool.md)\n- [C](channels.md)\n";
        let course = Course::from_summary(folder.path(), summary).expect("a course");
        let fixture = Self { course, folder };
        fixture.write("src/lib.rs", lib);
        for (path, text) in files {
            fixture.write(path, text);
        }
        fixture
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("exercises").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    fn read(&self) -> Sources {
        Sources::read(&self.course, &"pool".parse().expect("a slug")).expect("read")
    }
}

fn paths(sources: &Sources) -> BTreeSet<String> {
    let paths = sources.files().map(|(path, _)| path.display().to_string());
    paths.map(|path| path.replace("exercises/", "")).collect()
}

const LIB: &str = "pub mod channels;\npub mod pool;\nmod util;\nmod unused;\n";

#[test]
fn a_lesson_is_built_from_what_it_names_and_from_nothing_else() {
    let fixture = Fixture::new(
        LIB,
        &[
            (
                "src/pool.rs",
                "mod split; // as channels do\nuse crate::util::f;",
            ),
            ("src/pool/split.rs", ""),
            ("src/util.rs", "mod deep;"),
            ("src/util/deep.rs", ""),
            ("src/unused.rs", ""),
            ("src/channels.rs", ""),
            ("tests/pool.rs", ""),
            ("tests/channels.rs", ""),
            ("tests/common/mod.rs", ""),
            ("tests/ui/pool/borrows.rs", ""),
            ("tests/ui/channels/other.rs", ""),
            ("src/.pool.rs.swp", ""),
        ],
    );
    let sources = fixture.read();
    let expected = [
        "src/pool.rs",
        "src/pool/split.rs",
        "src/util.rs",
        "src/util/deep.rs",
        "tests/common/mod.rs",
        "tests/pool.rs",
        "tests/ui/pool/borrows.rs",
    ];
    assert_eq!(paths(&sources), expected.map(str::to_owned).into());
    assert_eq!(sources.crate_root(), "\npub mod pool;\nmod util;\n\n");
    assert_eq!(sources.cases()[0].file, "pool/borrows.rs");
}

#[test]
fn another_lesson_comes_along_if_a_path_leads_to_it() {
    for used in [
        "use crate::channels::Queue;",
        "use super::channels;",
        "use crate::{channels::Queue, util};",
    ] {
        let files = [("src/pool.rs", used), ("src/channels.rs", "")];
        let sources = Fixture::new(LIB, &files).read();
        assert!(
            sources.contain(Path::new("exercises/src/channels.rs")),
            "{used}"
        );
        assert!(
            sources.crate_root().starts_with("pub mod channels;"),
            "{used}"
        );
    }
}

#[test]
fn what_lib_declares_comes_along_where_lib_may_use_it() {
    let lib = format!("{LIB}pub use unused::anything;\n");
    let files = [("src/pool.rs", ""), ("src/unused.rs", "")];
    let sources = Fixture::new(&lib, &files).read();
    assert!(sources.contain(Path::new("exercises/src/unused.rs")));
    assert!(sources.has_own_root());
}

#[test]
fn a_missing_file_is_named() {
    let fixture = Fixture::new(LIB, &[("src/pool.rs", "")]);
    let slug = "pool".parse().expect("a slug");
    let missing = fixture.read().missing(&fixture.course, &slug);
    assert_eq!(missing, Some(fixture.course.tests_path(&slug)));
    fixture.write("tests/pool.rs", "");
    assert_eq!(fixture.read().missing(&fixture.course, &slug), None);
}
