//! What a class does when: made from the minutes at the heads of the chapters and from the plan of the
//! course.
//!
//! Every lesson is shown, half as long as its chapter takes to read, because the class has read it
//! before; then the room is asked, for five minutes. Exercises are solved in the room for as long as there is time, those
//! first that a class gains most from. What does not fit is left for later.

use std::fmt::Write as _;

use crate::course::{Course, ExerciseKind, Minutes, Slug};

/// What one lesson asks of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Names the lesson.
    pub slug: Slug,
    /// As `SUMMARY.md` has it.
    pub title: String,
    /// Minutes to read the chapter.
    pub read: u32,
    /// Minutes to solve the exercise, in the middle of what the chapter says. `None` if there is none.
    pub solve: Option<u32>,
}

/// A stretch of time without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `Day 1, morning`
    pub name: String,
    /// How long it is.
    pub minutes: u32,
}

/// A class from its first session to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// What is done in each session.
    pub sessions: Vec<Planned>,
    /// What the room has no time for.
    pub later: Vec<Item>,
}

/// What is done in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub session: Session,
    /// In this order.
    pub items: Vec<Item>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Names the lesson.
    pub slug: Slug,
    /// As `SUMMARY.md` has it.
    pub title: String,
    /// What is done.
    pub what: Activity,
    /// How long it takes.
    pub minutes: u32,
}

/// What a class does with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// The trainer shows the chapter's problem, its pattern and its picture.
    Show,
    /// Each learner writes the exercise.
    Solve,
}

/// Classes that are often given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Frame {
    /// Six hours in two sessions.
    OneDay,
    /// Twelve hours in four sessions.
    TwoDays,
    /// Ten hours in five sessions.
    FiveEvenings,
}

impl Frame {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OneDay, Self::TwoDays, Self::FiveEvenings];

    /// For a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::OneDay => "One day",
            Self::TwoDays => "Two days",
            Self::FiveEvenings => "Five evenings",
        }
    }

    /// Its sessions.
    pub fn sessions(self) -> Vec<Session> {
        let session = |name: &str, minutes| Session {
            name: name.to_owned(),
            minutes,
        };
        match self {
            Self::OneDay => vec![session("Morning", 180), session("Afternoon", 180)],
            Self::TwoDays => vec![
                session("Day 1, morning", 180),
                session("Day 1, afternoon", 180),
                session("Day 2, morning", 180),
                session("Day 2, afternoon", 180),
            ],
            Self::FiveEvenings => (1..=5)
                .map(|evening| session(&format!("Evening {evening}"), 120))
                .collect(),
        }
    }
}

/// Sessions of three hours, and what is left as one more.
pub fn of_hours(hours: u32) -> Vec<Session> {
    const LONGEST: u32 = 180;
    let minutes = hours * 60;
    (0..minutes.div_ceil(LONGEST))
        .map(|index| Session {
            name: format!("Session {}", index + 1),
            minutes: LONGEST.min(minutes - index * LONGEST),
        })
        .collect()
}

/// What the lessons called `slugs` need, or, if there are none, those of the core path.
///
/// # Errors
/// If a chapter does not say how long it takes.
pub fn needs(course: &Course, slugs: &[Slug]) -> Result<Vec<Needs>, String> {
    let chosen = course.lessons().filter(|lesson| {
        if slugs.is_empty() {
            course.curriculum().is_core(&lesson.slug)
        } else {
            slugs.contains(&lesson.slug)
        }
    });
    let needs = chosen.map(|lesson| {
        let path = course.chapter_path(&lesson.slug);
        let chapter = std::fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let minutes = Minutes::of(&chapter).ok_or_else(|| {
            format!(
                "{} does not say at its head how long the lesson takes; write `To read: 15 \
                 minutes. To solve: 60 to 90 minutes.`",
                path.display()
            )
        })?;
        let solve = match lesson.exercise {
            ExerciseKind::Program => minutes.solve.as_deref().map(middle),
            ExerciseKind::None => None,
        };
        Ok(Needs {
            slug: lesson.slug.clone(),
            title: lesson.title.clone(),
            read: middle(&minutes.read),
            solve,
        })
    });
    needs.collect()
}

/// `75` of `60 to 90`.
fn middle(minutes: &str) -> u32 {
    let numbers: Vec<u32> = minutes
        .split(" to ")
        .filter_map(|word| word.parse().ok())
        .collect();
    let count = u32::try_from(numbers.len()).unwrap_or(1).max(1);
    numbers.iter().sum::<u32>() / count
}

/// Puts `lessons` into `sessions`. Those exercises are left out first that stand last in `together`, or
/// not in it at all; then the last lessons.
pub fn plan(lessons: &[Needs], sessions: &[Session], together: &[Slug]) -> Agenda {
    let rank = |slug: &Slug| together.iter().position(|other| other == slug);
    let mut solved: Vec<&Slug> = lessons
        .iter()
        .filter(|lesson| lesson.solve.is_some())
        .map(|lesson| &lesson.slug)
        .collect();
    solved.sort_by_key(|slug| rank(slug).unwrap_or(usize::MAX));
    let mut shown = lessons.len();
    loop {
        if let Some(planned) = fill(&lessons[..shown], &solved, sessions) {
            let items = lessons.iter().flat_map(items);
            let is_planned = |item: &Item| {
                let mut all = planned.iter().flat_map(|session| &session.items);
                all.any(|planned| planned == item)
            };
            return Agenda {
                later: items.filter(|item| !is_planned(item)).collect(),
                sessions: planned,
            };
        }
        if solved.pop().is_none() {
            shown -= 1;
        }
    }
}

/// Minutes for questions to the room, after what was shown.
const ASKED: u32 = 5;

/// All that could be done with a lesson.
fn items(lesson: &Needs) -> impl Iterator<Item = Item> {
    let item = |what, minutes| Item {
        slug: lesson.slug.clone(),
        title: lesson.title.clone(),
        what,
        minutes,
    };
    let show = item(Activity::Show, in_fives(lesson.read.div_ceil(2)) + ASKED);
    let solve = lesson
        .solve
        .map(|minutes| item(Activity::Solve, in_fives(minutes)));
    [Some(show), solve].into_iter().flatten()
}

/// A class follows no clock more closely.
fn in_fives(minutes: u32) -> u32 {
    minutes.div_ceil(5) * 5
}

/// `None` if it does not fit. What does not fit into a session any more begins the next one.
fn fill(lessons: &[Needs], solved: &[&Slug], sessions: &[Session]) -> Option<Vec<Planned>> {
    let mut planned: Vec<Planned> = sessions
        .iter()
        .map(|session| Planned {
            session: session.clone(),
            items: Vec::new(),
        })
        .collect();
    let mut now = 0;
    let wanted = lessons
        .iter()
        .flat_map(items)
        .filter(|item| item.what == Activity::Show || solved.contains(&&item.slug));
    for item in wanted {
        while planned.get(now)?.left() < item.minutes {
            now += 1;
        }
        planned[now].items.push(item);
    }
    Some(planned)
}

impl Planned {
    fn left(&self) -> u32 {
        let used: u32 = self.items.iter().map(|item| item.minutes).sum();
        self.session.minutes - used
    }
}

/// The agenda as Markdown, with headings of `level`.
pub fn markdown(agenda: &Agenda, lessons: &[Needs], level: usize) -> String {
    let mut text = String::new();
    let heading = "#".repeat(level);
    // Writing to a `String` cannot fail, here and below.
    for planned in &agenda.sessions {
        let Session { name, minutes } = &planned.session;
        let _ = writeln!(text, "{heading} {name}, {minutes} minutes\n");
        if planned.items.is_empty() {
            text.push_str("Free: quizzes together, and what was left for later.\n\n");
            continue;
        }
        let mut read = Vec::new();
        for item in &planned.items {
            if item.what == Activity::Show
                && let Some(lesson) = lessons.iter().find(|lesson| lesson.slug == item.slug)
            {
                read.push(format!("{} ({})", link(item), lesson.read));
            }
        }
        if !read.is_empty() {
            let _ = writeln!(
                text,
                "Read alone before, in minutes: {}.\n",
                read.join(", ")
            );
        }
        text.push_str("| from | what | lesson | minutes |\n|---:|---|---|---:|\n");
        let mut from = 0;
        for item in &planned.items {
            let what = match item.what {
                Activity::Show => "show",
                Activity::Solve => "solve",
            };
            let _ = writeln!(
                text,
                "| {} | {what} | {} | {} |",
                clock(from),
                link(item),
                item.minutes
            );
            from += item.minutes;
        }
        if planned.left() > 0 {
            let _ = writeln!(
                text,
                "| {} | quizzes, questions | | {} |",
                clock(from),
                planned.left()
            );
        }
        text.push('\n');
    }
    if !agenda.later.is_empty() {
        let later = agenda.later.iter().map(|item| match item.what {
            Activity::Show => format!("read {}", link(item)),
            Activity::Solve => format!("solve {}", link(item)),
        });
        let later: Vec<_> = later.collect();
        let _ = writeln!(text, "Left for later: {}.\n", later.join(", "));
    }
    text
}

fn link(item: &Item) -> String {
    format!("[{}]({}.md)", item.title, item.slug)
}

/// `1:05`
fn clock(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(name: &str) -> Slug {
        name.parse().expect("a slug")
    }

    fn lesson(name: &str, read: u32, solve: Option<u32>) -> Needs {
        Needs {
            slug: slug(name),
            title: name.to_uppercase(),
            read,
            solve,
        }
    }

    fn session(minutes: u32) -> Session {
        Session {
            name: "Morning".to_owned(),
            minutes,
        }
    }

    fn said(items: &[Item]) -> Vec<String> {
        let say = |item: &Item| format!("{:?} {} {}", item.what, item.slug, item.minutes);
        items.iter().map(say).collect()
    }

    #[test]
    fn what_a_class_gains_most_from_is_solved_in_the_room() {
        let lessons = [
            lesson("a", 15, Some(45)),
            lesson("b", 20, Some(60)),
            lesson("c", 10, None),
        ];
        let agenda = plan(&lessons, &[session(100)], &[slug("b"), slug("a")]);
        let [only] = &agenda.sessions[..] else {
            panic!("{agenda:?}");
        };
        assert_eq!(
            said(&only.items),
            ["Show a 15", "Show b 15", "Solve b 60", "Show c 10"]
        );
        assert_eq!(said(&agenda.later), ["Solve a 45"]);
    }

    #[test]
    fn what_does_not_fit_begins_the_next_session() {
        let lessons = [lesson("a", 10, Some(60)), lesson("b", 10, Some(60))];
        let agenda = plan(&lessons, &[session(100), session(100)], &[]);
        assert_eq!(
            said(&agenda.sessions[0].items),
            ["Show a 10", "Solve a 60", "Show b 10"]
        );
        assert_eq!(said(&agenda.sessions[1].items), ["Solve b 60"]);
        assert_eq!(agenda.later, []);
    }

    #[test]
    fn in_no_time_nothing_is_done() {
        let lessons = [lesson("a", 10, Some(60))];
        let agenda = plan(&lessons, &[], &[]);
        assert_eq!(said(&agenda.later), ["Show a 10", "Solve a 60"]);
    }

    #[test]
    fn hours_are_cut_into_sessions() {
        let minutes: Vec<_> = of_hours(7).iter().map(|one| one.minutes).collect();
        assert_eq!(minutes, [180, 180, 60]);
    }

    #[test]
    fn a_range_counts_as_its_middle() {
        assert_eq!(middle("60 to 90"), 75);
        assert_eq!(middle("15"), 15);
    }

    #[test]
    fn each_session_is_a_table_from_its_beginning_on() {
        let lessons = [lesson("a", 15, Some(75))];
        let agenda = plan(&lessons, &[session(120)], &[]);
        assert_eq!(
            markdown(&agenda, &lessons, 3),
            "### Morning, 120 minutes\n\nRead alone before, in minutes: [A](a.md) (15).\n\n\
             | from | what | lesson | minutes |\n|---:|---|---|---:|\n\
             | 0:00 | show | [A](a.md) | 15 |\n| 0:15 | solve | [A](a.md) | 75 |\n\
             | 1:30 | quizzes, questions | | 30 |\n\n"
        );
    }
}
