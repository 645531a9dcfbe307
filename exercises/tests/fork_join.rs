//! What a fork–join must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test fork_join core`.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::thread;

use exercises::fork_join::{count_words, fork_join};
use instruments::gate::{Count, Gate};
use instruments::{PROBE, Run};

/// Every page in one part, all parts at once, and the right counts.
mod core {
    use super::*;

    #[test]
    fn every_page_is_in_exactly_one_part() {
        instruments::test(|run| {
            for (pages, parts) in shapes() {
                let library = Library::unseen(pages);
                let mut numbers = library.split(&run, parts).returned.concat();
                numbers.sort_unstable();
                for page in 0..pages {
                    let times = numbers.iter().filter(|number| **number == page).count();
                    assert!(
                        times == 1,
                        "{}: page {page} is in {times} of the results, not in one",
                        in_parts(pages, parts)
                    );
                }
            }
        });
    }

    #[test]
    fn no_part_is_empty_or_larger_than_it_has_to_be() {
        instruments::test(|run| {
            for (pages, parts) in shapes() {
                let sizes = Library::unseen(pages).split(&run, parts).sizes;
                let asked = in_parts(pages, parts);
                let calls = sizes.len();
                let largest = sizes.iter().max().copied().unwrap_or_default();
                let enough = pages.div_ceil(parts);
                assert!(!sizes.contains(&0), "{asked}: work was given an empty part");
                assert!(
                    calls <= parts,
                    "{asked}: work was called for {}",
                    many(calls, "part")
                );
                assert!(
                    largest <= enough,
                    "{asked}: a part has {}, and the others wait for it; {enough} would do",
                    many(largest, "page")
                );
            }
        });
    }

    #[test]
    fn without_pages_there_is_nothing_to_do() {
        instruments::test(|run| {
            for parts in [1, 3] {
                let split = Library::new(0).split(&run, parts);
                let (calls, results) = (split.sizes.len(), split.returned.len());
                assert!(
                    calls == 0,
                    "there are no pages, but work was called {}",
                    many(calls, "time")
                );
                assert!(
                    results == 0,
                    "there are no pages, but {} came back",
                    many(results, "result")
                );
            }
        });
    }

    #[test]
    fn there_may_be_more_parts_than_anybody_can_count() {
        instruments::test(|run| {
            for parts in [usize::MAX / 2 + 1, usize::MAX] {
                let split = Library::new(3).split(&run, parts);
                let calls = split.sizes.len();
                assert!(
                    calls == 3,
                    "3 pages in {parts} parts are 3 parts, but work was called {}",
                    many(calls, "time")
                );
                split.has_all_pages(3);
            }
        });
    }

    #[test]
    fn there_may_be_more_pages_than_anybody_can_count() {
        instruments::test(|run| {
            for (pages, parts) in [(usize::MAX, 1), (usize::MAX, 2), (usize::MAX, 3)] {
                // They take no room, and nobody reads them.
                let blank = vec![(); pages];
                let asked = in_parts(pages, parts);
                let sizes = never_panics(&asked, "fork_join", || {
                    run.watched("fork_join", never_returned("fork_join"), || {
                        fork_join(&blank, non_zero(parts), <[()]>::len)
                    })
                });
                let enough = pages.div_ceil(parts);
                assert!(
                    sizes.len() <= parts && sizes.iter().all(|size| *size <= enough),
                    "{asked}: no part needs more than {enough} pages, but they have {sizes:?}"
                );
                assert!(
                    sizes.iter().sum::<usize>() == pages,
                    "{asked}: the parts have {sizes:?} pages, which is not all of them"
                );
            }
        });
    }

    #[test]
    fn pages_and_results_may_borrow_from_the_caller() {
        instruments::test(|run| {
            let (text, initial) = ("a rose is a rose".to_owned(), "r".to_owned());
            let words: Vec<&str> = text.split(' ').collect();
            let found = never_panics("5 words in 2 parts", "fork_join", || {
                run.watched("fork_join", never_returned("fork_join"), || {
                    fork_join(&words, non_zero(2), |part| {
                        part.iter().find(|word| word.starts_with(&initial))
                    })
                })
            });
            assert!(
                found == [Some(&"rose"), Some(&"rose")],
                "each half of \"a rose is a rose\" has a word with r, but fork_join found {found:?}"
            );
        });
    }

    #[test]
    fn all_parts_are_worked_on_at_once() {
        instruments::test(|run| {
            for (pages, parts, threads) in [(8, 4, 4), (2, 2, 2), (3, 8, 3)] {
                // Opens when all are inside together: one that is alone waits for ever.
                let all = run.rendezvous(threads, move |inside| {
                    format!("only {inside} of {threads} parts were worked on at once")
                });
                Library::new(pages)
                    .split_and(&run, parts, |_| all.arrive())
                    .has_all_pages(pages);
            }
        });
    }

    #[test]
    fn two_hundred_parts_are_worked_on_at_once_on_any_machine() {
        instruments::test(|run| {
            let all = run.rendezvous(200, |inside| {
                format!("only {inside} of 200 parts were worked on at once")
            });
            // 200 lanes would prove no more than the sentence does.
            Library::unseen(200)
                .split_and(&run, 200, |_| all.arrive())
                .has_all_pages(200);
        });
    }

    #[test]
    fn words_are_added_up_over_all_parts() {
        instruments::test(|run| {
            let pages = [
                "a rose is a rose",
                "is\ta  Rose.\n",
                "",
                "arose a question",
                "is it a\u{a0}rose\u{2003}naïve",
            ];
            let expected = [
                ("a", 5),
                ("rose", 3),
                ("naïve", 1),
                ("is", 3),
                ("Rose.", 1),
                ("arose", 1),
                ("question", 1),
                ("it", 1),
            ];
            for parts in (1..=6).chain([usize::MAX]) {
                let asked = in_parts(5, parts);
                let counts = never_panics(&asked, "count_words", || {
                    run.watched("count_words", never_returned("count_words"), || {
                        count_words(&pages, non_zero(parts))
                    })
                });
                for (word, times) in expected {
                    let counted = counts.get(word).copied().unwrap_or_default();
                    assert!(
                        counted == times,
                        "{asked}: {word:?} is there {}, but was counted {}",
                        many(times, "time"),
                        many(counted, "time")
                    );
                }
                let strange = counts
                    .keys()
                    .find(|key| !expected.iter().any(|(word, _)| word == *key));
                assert!(
                    strange.is_none(),
                    "{asked}: {:?} was counted, but is no word of these pages",
                    strange.expect("it is there")
                );
            }
        });
    }

    #[test]
    fn without_pages_there_are_no_words() {
        instruments::test(|run| {
            for parts in [1, 3] {
                let (pages, asked): ([&str; 0], _) = ([], in_parts(0, parts));
                let counts = never_panics(&asked, "count_words", || {
                    run.watched("count_words", never_returned("count_words"), || {
                        count_words(&pages, non_zero(parts))
                    })
                });
                assert!(
                    counts.is_empty(),
                    "{asked}: there is no word, but count_words found {counts:?}"
                );
            }
        });
    }
}

/// What makes it this pattern: results in order, no thread too many, all parts waited for, asleep.
mod pattern {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        instruments::test(|run| {
            // Each part ends after the one behind it.
            let ended: Vec<Count> = (1..=8)
                .map(|next| {
                    run.count(move |_| {
                        format!(
                            "part {} waits for part {next}, which does not end",
                            next - 1
                        )
                    })
                })
                .collect();
            let split = Library::new(8).split_and(&run, 8, |part| {
                if part < 7 {
                    ended[part].wait_for(1);
                }
                if part > 0 {
                    ended[part - 1].add();
                }
            });
            let order = split.returned.concat();
            assert!(
                order.iter().copied().eq(0..8),
                "pages 0 to 7 were a part each, and the last ended first, but the results came in \
                 the order {order:?}"
            );
        });
    }

    #[test]
    fn all_parts_are_counted_at_once() {
        instruments::test(|run| {
            let all = run.rendezvous(4, |inside| {
                format!("only {inside} of 4 parts were counted at once")
            });
            let pages: Vec<Scan> = (0..4)
                .map(|page| Scan::new(&run, page, || all.arrive()))
                .collect();
            count(&run, &pages, 4);
        });
    }

    #[test]
    fn twelve_pages_in_three_parts_are_counted_on_three_threads() {
        instruments::test(|run| {
            run.at_most_workers(3, "a thread more than there are parts");
            let pages: Vec<Scan> = (0..12).map(|page| Scan::new(&run, page, || ())).collect();
            count(&run, &pages, 3);
            let threads = run.workers();
            assert!(
                threads <= 3,
                "12 pages in 3 parts were counted on {threads} threads"
            );
        });
    }

    #[test]
    fn a_panic_in_one_part_is_not_lost() {
        instruments::test(|run| {
            for torn in 0..4 {
                let split = try_split(&run, torn, || panics(&run, |part| part == torn));
                assert!(
                    split.is_err(),
                    "part {torn} of 4 panicked, but fork_join returned {} as if nothing had \
                     happened",
                    many(split.unwrap_or_default(), "result")
                );
            }
        });
    }

    #[test]
    fn a_panic_in_one_part_waits_for_the_others() {
        instruments::test(|run| {
            run.none_open_at("fork_join panics", "still at work");
            let held = Held {
                inside: run.count(|inside| {
                    format!("part 0 of 4 panicked, and only {inside} of the others ever began")
                }),
                gate: Gate::new(),
            };
            let ended = Count::new();
            // A thread that is left behind may still use what it borrowed: this is never freed.
            let (library, part): (&'static Library, &'static _) = (
                Box::leak(Box::new(Library::new(4))),
                Box::leak(Box::new({
                    let (run, held) = (run.clone(), held.clone());
                    move |part: &'static [Page]| {
                        run.job(part_name(part), || {
                            if part[0].number == 0 {
                                instruments::panic_on_purpose("page 0 is torn");
                            }
                            held.inside.add();
                            held.gate.wait();
                        })();
                    }
                })),
            );
            let caller = thread::spawn({
                let (run, ended) = (run.clone(), ended.clone());
                move || {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| {
                        fork_join(&library.pages, non_zero(4), part)
                    }));
                    if result.is_err() {
                        run.moment("fork_join panics");
                    }
                    ended.add();
                    result
                }
            });
            held.inside.wait_for(3);
            let too_early = ended.reaches(1, PROBE);
            assert!(
                !too_early,
                "part 0 of 4 panicked, and fork_join ended while the other 3 were still at work"
            );
            held.gate.open();
            let result = run.watched("fork_join", never_returned("fork_join"), || caller.join());
            assert!(
                result.is_ok_and(|result| result.is_err()),
                "part 0 of 4 panicked, but fork_join returned as if nothing had happened"
            );
        });
    }

    #[test]
    fn a_part_that_panics_is_not_tried_again() {
        instruments::test(|run| {
            let began = Count::new();
            let split = try_split(&run, 2, || {
                panics(&run, |part| {
                    if part == 2 {
                        began.add();
                    }
                    part == 2
                })
            });
            let times = began.get();
            assert!(
                times == 1,
                "part 2 panicked, and work was called for it {times} times"
            );
            assert!(
                split.is_err(),
                "part 2 panicked, but fork_join returned as if nothing had happened"
            );
        });
    }

    #[test]
    fn a_page_that_cannot_be_read_is_not_left_out() {
        instruments::test(|run| {
            let pages: Vec<Scan> = (0..4)
                .map(|page| {
                    Scan::new(&run, page, move || {
                        if page == 2 {
                            instruments::panic_on_purpose(TORN[2]);
                        }
                    })
                })
                .collect();
            let never = "page 2 of 4 panicked when it was read, and count_words never returned";
            let counted = run.watched("count_words", never.to_owned(), || {
                caught(|| count_words(&pages, non_zero(4)).len())
            });
            assert!(
                counted.is_err(),
                "page 2 of 4 panicked when it was read, but count_words returned as if nothing had \
                 happened"
            );
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_waits_for_a_part_sleeps() {
        use std::sync::mpsc;

        use instruments::idle;

        instruments::test(|run| {
            for held in [0, 3] {
                let inside = run.count(move |_| format!("part {held} of 4 never began"));
                let gate = Gate::new();
                let (here, caller) = mpsc::channel();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        here.send(idle::Thread::here()).expect("the test waits");
                        Library::new(4)
                            .split_and(&run, 4, |part| {
                                if part == held {
                                    inside.add();
                                    gate.wait();
                                }
                            })
                            .has_all_pages(4);
                    });
                    let caller = caller.recv().expect("the caller has not ended");
                    inside.wait_for(1);
                    let sleeps = caller.sleeps_for(PROBE);
                    gate.open();
                    assert!(
                        sleeps,
                        "fork_join waits for part {held}, and stays awake to look for its end"
                    );
                });
            }
        });
    }
}

/// Whose panic it is.
mod stretch {
    use super::*;

    #[test]
    fn a_panic_keeps_its_own_words() {
        instruments::test(|run| {
            for (torn, expected) in TORN.into_iter().enumerate() {
                let split = try_split(&run, torn, || panics(&run, |part| part == torn));
                let words = words_of(split);
                assert!(
                    words.as_deref() == Ok(expected),
                    "part {torn} panicked with {expected:?}, but {}",
                    ended_with(&words)
                );
            }
        });
    }

    #[test]
    fn a_panic_that_is_no_text_comes_out_as_it_is() {
        instruments::test(|run| {
            let library = Library::new(4);
            let split = try_split(&run, 2, || {
                let work = |part: &[Page]| {
                    run.job(part_name(part), || {
                        if part[0].number == 2 {
                            panic::resume_unwind(Box::new(Torn { page: 2 }));
                        }
                    })();
                };
                fork_join(&library.pages, non_zero(4), work).len()
            });
            let payload = split.err();
            let torn = payload.and_then(|payload| payload.downcast::<Torn>().ok());
            assert!(
                torn.is_some_and(|torn| torn.page == 2),
                "part 2 panicked with a `Torn`, which is no text, but fork_join did not panic with it"
            );
        });
    }

    #[test]
    fn of_two_panics_one_comes_out() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |_| "part 1 waits for part 3, which never began".into());
            let split = try_split(&run, 1, || {
                panics(&run, |part| {
                    let panics = part % 2 == 1;
                    if panics {
                        both.arrive();
                    }
                    panics
                })
            });
            let words = words_of(split);
            assert!(
                [TORN[1], TORN[3]].map(Ok).contains(&words.as_deref()),
                "parts 1 and 3 panicked with {:?} and {:?}, but {}",
                TORN[1],
                TORN[3],
                ended_with(&words)
            );
        });
    }
}

/// What the parts of the tests panic with.
const TORN: [&str; 4] = [
    "page 0 is torn",
    "page 1 is torn",
    "page 2 is torn",
    "page 3 is torn",
];

/// A panic's payload that is no text.
struct Torn {
    page: usize,
}

/// Some pages, each in turn split into some parts.
fn shapes() -> impl Iterator<Item = (usize, usize)> {
    (1..=12).flat_map(|pages| (1..=6).map(move |parts| (pages, parts)))
}

/// A page that nobody can clone, so that it has to stay where it is.
struct Page {
    number: usize,
}

struct Library {
    pages: Vec<Page>,
    /// Whether the picture shows its parts.
    is_seen: bool,
}

/// What came of a split.
struct Split {
    /// The page numbers that each call of `work` returned, in the order in which `fork_join` did.
    returned: Vec<Vec<usize>>,
    /// How many pages each call of `work` was given.
    sizes: Vec<usize>,
}

impl Library {
    fn new(pages: usize) -> Self {
        Self {
            pages: (0..pages).map(|number| Page { number }).collect(),
            is_seen: true,
        }
    }

    /// One of many in the same test: a picture of all would prove nothing.
    fn unseen(pages: usize) -> Self {
        Self {
            is_seen: false,
            ..Self::new(pages)
        }
    }

    #[track_caller]
    fn split(&self, run: &Run, parts: usize) -> Split {
        self.split_and(run, parts, |_| ())
    }

    /// Calls `meanwhile` in each part, with the number of its first page.
    #[track_caller]
    fn split_and(&self, run: &Run, parts: usize, meanwhile: impl Fn(usize) + Sync) -> Split {
        let sizes = Mutex::new(Vec::new());
        let never = never_returned("fork_join");
        let asked = in_parts(self.pages.len(), parts);
        let returned = never_panics(&asked, "fork_join", || {
            run.watched("fork_join", never, || {
                fork_join(&self.pages, non_zero(parts), |part| {
                    sizes.lock().expect("nobody panics here").push(part.len());
                    let work = || {
                        if let Some(first) = part.first() {
                            meanwhile(first.number);
                        }
                    };
                    if self.is_seen {
                        run.job(part_name(part), work)();
                    } else {
                        work();
                    }
                    part.iter().map(|page| page.number).collect::<Vec<_>>()
                })
            })
        });
        Split {
            returned,
            sizes: sizes.into_inner().expect("nobody panics here"),
        }
    }
}

impl Split {
    #[track_caller]
    fn has_all_pages(&self, pages: usize) {
        let numbers = self.returned.concat();
        assert!(
            numbers.iter().copied().eq(0..pages),
            "{} should come back in order, but these did: {numbers:?}",
            many(pages, "page")
        );
    }
}

/// Four pages in four parts, each of which panics if `torn` says so. Returns how many results there
/// are.
fn panics(run: &Run, torn: impl Fn(usize) -> bool + Sync) -> usize {
    let library = Library::new(4);
    let results = fork_join(&library.pages, non_zero(4), |part| {
        run.job(part_name(part), || {
            let number = part[0].number;
            if torn(number) {
                instruments::panic_on_purpose(TORN[number]);
            }
        })();
    });
    results.len()
}

fn try_split(run: &Run, torn: usize, split: impl FnOnce() -> usize) -> thread::Result<usize> {
    let never = format!("part {torn} of 4 panicked, and fork_join never returned");
    run.watched("fork_join", never, || caught(split))
}

/// The panic of `call`, unless it says that the exercise has not been begun.
fn caught<T>(call: impl FnOnce() -> T) -> thread::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        if message(payload.as_ref()).starts_with("not yet implemented") {
            panic::resume_unwind(payload);
        }
        payload
    })
}

/// The words of the panic that came out, or how many results did instead.
fn words_of(split: thread::Result<usize>) -> Result<String, usize> {
    match split {
        Ok(results) => Err(results),
        Err(payload) => Ok(message(payload.as_ref())),
    }
}

fn ended_with(words: &Result<String, usize>) -> String {
    match words {
        Ok(words) => format!("fork_join panicked with {words:?}"),
        Err(results) => format!("fork_join returned {}", many(*results, "result")),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("something that is no text").to_owned()
}

/// For calls in which nothing panics but the code under test.
#[track_caller]
fn never_panics<T>(asked: &str, what: &str, call: impl FnOnce() -> T) -> T {
    match caught(call) {
        Ok(result) => result,
        Err(payload) => panic!(
            "{asked}: nothing panicked in a part, but {what} panics: {}",
            message(payload.as_ref())
        ),
    }
}

fn never_returned(what: &str) -> String {
    format!("{what} never returned, though every part can end")
}

/// A page that is scanned when it is read.
struct Scan<'a> {
    run: &'a Run,
    number: usize,
    meanwhile: Box<dyn Fn() + Send + Sync + 'a>,
}

impl<'a> Scan<'a> {
    fn new(run: &'a Run, number: usize, meanwhile: impl Fn() + Send + Sync + 'a) -> Self {
        Self {
            run,
            number,
            meanwhile: Box::new(meanwhile),
        }
    }
}

impl AsRef<str> for Scan<'_> {
    #[expect(clippy::unnecessary_literal_bound, reason = "the trait gives the type")]
    fn as_ref(&self) -> &str {
        self.run
            .job(format!("page {}", self.number), &self.meanwhile)();
        "rose"
    }
}

#[track_caller]
fn count(run: &Run, pages: &[Scan], parts: usize) {
    let asked = in_parts(pages.len(), parts);
    let counts = never_panics(&asked, "count_words", || {
        run.watched("count_words", never_returned("count_words"), || {
            count_words(pages, non_zero(parts))
        })
    });
    let counted = counts.get("rose").copied().unwrap_or_default();
    assert!(
        counted == pages.len(),
        "\"rose\" is there {}, but was counted {}",
        many(pages.len(), "time"),
        many(counted, "time")
    );
}

/// Parts that stop until their gate opens.
#[derive(Clone)]
struct Held {
    inside: Count,
    gate: Gate,
}

fn part_name(part: &[Page]) -> String {
    match part {
        [] => "no page".to_owned(),
        [page] => format!("page {}", page.number),
        [first, .., last] => format!("pages {}–{}", first.number, last.number),
    }
}

fn in_parts(pages: usize, parts: usize) -> String {
    format!("{} in {}", many(pages, "page"), many(parts, "part"))
}

fn many(n: usize, thing: &str) -> String {
    match n {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}

fn non_zero(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("the tests ask for one part at least")
}
