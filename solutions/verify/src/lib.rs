//! Nothing here: this package exists for its test target, see `Cargo.toml`.
