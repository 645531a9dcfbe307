//! What the chapter on channels says of Rust and its libraries, as far as it can be run.

mod core {
    use std::panic;
    use std::sync::mpsc::{
        RecvError, RecvTimeoutError, SendError, SyncSender, TryRecvError, TrySendError, channel,
        sync_channel,
    };
    use std::thread;
    use std::time::Duration;

    use instruments::PROBE;
    use instruments::canary::Cage;
    use instruments::gate::Count;
    use instruments::simulation::line::Line;
    use instruments::timeline::Timeline;

    /// Whether a send returns before anybody has begun to receive.
    fn returns_at_once(sender: SyncSender<i32>) -> bool {
        let returned = Count::new();
        let thread = thread::spawn({
            let returned = returned.clone();
            move || {
                let _ = sender.send(7);
                returned.add();
            }
        });
        let at_once = returned.reaches(1, PROBE);
        // It ends when the test drops the receiver.
        drop(thread);
        at_once
    }

    #[test]
    fn without_room_a_send_waits_until_the_value_is_taken() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(0);
            assert!(!returns_at_once(sender), "send returned, and nobody took");
            drop(receiver);
        });
    }

    #[test]
    fn room_for_one_is_no_rendezvous() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(1);
            assert!(returns_at_once(sender), "send waited, though there is room");
            drop(receiver);
        });
    }

    #[test]
    fn at_a_rendezvous_the_sender_knows_what_the_receiver_had_done() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(0);
            let ready = Count::new();
            let thread = thread::spawn({
                let ready = ready.clone();
                move || {
                    ready.add();
                    receiver.recv()
                }
            });
            sender.send(1).expect("the receiver is here");
            assert!(ready.get() == 1, "it took before it was ready");
            assert!(thread.join().expect("it does not panic") == Ok(1));
        });
    }

    #[test]
    fn tokio_refuses_a_channel_without_room() {
        instruments::test(|_| {
            let refused = panic::catch_unwind(|| {
                let _ = tokio::sync::mpsc::channel::<i32>(0);
            });
            assert!(refused.is_err(), "tokio made a channel without room");
        });
    }

    #[test]
    fn tokios_room_for_one_is_no_rendezvous_either() {
        instruments::test(|_| {
            let (sender, _receiver) = tokio::sync::mpsc::channel(1);
            let sent = sender.blocking_send(1);
            assert!(sent.is_ok(), "it waits until somebody takes");
        });
    }

    #[test]
    fn a_send_to_nobody_hands_the_value_back() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            drop(receiver);
            let sent = sender.send("picture 0".to_owned());
            assert!(
                sent == Err(SendError("picture 0".to_owned())),
                "send returned {sent:?}"
            );
        });
    }

    #[test]
    fn a_clone_that_was_forgotten_keeps_the_receiver_waiting() {
        instruments::test(|_| {
            let (sender, receiver) = channel::<i32>();
            let forgotten = sender.clone();
            drop(sender);
            let end = receiver.recv_timeout(PROBE);
            assert!(end == Err(RecvTimeoutError::Timeout), "it ended: {end:?}");
            drop(forgotten);
            let end = receiver.recv_timeout(PROBE);
            assert!(
                end == Err(RecvTimeoutError::Disconnected),
                "it goes on: {end:?}"
            );
        });
    }

    #[test]
    fn try_send_turns_the_newest_away() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(1);
            assert!(sender.try_send(0) == Ok(()));
            assert!(sender.try_send(1) == Err(TrySendError::Full(1)));
            assert!(receiver.try_recv() == Ok(0), "the oldest is not there");
        });
    }

    #[test]
    fn a_send_without_a_bound_never_waits() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            for n in 0..100_000 {
                sender.send(n).expect("the receiver is here");
            }
            assert!(receiver.try_iter().count() == 100_000);
        });
    }

    #[test]
    fn crossbeams_channel_has_many_receivers_and_each_value_goes_to_one() {
        instruments::test(|_| {
            let (sender, receiver) = crossbeam_channel::bounded(2);
            let other = receiver.clone();
            sender.send(0).expect("somebody is here");
            sender.send(1).expect("somebody is here");
            drop(sender);
            assert!(receiver.recv() == Ok(0));
            assert!(other.recv() == Ok(1));
            assert!(receiver.recv().is_err() && other.recv().is_err());
        });
    }

    #[test]
    fn crossbeam_has_a_rendezvous_too() {
        instruments::test(|_| {
            let (sender, receiver) = crossbeam_channel::bounded(0);
            let sent = sender.try_send(0);
            assert!(sent == Err(crossbeam_channel::TrySendError::Full(0)));
            drop(receiver);
        });
    }

    #[test]
    fn who_holds_a_receiver_never_learns_of_the_hang_up() {
        instruments::test(|_| {
            let (sender, receiver) = crossbeam_channel::bounded(1);
            let own = receiver.clone();
            drop(receiver);
            assert!(sender.send(0).is_ok(), "the channel is closed");
            drop(own);
            assert!(sender.send(1).is_err(), "the channel is open");
        });
    }

    #[test]
    fn what_nobody_took_goes_with_the_receiver_or_with_the_last_sender() {
        instruments::test(|_| {
            let cage = Cage::new();
            let (sender, receiver) = sync_channel(1);
            sender.send(cage.canary()).expect("the receiver is here");
            drop(receiver);
            assert!(cage.alive() == 0, "std keeps what nobody will take");

            let (sender, receiver) = crossbeam_channel::bounded(1);
            sender.send(cage.canary()).expect("the receiver is here");
            drop(receiver);
            assert!(cage.alive() == 1, "crossbeam drops it with the receiver");
            drop(sender);
            assert!(cage.alive() == 0, "crossbeam keeps it for good");
        });
    }

    #[test]
    fn each_way_to_receive_says_whether_it_found_nothing_or_the_end() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            assert!(receiver.try_recv() == Err(TryRecvError::Empty));
            let soon = Duration::from_millis(1);
            assert!(receiver.recv_timeout(soon) == Err(RecvTimeoutError::Timeout));
            sender.send(1).expect("the receiver is here");
            sender.send(2).expect("the receiver is here");
            drop(sender);
            assert!(receiver.try_recv() == Ok(1), "what is queued comes first");
            assert!(receiver.iter().eq([2]));
            for _ in 0..2 {
                assert!(receiver.recv() == Err(RecvError));
                assert!(receiver.try_recv() == Err(TryRecvError::Disconnected));
                assert!(receiver.recv_timeout(soon) == Err(RecvTimeoutError::Disconnected));
            }
        });
    }

    #[test]
    fn a_send_on_a_closed_channel_can_be_written_and_is_an_error_of_that_name() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            drop(receiver);
            let said = sender.send(1).expect_err("it is closed").to_string();
            assert!(said == "sending on a closed channel", "{said}");
        });
    }

    #[test]
    fn tokios_receiver_can_be_closed_and_what_is_queued_still_comes() {
        instruments::test(|_| {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
            sender.try_send(1).expect("there is room");
            receiver.close();
            assert!(sender.is_closed());
            assert!(sender.try_send(2).is_err(), "it takes more");
            assert!(receiver.blocking_recv() == Some(1));
            assert!(receiver.blocking_recv().is_none());
        });
    }

    #[test]
    fn only_a_block_that_holds_the_channels_let_ends_the_depths() {
        instruments::test(|_| {
            let (sender, depths) = channel();
            {
                for probe in 1..=3 {
                    let sender = sender.clone();
                    thread::spawn(move || sender.send(probe).expect("the receiver is here"));
                }
            }
            thread::scope(|scope| {
                for probe in 4..=6 {
                    let sender = sender.clone();
                    scope.spawn(move || sender.send(probe).expect("the receiver is here"));
                }
            });
            for _ in 0..6 {
                depths.recv().expect("a probe sends");
            }
            let end = depths.recv_timeout(PROBE);
            assert!(end == Err(RecvTimeoutError::Timeout), "it ended: {end:?}");
            drop(sender);

            let depths = {
                let (sender, depths) = channel();
                for probe in 1..=3 {
                    let sender = sender.clone();
                    thread::spawn(move || sender.send(probe).expect("the receiver is here"));
                }
                depths
            };
            assert!(depths.iter().sum::<i32>() == 6);
        });
    }

    /// Between 20 and 50, from a seed.
    fn uneven(seed: u64) -> impl Iterator<Item = u64> {
        let mut state = seed;
        std::iter::from_fn(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            Some(20 + (state >> 33) % 31)
        })
    }

    /// How old each picture of a camera of 10 ms was when it came on the screen, and whether the camera
    /// was still flying then.
    fn ages(flight: &Timeline) -> Vec<(u64, bool)> {
        let camera = &flight.lanes[0].spans;
        let landed = camera.last().and_then(|last| last.end).expect("it flew");
        let shown = flight.lanes[1].spans.iter();
        let taken = |label: &str| {
            let picture = camera.iter().find(|span| span.label == label);
            picture.and_then(|span| span.end).expect("it was taken")
        };
        shown
            .map(|span| (span.start - taken(&span.label), span.start < landed))
            .collect()
    }

    fn through_a_ring(seed: u64, room: usize) -> Timeline {
        let line: &'static Line = Box::leak(Box::default());
        let (sender, pictures) = line.ring(room);
        let camera = thread::spawn(move || {
            for n in 0..40 {
                line.work("camera", &n.to_string(), 10);
                sender.send(n).expect("the screen takes all");
            }
        });
        for (picture, pace) in pictures.into_iter().zip(uneven(seed)) {
            line.work("screen", &picture.to_string(), pace);
        }
        camera.join().expect("it does not panic");
        line.picture("")
    }

    #[test]
    fn in_a_ring_age_is_bounded_by_the_senders_period_while_it_goes_on_and_by_the_receiver_after() {
        instruments::test(|_| {
            for room in [1_usize, 3] {
                let all: Vec<_> = (0..20)
                    .flat_map(|seed| ages(&through_a_ring(seed, room)))
                    .collect();
                let oldest = |flying| {
                    all.iter()
                        .filter(|age| age.1 == flying)
                        .map(|age| age.0)
                        .max()
                };
                let flying = oldest(true).expect("some are shown");
                let bound = 10 * room as u64;
                assert!(flying <= bound, "{flying} ms, not {bound} at most");
                assert!(flying > 5, "5 ms is the bound of every run");
                let after = oldest(false).expect("the last one is shown");
                assert!(
                    after > bound,
                    "the sender's pace bounds it after the end too"
                );
                assert!(after <= 50 * room as u64 + 10, "{after} ms");
            }
        });
    }

    fn with_room(room: usize, pace: impl Iterator<Item = u64>) -> Timeline {
        let line: &'static Line = Box::leak(Box::default());
        let (sender, pictures) = line.sync_channel(room);
        let camera = thread::spawn(move || {
            for (n, pace) in (0..40).zip(uneven(99)) {
                line.work("camera", &n.to_string(), pace);
                sender.send(n).expect("the screen takes all");
            }
        });
        for (picture, pace) in pictures.into_iter().zip(pace) {
            line.work("screen", &picture.to_string(), pace);
        }
        camera.join().expect("it does not panic");
        line.picture("")
    }

    #[test]
    fn with_uneven_sides_a_rendezvous_costs_throughput() {
        instruments::test(|_| {
            for seed in 0..20 {
                let none = with_room(0, uneven(seed)).end();
                let some = with_room(4, uneven(seed)).end();
                assert!(none > some, "{none} ms without room, {some} with");
            }
        });
    }

    #[test]
    fn a_place_more_ages_no_picture_until_all_places_are_full() {
        instruments::test(|_| {
            let flight = |room| {
                let line: &'static Line = Box::leak(Box::default());
                let (sender, pictures) = line.sync_channel(room);
                let camera = thread::spawn(move || {
                    for n in 0..12 {
                        line.work("camera", &n.to_string(), 10);
                        sender.send(n).expect("the screen takes all");
                    }
                });
                for picture in pictures {
                    line.work("screen", &picture.to_string(), 35);
                }
                camera.join().expect("it does not panic");
                ages(&line.picture(""))
            };
            let (one, four) = (flight(1), flight(4));
            assert!(one[..3] == four[..3], "{one:?} and {four:?}");
            assert!(one[11].0 + 3 * 35 == four[11].0, "{one:?} and {four:?}");
        });
    }

    #[test]
    fn a_closed_channel_is_ready_in_every_turn_of_a_select_and_never_replaces_it() {
        instruments::test(|_| {
            let (sender, mut lines) = crossbeam_channel::bounded::<i32>(1);
            let (_orders, silent) = crossbeam_channel::bounded::<i32>(1);
            drop(sender);
            for _ in 0..1_000 {
                crossbeam_channel::select! {
                    recv(lines) -> line => assert!(line.is_err()),
                    recv(silent) -> _ => unreachable!("no order is sent"),
                }
            }
            lines = crossbeam_channel::never();
            crossbeam_channel::select! {
                recv(lines) -> _ => panic!("it is still ready"),
                recv(silent) -> _ => unreachable!("no order is sent"),
                default => {}
            }
        });
    }
}
