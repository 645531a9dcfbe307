//! Whether the course is whole.
