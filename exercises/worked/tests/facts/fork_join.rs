//! What the chapter on fork–join says of Rust and its libraries, as far as it can be run.

mod core {
    use std::collections::HashMap;
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::{self, ScopedJoinHandle};

    use instruments::gate::{Count, Gate};
    use instruments::{PROBE, panic_on_purpose};
    use rayon::prelude::*;

    #[test]
    fn a_lazy_iterator_joins_each_thread_before_the_next_is_spawned() {
        instruments::test(|_| {
            let ended = AtomicUsize::new(0);
            let begun_after: Vec<usize> = thread::scope(|scope| {
                (0..4)
                    .map(|_| {
                        let before = ended.load(Ordering::SeqCst);
                        let ended = &ended;
                        scope.spawn(move || {
                            ended.fetch_add(1, Ordering::SeqCst);
                            before
                        })
                    })
                    .flat_map(ScopedJoinHandle::join)
                    .collect()
            });
            assert!(
                begun_after == [0, 1, 2, 3],
                "before each spawn, so many threads had been joined: {begun_after:?}"
            );
        });
    }

    #[test]
    fn a_scope_waits_for_threads_that_nobody_joins() {
        instruments::test(|run| {
            let (gate, returned) = (Gate::new(), Count::new());
            thread::scope(|outer| {
                outer.spawn(|| {
                    thread::scope(|scope| {
                        scope.spawn(|| gate.wait());
                    });
                    returned.add();
                });
                let too_early = returned.reaches(1, PROBE);
                gate.open();
                assert!(!too_early, "the scope ended before its thread");
            });
            run.call("the scope", || returned.wait_for(1));
        });
    }

    #[test]
    fn a_scope_panics_for_a_thread_that_nobody_joined() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| {
                thread::scope(|scope| {
                    scope.spawn(|| -> () { panic_on_purpose("row 5 is torn") });
                });
            });
            let payload = result.expect_err("the scope panics");
            let words = payload.downcast_ref::<&str>().copied();
            assert!(
                words == Some("a scoped thread panicked"),
                "the scope panicked with {words:?}"
            );
        });
    }

    #[test]
    fn a_scope_does_not_panic_for_a_thread_that_was_joined() {
        instruments::test(|_| {
            let words = thread::scope(|scope| {
                let torn = scope.spawn(|| -> () { panic_on_purpose("row 5 is torn") });
                let payload = torn.join().expect_err("it panicked");
                payload.downcast_ref::<&str>().copied()
            });
            assert!(words == Some("row 5 is torn"), "join handed out {words:?}");
        });
    }

    #[test]
    fn a_panic_that_goes_on_still_waits_for_the_other_threads() {
        instruments::test(|_| {
            let (gate, returned) = (Gate::new(), Count::new());
            thread::scope(|outer| {
                outer.spawn(|| {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| {
                        thread::scope(|scope| {
                            let torn = scope.spawn(|| -> () { panic_on_purpose("row 5 is torn") });
                            scope.spawn(|| gate.wait());
                            let payload = torn.join().expect_err("it panicked");
                            panic::resume_unwind(payload);
                        });
                    }));
                    returned.add();
                    let payload = result.expect_err("the panic goes on");
                    assert!(payload.downcast_ref() == Some(&"row 5 is torn"));
                });
                let too_early = returned.reaches(1, PROBE);
                gate.open();
                assert!(
                    !too_early,
                    "the panic left the scope before its threads ended"
                );
            });
        });
    }

    #[test]
    fn nine_rows_rounded_down_to_four_parts_are_five_or_lose_one() {
        instruments::test(|_| {
            let rows = [0; 9];
            assert!(rows.chunks(9 / 4).len() == 5, "chunks made other parts");
            let exact = rows.chunks_exact(9 / 4);
            assert!(
                (exact.remainder().len(), exact.len()) == (1, 4),
                "chunks_exact made other parts"
            );
            assert!(rows.chunks(9_usize.div_ceil(4)).len() == 3);
        });
    }

    #[test]
    fn chunks_of_zero_panic() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| [0_u8; 0].chunks(std::hint::black_box(0)).len());
            assert!(result.is_err(), "chunks(0) did not panic");
        });
    }

    #[test]
    fn extend_replaces_what_is_there() {
        instruments::test(|_| {
            let mut total = HashMap::from([("rose", 2)]);
            total.extend(HashMap::from([("rose", 1)]));
            assert!(total["rose"] == 1, "extend added up to {}", total["rose"]);
        });
    }

    #[test]
    fn rayons_par_chunks_keep_the_order() {
        instruments::test(|_| {
            let rows: Vec<u32> = (0..1000).collect();
            let firsts: Vec<u32> = rows.par_chunks(10).map(|part| part[0]).collect();
            assert!(firsts.iter().copied().eq((0..1000).step_by(10)));
        });
    }

    #[test]
    fn rayons_join_passes_a_panic_on() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| {
                rayon::join(|| 1, || -> u32 { panic_on_purpose("row 5 is torn") })
            });
            let payload = result.expect_err("the panic goes on");
            let words = payload.downcast_ref::<&str>().copied();
            assert!(
                words == Some("row 5 is torn"),
                "join panicked with {words:?}"
            );
        });
    }

    #[test]
    fn a_panic_in_rayons_spawn_goes_to_the_pools_handler_if_it_has_one() {
        instruments::test(|run| {
            let handled = run.count(|_| "the handler was not called".to_owned());
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .panic_handler({
                    let handled = handled.clone();
                    move |_| handled.add()
                })
                .build()
                .expect("the system has room for a thread");
            pool.spawn(|| panic_on_purpose("a job"));
            handled.wait_for(1);
            let goes_on = pool.install(|| 7);
            assert!(goes_on == 7);
        });
    }
}
