//! What the worked examples share: showing their pictures, and those that the reader moves.

mod explore;

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use instruments::timeline::svg;
use instruments::timeline::text::{self, Style};
use instruments::timeline::{Level, Timeline};

pub use explore::{Explore, Knob};

/// Names the folder into which the examples write their pictures for the book. Without it, they
/// only print them.
const PICTURES: &str = "COURSE_PICTURES";

/// Prints a lesson's timelines and, if asked to, writes them as SVG. Those of one clock share the time
/// axis, and all of them the scales below the lanes, so that a gain is seen before it is said.
///
/// # Errors
/// If a picture cannot be written.
pub fn show(lesson: &str, pictures: &[(&str, Timeline)]) -> io::Result<()> {
    let style = Style::from_environment(|name| env::var(name).ok(), io::stdout().is_terminal());
    for (name, timeline) in pictures {
        println!("\n{name}: {}\n", timeline.proves);
        print!("{}", text::render(timeline, &style));
    }
    let Some(folder) = env::var_os(PICTURES) else {
        return Ok(());
    };
    let folder = Path::new(&folder).join(lesson);
    fs::create_dir_all(&folder)?;
    let timelines = || pictures.iter().map(|(_, timeline)| timeline);
    let at_once_max = timelines().map(Timeline::most_at_once).max();
    let levels = timelines().filter_map(|timeline| timeline.level.as_ref());
    let level_max = levels.map(Level::most).max();
    for (name, timeline) in pictures {
        let same_clock = timelines().filter(|other| other.unit == timeline.unit);
        let axis_end = same_clock.map(Timeline::end).max();
        let mut timeline = timeline.clone();
        timeline.title = name.replace('_', " ");
        let options = svg::Options {
            id: format!("{lesson}-{name}"),
            axis_end,
            at_once_max,
            level_max,
        };
        fs::write(
            folder.join(format!("{name}.svg")),
            svg::render(&timeline, &options),
        )?;
    }
    Ok(())
}
