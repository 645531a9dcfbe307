//! A test that aborts its process leaves no record; what it says must be on stderr by then.

use std::env;
use std::process::Command;

const CHILD: &str = "ABORT_AS_CHILD";

struct Careless;

impl Drop for Careless {
    fn drop(&mut self) {
        panic!("dropped badly");
    }
}

#[test]
fn a_panic_that_aborts_is_told_with_the_one_before_it() {
    if env::var_os(CHILD).is_some() {
        instruments::test(|_run| {
            let _careless = Careless;
            panic!("first");
        });
        return;
    }
    let output = Command::new(env::current_exe().expect("it has a path"))
        .args([
            "--exact",
            "aborts::a_panic_that_aborts_is_told_with_the_one_before_it",
        ])
        .env(CHILD, "1")
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), None, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.find(":\nfirst\n");
    let second = said.find(":\ndropped badly\n");
    assert!(first.is_some() && first < second, "{said}");
}
