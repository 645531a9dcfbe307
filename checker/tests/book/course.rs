//! A small course in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};

use checker::book::Edition;
use checker::course::Course;
use tempfile::TempDir;

pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// Two lessons, the first with a quiz.
    pub fn new() -> Self {
        let fixture = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        for asset in ["page.js", "quiz.js", "course.css"] {
            let bytes = fs::read_to_string(manifest.join("src/book/assets").join(asset));
            fixture.write(asset, &bytes.expect("the asset is there"));
        }
        fixture.write(
            "book.toml",
            &format!(
                "[book]\ntitle = \"Fixture\"\n[build]\nextra-watch-dirs = [\"quiz\"]\n\
                 [preprocessor.checker]\ncommand = '{} preprocess'\nrenderers = [\"html\"]\n\
                 [output.html]\nadditional-css = [\"course.css\"]\nadditional-js = [\"page.js\", \"quiz.js\"]\n\
                 [output.html.playground]\nrunnable = false\n",
                env!("CARGO_BIN_EXE_checker")
            ),
        );
        fixture.write(
            "src/SUMMARY.md",
            "# Summary\n\n[Start](start.md)\n\n- [Pool](pool.md)\n- [Other](other.md)\n",
        );
        fixture.write("src/start.md", "# Start\n");
        fixture.write(
            "src/pool.md",
            "# Pool\n\n{{#quiz pool}}\n\nThe end.\n\n## From Go\n\n## Takeaways\n",
        );
        fixture.write("src/other.md", "# Other\n");
        let quiz = fs::read_to_string(manifest.join("tests/fixtures/quiz.toml"));
        fixture.write("quiz/pool.toml", &quiz.expect("the fixture is there"));
        fixture
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let parent = path.parent().expect("a file has a folder");
        fs::create_dir_all(parent).expect("writable");
        fs::write(path, text).expect("writable");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("readable")
    }

    pub fn course(&self) -> Course {
        Course::find(self.folder.path()).expect("the fixture is a course")
    }

    /// Builds the book into `book`.
    pub fn build(&self) -> anyhow::Result<checker::book::Built> {
        checker::book::build(&self.course(), Edition::Learners, &self.path("book"))
    }
}
