//! Running exercises: cargo and processes.
