//! The book: preprocessor, page widgets, build and server.
