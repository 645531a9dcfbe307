//! `std::hint`, for loops that wait.

/// Says that the calling thread waits for another in a loop. In a model, the others get their turn.
pub fn spin_loop() {
    match crate::model::current() {
        Some(model) => model.spin(),
        None => std::hint::spin_loop(),
    }
}
