//! What the chapter on pipelines says of Rust and its libraries, as far as it can be run.

mod core {
    use std::iter;
    use std::sync::mpsc::{RecvError, SendError, channel, sync_channel};
    use std::thread;

    use instruments::PROBE;
    use instruments::canary::Cage;
    use instruments::gate::Count;
    use instruments::simulation::line::Line;

    #[test]
    fn a_dropped_receiver_wakes_a_sender_that_waits_for_room() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(1);
            let sent = Count::new();
            let source = thread::spawn({
                let sent = sent.clone();
                move || {
                    sender.send(0)?;
                    sent.add();
                    sender.send(1)
                }
            });
            sent.wait_for(1);
            drop(receiver);
            let end = source.join().expect("it does not panic");
            assert!(end == Err(SendError(1)), "the sender got {end:?}");
        });
    }

    #[test]
    fn a_sender_waits_as_long_as_somebody_holds_the_receiver() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(0);
            let returned = Count::new();
            let source = thread::spawn({
                let returned = returned.clone();
                move || {
                    let _ = sender.send(0);
                    returned.add();
                }
            });
            let too_early = returned.reaches(1, PROBE);
            drop(receiver);
            source.join().expect("it does not panic");
            assert!(!too_early, "send returned although nobody took the value");
        });
    }

    #[test]
    fn take_drops_the_receiver_without_waiting_for_one_more() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            sender.send(0).expect("the receiver is here");
            sender.send(1).expect("the receiver is here");
            let seen: Vec<i32> = receiver.into_iter().take(2).collect();
            assert!(seen == [0, 1], "the loop saw {seen:?}");
            assert!(sender.send(2).is_err(), "the receiver is still here");
        });
    }

    #[test]
    fn what_is_queued_is_dropped_with_the_receiver() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            let cage = Cage::new();
            sender.send(cage.canary()).expect("the receiver is here");
            drop(receiver);
            let alive = cage.alive();
            assert!(alive == 0, "{alive} queued values are still there");
        });
    }

    #[test]
    fn a_panic_looks_like_the_end_of_the_input() {
        instruments::test(|_| {
            let (sender, frames) = channel();
            let stage = thread::spawn(move || {
                sender.send(0).expect("the receiver is here");
                instruments::panic_on_purpose("no data");
            });
            let got: Vec<_> = iter::repeat_with(|| frames.recv()).take(2).collect();
            assert!(got == [Ok(0), Err(RecvError)], "the next stage got {got:?}");
            assert!(stage.join().is_err(), "join knows of no panic");
        });
    }

    #[test]
    fn a_stage_that_waits_for_input_does_not_see_the_hang_up() {
        instruments::test(|_| {
            let (to_stage, items) = channel::<i32>();
            let (to_sink, made) = channel();
            let ended = Count::new();
            let stage = thread::spawn({
                let ended = ended.clone();
                move || {
                    for item in items {
                        if to_sink.send(item).is_err() {
                            break;
                        }
                    }
                    ended.add();
                }
            });
            drop(made);
            let sees_it = ended.reaches(1, PROBE);
            to_stage.send(0).expect("the stage still waits");
            stage.join().expect("it does not panic");
            assert!(!sees_it, "the stage ended while its input was silent");
        });
    }

    #[test]
    fn a_chain_of_iterators_handles_one_item_after_the_other() {
        instruments::test(|_| {
            let mut steps = Vec::new();
            let log = std::cell::RefCell::new(&mut steps);
            (0..2)
                .map(|n| {
                    log.borrow_mut().push(format!("parse {n}"));
                    n + 10
                })
                .for_each(|n| log.borrow_mut().push(format!("write {n}")));
            assert!(
                steps == ["parse 0", "write 10", "parse 1", "write 11"],
                "the steps came in the order {steps:?}"
            );
        });
    }

    #[test]
    fn a_sends_result_may_be_ignored_as_far_as_the_types_go() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            drop(receiver);
            // The warning is a lint's. This compiles, and loses the item without a word.
            #[allow(unused_must_use)]
            {
                sender.send(1);
            }
        });
    }

    #[test]
    fn collecting_the_results_of_join_stops_joining_at_the_first_panic() {
        instruments::test(|_| {
            let (open, gate) = channel::<()>();
            let panics = thread::spawn(|| instruments::panic_on_purpose("no data"));
            let waits = thread::spawn(move || {
                let _ = gate.recv();
            });
            let handles = [panics, waits];
            // If it joined both, it would wait for a gate that opens only below.
            let ended: thread::Result<Vec<()>> =
                handles.into_iter().map(thread::JoinHandle::join).collect();
            assert!(ended.is_err(), "the panic is lost");
            drop(open);
        });
    }

    #[test]
    fn a_frame_is_under_way_from_the_begin_of_its_scan() {
        instruments::test(|_| {
            let line: &'static Line = Box::leak(Box::default());
            line.work("scan", "frame 0", 10);
            line.work("encode", "frame 0", 20);
            let level = line.picture("").level.expect("it counts");
            let first = level.points.first().expect("a step");
            assert!(
                (first.at, first.value) == (0, 1),
                "it begins with {first:?}"
            );
        });
    }

    #[test]
    fn a_stage_that_selects_sees_the_stop_while_its_input_is_silent() {
        instruments::test(|_| {
            let (_silent, items) = crossbeam_channel::bounded::<i32>(1);
            let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
            let stage = thread::spawn(move || {
                crossbeam_channel::select! {
                    recv(items) -> _ => false,
                    recv(stopped) -> _ => true,
                }
            });
            drop(stop);
            assert!(stage.join().expect("it does not panic"), "an item came");
        });
    }
}
