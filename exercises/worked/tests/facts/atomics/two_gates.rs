use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

fn let_in(visitors: &AtomicU64) {
    visitors.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn both_visitors_are_counted() {
    loom::model(|| {
        let visitors = Arc::new(AtomicU64::new(0));
        let gates = [(); 2].map(|()| {
            let visitors = Arc::clone(&visitors);
            thread::spawn(move || let_in(&visitors))
        });
        for gate in gates {
            gate.join().unwrap();
        }
        assert_eq!(visitors.load(Ordering::Relaxed), 2);
    });
}
