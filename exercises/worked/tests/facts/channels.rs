//! What the chapter on channels says of Rust and its libraries, as far as it can be run.

mod core {
    use std::panic;
    use std::sync::mpsc::{
        RecvTimeoutError, SendError, SyncSender, TrySendError, channel, sync_channel,
    };
    use std::thread;

    use instruments::PROBE;
    use instruments::canary::Cage;
    use instruments::gate::Count;

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
}
