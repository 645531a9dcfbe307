//! Pictures that the reader moves: one program, run ahead for each value of one or two numbers.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use instruments::timeline::svg;
use instruments::timeline::{Level, Timeline};
use serde::Serialize;

use crate::PICTURES;

/// A number of the program that the reader moves.
#[derive(Debug, Clone, Serialize)]
pub struct Knob {
    /// What it counts, one of them: `worker`.
    pub one: &'static str,
    /// Several of them: `workers`.
    pub several: &'static str,
    /// The values that it takes, from left to right.
    pub values: &'static [u64],
    /// The value in the chapter's listing, with which the reader begins.
    pub default: u64,
}

/// The recorded runs of a program for all values of its knobs.
#[derive(Debug, Serialize)]
pub struct Explore {
    #[serde(skip)]
    name: &'static str,
    knobs: Vec<Knob>,
    runs: Vec<Run>,
}

/// What came of one choice of values.
#[derive(Debug, Serialize)]
struct Run {
    /// A value for each knob.
    values: Vec<u64>,
    /// What the run shows, in words.
    caption: String,
    /// Those who compare the design with another see two.
    #[serde(skip)]
    pictures: Vec<Timeline>,
}

impl Explore {
    /// Runs `program` for each value of `knob`. What its pictures prove is the caption, so the
    /// program makes that from what it recorded.
    ///
    /// # Panics
    /// If the knob does not take its default, or fewer than two values.
    pub fn new(name: &'static str, knob: Knob, program: impl Fn(u64) -> Vec<Timeline>) -> Self {
        let values = knob.values.iter();
        let runs = values.map(|value| Run::new(vec![*value], program(*value)));
        Self {
            name,
            runs: runs.collect(),
            knobs: vec![knob.checked()],
        }
    }

    /// Runs `program` for each pair of values.
    ///
    /// # Panics
    /// If a knob does not take its default, or fewer than two values.
    pub fn of_two(
        name: &'static str,
        knobs: [Knob; 2],
        program: impl Fn(u64, u64) -> Vec<Timeline>,
    ) -> Self {
        let [one, other] = knobs.map(Knob::checked);
        let pairs = one.values.iter();
        let pairs = pairs.flat_map(|a| other.values.iter().map(move |b| (*a, *b)));
        Self {
            name,
            runs: pairs
                .map(|(a, b)| Run::new(vec![a, b], program(a, b)))
                .collect(),
            knobs: vec![one, other],
        }
    }

    /// Prints what each run shows and, if asked to, writes its pictures and the list of runs for the
    /// book. All pictures share their scales, so that what a value changes is seen.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn show(&self, lesson: &str) -> io::Result<()> {
        for run in &self.runs {
            println!("{}: {}", self.name, run.caption);
        }
        let Some(folder) = env::var_os(PICTURES) else {
            return Ok(());
        };
        let folder = Path::new(&folder).join(lesson).join(self.name);
        fs::create_dir_all(&folder)?;
        for run in &self.runs {
            fs::write(folder.join(run.file_name()), self.page(lesson, run))?;
        }
        let mut list = serde_json::to_string_pretty(self)?;
        list.push('\n');
        fs::write(folder.join("runs.json"), list)
    }

    /// A page of its own, for readers whose browser does not put it into the chapter.
    fn page(&self, lesson: &str, run: &Run) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <link rel=\"stylesheet\" href=\"../../timeline.css\">\n</head>\n<body>\n",
            self.heading(run)
        );
        for (number, picture) in (1..).zip(&run.pictures) {
            let all = || {
                self.runs
                    .iter()
                    .filter_map(move |run| run.pictures.get(number - 1))
            };
            let every = || self.runs.iter().flat_map(|run| &run.pictures);
            let same_clock = every().filter(|other| other.unit == picture.unit);
            let options = svg::Options {
                id: format!("{lesson}-{}-{number}", self.name),
                axis_end: same_clock.map(Timeline::end).max(),
                at_once_max: every().map(Timeline::most_at_once).max(),
                level_max: all()
                    .filter_map(|other| other.level.as_ref())
                    .map(Level::most)
                    .max(),
            };
            let mut picture = picture.clone();
            if picture.title.is_empty() {
                picture.title = self.heading(run);
            }
            // Writing to a `String` cannot fail.
            let _ = writeln!(page, "{}", svg::render(&picture, &options).trim_end());
        }
        page + "</body>\n</html>\n"
    }

    /// `6 workers, queue of 12`
    fn heading(&self, run: &Run) -> String {
        let knobs = self.knobs.iter().zip(&run.values);
        let words = knobs.map(|(knob, value)| match value {
            1 => format!("1 {}", knob.one),
            _ => format!("{value} {}", knob.several),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Knob {
    fn checked(self) -> Self {
        assert!(
            self.values.len() > 1 && self.values.contains(&self.default),
            "{} takes {:?}, which must be several values with {} among them",
            self.several,
            self.values,
            self.default
        );
        self
    }
}

impl Run {
    fn new(values: Vec<u64>, pictures: Vec<Timeline>) -> Self {
        let captions = pictures.iter().map(|picture| picture.proves.as_str());
        Self {
            values,
            caption: captions.collect::<Vec<_>>().join(" "),
            pictures,
        }
    }

    /// `6.html`, `6-12.html`
    fn file_name(&self) -> String {
        let values = self.values.iter().map(u64::to_string);
        values.collect::<Vec<_>>().join("-") + ".html"
    }
}

#[cfg(test)]
mod tests {
    use instruments::timeline::Unit;

    use super::*;

    fn timeline(proves: String) -> Timeline {
        Timeline {
            title: String::new(),
            proves,
            unit: Unit::Milliseconds,
            lanes: Vec::new(),
            moments: Vec::new(),
            hand_overs: Vec::new(),
            at_once: None,
            level: None,
        }
    }

    const WORKERS: Knob = Knob {
        one: "worker",
        several: "workers",
        values: &[1, 3],
        default: 3,
    };

    #[test]
    fn each_value_is_run_and_its_caption_is_what_its_pictures_prove() {
        let explore = Explore::new("pool", WORKERS, |workers| {
            vec![timeline(format!("{workers} at once."))]
        });
        let captions: Vec<_> = explore
            .runs
            .iter()
            .map(|run| run.caption.as_str())
            .collect();
        assert_eq!(captions, ["1 at once.", "3 at once."]);
        assert_eq!(explore.runs[1].file_name(), "3.html");
    }

    #[test]
    fn two_knobs_make_a_run_for_each_pair() {
        let queue = Knob {
            one: "place",
            several: "places",
            values: &[0, 6],
            default: 0,
        };
        let explore = Explore::of_two("pool", [WORKERS, queue], |_, _| Vec::new());
        let names: Vec<_> = explore.runs.iter().map(Run::file_name).collect();
        assert_eq!(names, ["1-0.html", "1-6.html", "3-0.html", "3-6.html"]);
        assert_eq!(explore.heading(&explore.runs[1]), "1 worker, 6 places");
    }

    #[test]
    #[should_panic(expected = "workers takes [1], which must be several values")]
    fn a_knob_without_a_choice_is_refused() {
        let stuck = Knob {
            values: &[1],
            default: 1,
            ..WORKERS
        };
        Explore::new("pool", stuck, |_| Vec::new());
    }
}
