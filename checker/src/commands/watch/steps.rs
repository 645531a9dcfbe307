//! What is to be done next, given what happened: pure.

use crate::commands::Exit;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// A file was saved.
    Saved,
    /// The run that was started has ended, by itself or because it was cancelled.
    Done,
    /// A key was pressed.
    Key(char),
    /// Ctrl-C, or a signal to the same end.
    Interrupted,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Start a run.
    Start,
    /// Ask the run to stop; it ends soon.
    Cancel,
    /// Take what the run came to and show it.
    Collect,
    /// The run was cancelled: nobody wants to know what it came to.
    Discard,
    /// Show what the last run came to.
    Show,
    /// Go to the next lesson.
    Next,
    /// Show how far the learner is.
    List,
    /// Show the questions of the hints.
    Hints,
    /// Tell more of this hint.
    Hint(usize),
    /// Ask the quiz.
    Quiz,
    /// End.
    Quit(Exit),
}

/// Where the watch stands: one run at a time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Steps {
    /// Nothing runs.
    #[default]
    Idle,
    /// A run is under way, on the files as they are.
    Running,
    /// A run is under way on files that have changed since: another follows.
    Stale,
}

impl Steps {
    /// What is due after this.
    pub fn after(&mut self, happened: Happened) -> Vec<Step> {
        match happened {
            Happened::Saved | Happened::Key('r') => self.again(),
            Happened::Done => match self {
                Self::Stale => {
                    *self = Self::Running;
                    vec![Step::Discard, Step::Start]
                }
                Self::Idle | Self::Running => {
                    *self = Self::Idle;
                    vec![Step::Collect]
                }
            },
            Happened::Key('n') => {
                let mut steps = vec![Step::Next];
                steps.extend(self.again());
                steps
            }
            Happened::Key('l') => vec![Step::List],
            Happened::Key('h') => vec![Step::Hints],
            Happened::Key('v') => vec![Step::Show],
            Happened::Key('z') => vec![Step::Quiz],
            Happened::Key('q') => vec![Step::Quit(Exit::Passed)],
            Happened::Key(key) => match key.to_digit(10) {
                Some(digit @ 1..) => vec![Step::Hint(digit as usize)],
                _ => vec![],
            },
            Happened::Interrupted => vec![Step::Quit(Exit::Interrupted)],
        }
    }

    fn again(&mut self) -> Vec<Step> {
        match self {
            Self::Idle => {
                *self = Self::Running;
                vec![Step::Start]
            }
            Self::Running => {
                *self = Self::Stale;
                vec![Step::Cancel]
            }
            Self::Stale => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Happened::{Done, Interrupted, Key, Saved};

    #[test]
    fn a_save_during_a_run_cancels_it_and_starts_one_more() {
        let mut steps = Steps::default();
        assert_eq!(steps.after(Saved), [Step::Start]);
        assert_eq!(steps.after(Saved), [Step::Cancel]);
        assert_eq!(steps.after(Saved), [], "it is being cancelled");
        assert_eq!(steps.after(Done), [Step::Discard, Step::Start]);
        assert_eq!(steps.after(Done), [Step::Collect]);
        assert_eq!(steps, Steps::Idle);
    }

    #[test]
    fn keys_answer_whatever_runs() {
        for begun in [false, true] {
            let mut steps = Steps::default();
            if begun {
                steps.after(Saved);
            }
            assert_eq!(steps.after(Key('h')), [Step::Hints]);
            assert_eq!(steps.after(Key('2')), [Step::Hint(2)]);
            assert_eq!(steps.after(Key('l')), [Step::List]);
            assert_eq!(steps.after(Key('0')), []);
            assert_eq!(steps.after(Key('x')), []);
            assert_eq!(steps.after(Key('q')), [Step::Quit(Exit::Passed)]);
            assert_eq!(steps.after(Interrupted), [Step::Quit(Exit::Interrupted)]);
        }
    }

    #[test]
    fn the_next_lesson_is_checked_at_once() {
        let mut steps = Steps::default();
        assert_eq!(steps.after(Key('n')), [Step::Next, Step::Start]);
        assert_eq!(steps.after(Key('n')), [Step::Next, Step::Cancel]);
        assert_eq!(steps.after(Done), [Step::Discard, Step::Start]);
    }
}
