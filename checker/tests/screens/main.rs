//! The screens that the book shows, drawn anew by the code that draws them for the learner. Where one
//! has changed, `BLESS=1 cargo test -p checker --test screens` takes it as it is drawn now.
//!
//! The two failing runs are records of wrong solutions to the exercise on worker pools.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use checker::course::{Course, ExerciseKind, Lesson, Slug};
use checker::process::End;
use checker::progress::PutBack;
use checker::progress::{Changed, ExerciseState, LessonState, Overview, QuizState, Score, Time};
use checker::quiz::{self, Answer, Kind, Quiz};
use checker::report::{self, Below, By, Onward, Recorded, Reference, Terminal};
use checker::verdict::{Ran, Rungs, Verdict};
use record::report::Record;
use record::timeline::text::Symbols;

const A_THREAD_PER_JOB: &str = include_str!("a_thread_per_job.jsonl");
const WORKS_UNDER_THE_LOCK: &str = include_str!("works_under_the_lock.jsonl");

#[test]
fn the_first_start() {
    shown(
        "first_start",
        &report::status(&overview(untouched), &terminal()),
    );
}

#[test]
fn a_test_that_fails() {
    let screen = check(&ran(A_THREAD_PER_JOB, End::Exited(101)));
    shown("fails", &screen);
    let readme = fs::read_to_string(root().join("README.md")).expect("it is there");
    let failure = screen.split("\n\n").skip(2).take(2).collect::<Vec<_>>();
    assert!(
        readme.contains(&failure.join("\n\n")),
        "README.md does not show the failure as the checker does now:\n{screen}"
    );
}

#[test]
fn a_deadlock() {
    shown(
        "hangs",
        &check(&ran(WORKS_UNDER_THE_LOCK, End::Exited(101))),
    );
}

#[test]
fn a_print_without_end() {
    let ran = Ran {
        records: Vec::new(),
        output: "job 7 waits\n".repeat(100),
        ..ran(A_THREAD_PER_JOB, End::TooMuchOutput)
    };
    shown("prints_without_end", &check(&ran));
}

#[test]
fn a_wrong_answer() {
    let quiz = quiz();
    let wrong = quiz
        .questions
        .iter()
        .find_map(|question| match &question.kind {
            Kind::MultipleChoice { prompt, choices } if question.correct_choices() == Some(1) => {
                let wrong = choices.iter().find(|choice| !choice.correct)?;
                Some((question, prompt, choices, wrong))
            }
            _ => None,
        });
    let (question, prompt, choices, wrong) = wrong.expect("the quiz offers choices");
    let letter = ('a'..)
        .zip(choices)
        .find_map(|(letter, choice)| (choice == wrong).then_some(letter))
        .expect("it is one of them");
    let graded = quiz::grade_one(question, &Answer::Text(wrong.text.clone())).expect("graded");
    let terminal = terminal();
    let screen = format!(
        "{}\n{}\nYour answer> {letter}\n\n{}",
        report::markdown(prompt, &terminal),
        report::choices(choices, &terminal),
        report::feedback(question, &graded, &terminal)
    );
    shown("wrong_answer", &screen);
}

#[test]
fn an_exercise_put_back() {
    let done = PutBack::Done {
        kept: Some(".checker/kept/worker_pool-1.rs".into()),
    };
    shown("reset", &report::reset(&slug(), &done, &terminal()));
}

#[test]
fn everything_complete() {
    shown(
        "complete",
        &report::status(&overview(complete), &terminal()),
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the course")
}

/// A terminal of 80 columns, without colours.
fn terminal() -> Terminal {
    let mut terminal = Terminal::plain();
    terminal.style.symbols = Symbols::Unicode;
    terminal
}

fn slug() -> Slug {
    "worker_pool".parse().expect("a slug")
}

fn quiz() -> Quiz {
    quiz::load(&root().join("quiz/worker_pool.toml")).expect("a quiz")
}

fn ran(records: &str, end: End) -> Ran {
    let records: Vec<Record> = records
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect();
    let rung = |record: &Record| format!("{:?}", record.rung).to_lowercase();
    Ran {
        listed: records
            .iter()
            .map(|record| format!("{}::{}", rung(record), record.test))
            .collect(),
        records,
        end,
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    }
}

fn check(ran: &Ran) -> String {
    report::check(
        &slug(),
        &Verdict::of(ran.clone()),
        &Below {
            recorded: Recorded::Yes,
            onward: Onward::Unknown,
            by: By::Command,
            reference: Reference::There,
        },
        &terminal(),
    )
}

fn overview(state: fn(&Lesson) -> LessonState) -> Overview {
    let course = Course::find(root()).expect("the course");
    Overview {
        lessons: course.lessons().map(state).collect(),
        set_aside: None,
    }
}

fn untouched(lesson: &Lesson) -> LessonState {
    state(lesson, QuizState::NotTried, ExerciseState::NotTried)
}

fn complete(lesson: &Lesson) -> LessonState {
    let at = Time(0);
    let quiz = QuizState::Passed {
        at,
        score: Score { correct: 6, of: 6 },
        changed: false,
    };
    let exercise = ExerciseState::Passed {
        at,
        rungs: Rungs::default(),
        changed: Changed::Nothing,
    };
    state(lesson, quiz, exercise)
}

fn state(lesson: &Lesson, quiz: QuizState, exercise: ExerciseState) -> LessonState {
    LessonState {
        lesson: lesson.clone(),
        quiz,
        exercise: match lesson.exercise {
            ExerciseKind::None => ExerciseState::None,
            ExerciseKind::Program => exercise,
        },
    }
}

/// Compares a screen with the one that the book includes.
fn shown(name: &str, screen: &str) {
    let path = PathBuf::from("src/screens")
        .join(name)
        .with_extension("txt");
    let file = root().join(&path);
    if env::var_os("BLESS").is_some() {
        fs::write(&file, screen).expect("the book can be written");
    }
    let in_book = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        in_book == screen,
        "{} is not what the checker shows now; `BLESS=1 cargo test -p checker --test screens` \
         rewrites it. Now:\n{screen}",
        path.display()
    );
}
