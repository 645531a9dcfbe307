//! Asking: questions out, lines in, answers kept as they come.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use anyhow::Result;

use crate::quiz::{Answer, Answers, Choice, Kind, Question, QuestionId, Quiz, grade_one};
use crate::report::{self, Terminal};

/// What comes from whoever is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Text(String),
    /// Nothing more: Ctrl-D.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// With an answer to every question.
    Answered(Answers),
    /// By Ctrl-D.
    Left,
    /// By Ctrl-C.
    Interrupted,
}

/// A quiz to be asked.
pub struct Session<'a> {
    pub quiz: &'a Quiz,
    /// Answers that stand; their questions are not asked.
    pub kept: Answers,
    pub terminal: Terminal,
}

/// Why a question got no answer.
enum Stop {
    Left,
    Interrupted,
}

type Asked<T> = Result<std::result::Result<T, Stop>>;

impl Session<'_> {
    /// Asks what is to be asked. Each answer is handed to `keep` before anything is said to it.
    ///
    /// # Errors
    /// If the terminal fails, or `keep` does.
    pub fn run<E>(
        self,
        lines: &mut impl FnMut() -> io::Result<Line>,
        out: &mut impl Write,
        mut keep: impl FnMut(&QuestionId, &Answer) -> std::result::Result<(), E>,
    ) -> Result<Ended>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut answers = self.kept;
        let mut so_far = Tally::of(self.quiz, &answers)?;
        let of = self.quiz.questions.len();
        if !answers.is_empty() {
            writeln!(
                out,
                "{} of {of} answers stand from before.\n",
                answers.len()
            )?;
        }
        for (index, question) in self.quiz.questions.iter().enumerate() {
            if answers.contains_key(&question.id) {
                continue;
            }
            let heading = format!("Question {} of {of}{so_far}", index + 1);
            writeln!(out, "{}\n", self.terminal.bold(&heading))?;
            let mut ask = Ask {
                lines,
                out,
                terminal: &self.terminal,
            };
            let answer = match ask.question(question)? {
                Ok(answer) => answer,
                Err(Stop::Left) => return Ok(Ended::Left),
                Err(Stop::Interrupted) => return Ok(Ended::Interrupted),
            };
            keep(&question.id, &answer)?;
            let graded = grade_one(question, &answer)?;
            let words = report::feedback(question, &graded, &self.terminal);
            writeln!(out, "\n{words}")?;
            so_far.count(graded.correct);
            answers.insert(question.id.clone(), answer);
        }
        Ok(Ended::Answered(answers))
    }
}

/// How the questions answered so far were answered.
#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
}

impl Tally {
    fn of(quiz: &Quiz, answers: &Answers) -> Result<Self> {
        let mut tally = Self::default();
        for question in &quiz.questions {
            if let Some(answer) = answers.get(&question.id) {
                tally.count(grade_one(question, answer)?.correct);
            }
        }
        Ok(tally)
    }

    fn count(&mut self, correct: bool) {
        if correct {
            self.right += 1;
        } else {
            self.wrong += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.right, self.wrong) {
            (0, 0) => Ok(()),
            (right, wrong) => write!(f, ": {right} right, {wrong} wrong so far"),
        }
    }
}

/// Asks until an answer fits.
struct Ask<'a, L, W> {
    lines: &'a mut L,
    out: &'a mut W,
    terminal: &'a Terminal,
}

impl<L, W> Ask<'_, L, W>
where
    L: FnMut() -> io::Result<Line>,
    W: Write,
{
    fn question(&mut self, question: &Question) -> Asked<Answer> {
        match &question.kind {
            Kind::MultipleChoice { prompt, choices } => {
                let several = question.correct_choices() != Some(1);
                self.choice(prompt, choices, several)
            }
            Kind::ShortAnswer { prompt, .. } => {
                self.show(&report::markdown(prompt, self.terminal))?;
                self.until("Your answer", |line| match line.trim() {
                    "" => Err("Type a word or a number.".to_owned()),
                    text => Ok(Answer::Text(text.to_owned())),
                })
            }
            Kind::Tracing { program, .. } => {
                self.show(&report::program(program, self.terminal))?;
                self.tracing(program.trim_end().lines().count())
            }
        }
    }

    fn choice(&mut self, prompt: &str, choices: &[Choice], several: bool) -> Asked<Answer> {
        self.show(&report::markdown(prompt, self.terminal))?;
        self.show(&report::choices(choices, self.terminal))?;
        let label = if several {
            "Your answer (several are right: all their letters)"
        } else {
            "Your answer (one letter)"
        };
        self.until(label, |line| {
            let chosen = letters(line, choices)?;
            match (several, chosen.as_slice()) {
                (false, [one]) => Ok(Answer::Text(one.text.clone())),
                (false, _) => Err("One letter, please: one choice is right.".to_owned()),
                (true, all) => Ok(Answer::Choices(
                    all.iter().map(|choice| choice.text.clone()).collect(),
                )),
            }
        })
    }

    fn tracing(&mut self, last_line: usize) -> Asked<Answer> {
        let compiles = self.until("Does it compile? (y/n)", |line| {
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => Ok(true),
                "n" | "no" => Ok(false),
                _ => Err("Type y or n.".to_owned()),
            }
        })?;
        match compiles {
            Err(stop) => Ok(Err(stop)),
            Ok(true) => self.printed(),
            Ok(false) => self.until("On which line is the first error?", |line| {
                match line.trim().parse() {
                    Ok(line) if (1..=last_line).contains(&line) => {
                        Ok(Answer::FailsToCompile { line })
                    }
                    _ => Err(format!("Type a line's number, from 1 to {last_line}.")),
                }
            }),
        }
    }

    fn printed(&mut self) -> Asked<Answer> {
        writeln!(self.out, "What does it print? End with an empty line.")?;
        let mut stdout = String::new();
        loop {
            match self.line("")? {
                Err(stop) => return Ok(Err(stop)),
                Ok(line) if line.trim().is_empty() => break,
                Ok(line) => {
                    stdout.push_str(&line);
                    stdout.push('\n');
                }
            }
        }
        Ok(Ok(Answer::Prints { stdout }))
    }

    /// Asks again, with the reason, until `read` can make something of a line.
    fn until<T>(
        &mut self,
        label: &str,
        read: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Asked<T> {
        loop {
            match self.line(label)? {
                Err(stop) => return Ok(Err(stop)),
                Ok(line) => match read(&line) {
                    Ok(answer) => return Ok(Ok(answer)),
                    Err(why) => writeln!(self.out, "{why}")?,
                },
            }
        }
    }

    fn line(&mut self, label: &str) -> Asked<String> {
        write!(self.out, "{label}> ")?;
        self.out.flush()?;
        Ok(match (self.lines)()? {
            Line::Text(text) => Ok(text),
            Line::End => Err(Stop::Left),
            Line::Interrupted => Err(Stop::Interrupted),
        })
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }
}

/// The choices that the letters of `line` name: `ac`, `a c` and `A, C` alike.
fn letters<'a>(line: &str, choices: &'a [Choice]) -> std::result::Result<Vec<&'a Choice>, String> {
    let last = ('a'..)
        .nth(choices.len() - 1)
        .expect("a quiz has fewer choices than letters");
    let mut chosen = BTreeSet::new();
    for letter in line.chars().filter(|c| !c.is_whitespace() && *c != ',') {
        let letter = letter.to_ascii_lowercase();
        match ('a'..=last).position(|known| known == letter) {
            Some(index) => chosen.insert(index),
            None => {
                return Err(format!(
                    "There is no `{letter}`: type letters from a to {last}."
                ));
            }
        };
    }
    if chosen.is_empty() {
        return Err(format!("Type letters from a to {last}."));
    }
    Ok(chosen.into_iter().map(|index| &choices[index]).collect())
}

#[cfg(test)]
mod tests;
