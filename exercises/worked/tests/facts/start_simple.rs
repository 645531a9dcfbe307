//! What the chapter on starting simple says of threads and tasks, as far as it can be run.

mod core {
    use std::thread;
    use std::time::Duration;

    use tokio::runtime::Builder;
    use tokio::task::JoinHandle;
    use tokio::time::{Instant, sleep};

    #[cfg(target_os = "linux")]
    #[test]
    fn each_thread_reserves_two_mebibytes_of_addresses() {
        use std::fs;

        instruments::test(|_| {
            let below = thread::spawn(|| {
                let on_the_stack = 0_u8;
                let here = (&raw const on_the_stack).addr();
                let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
                // What lies above the stack may count as one area with it; below is its guard page.
                maps.lines().find_map(|line| {
                    let (start, rest) = line.split_once('-')?;
                    let (end, _) = rest.split_once(' ')?;
                    let start = usize::from_str_radix(start, 16).ok()?;
                    let end = usize::from_str_radix(end, 16).ok()?;
                    (start..end).contains(&here).then_some(here - start)
                })
            });
            let below = below.join().expect("it only reads");
            let below = below.expect("the stack is somewhere");
            // The first calls of a thread take a few of them.
            assert!(
                (2_000..2_060).contains(&(below / 1_024)),
                "below a thread's first calls its stack has {below} bytes left"
            );
        });
    }

    #[test]
    fn a_hundred_thousand_tasks_wait_on_one_thread() {
        instruments::test(|run| {
            let runtime = Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime without I/O asks the system for nothing");
            runtime.block_on(async {
                let started = Instant::now();
                let tasks: Vec<JoinHandle<thread::ThreadId>> = (0..100_000)
                    .map(|n| {
                        let run = run.clone();
                        tokio::spawn(async move {
                            // So many take a core half a second, and a busy machine longer.
                            let gets_on = || {
                                if n % 1_000 == 0 {
                                    run.gets_on();
                                }
                            };
                            gets_on();
                            sleep(Duration::from_millis(100)).await;
                            gets_on();
                            thread::current().id()
                        })
                    })
                    .collect();
                for task in tasks {
                    let ran_on = task.await.expect("it only waits");
                    assert!(ran_on == thread::current().id());
                }
                let took = started.elapsed();
                assert!(
                    took == Duration::from_millis(100),
                    "100,000 waits of 100 ms took {took:?}"
                );
            });
        });
    }
}
