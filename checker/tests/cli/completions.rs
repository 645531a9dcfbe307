//! Completions, asked of the shells themselves where they are installed.

use std::process::Command;

use crate::fixture::Fixture;

#[test]
fn bash_completes_verbs_lessons_flags_and_values() {
    let course = Fixture::new();
    let script = course.run(&["completions", "bash"]);
    script.expect(0, &[]);
    let complete = |words: &str| {
        let asked = format!(
            "{}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _cargo_or_checker; echo \"${{COMPREPLY[@]}}\"",
            script.out
        );
        let output = Command::new("bash").args(["-c", &asked]).output();
        let output = output.expect("bash is installed");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    };
    assert_eq!(complete("cargo checker sta"), "status");
    assert_eq!(complete("cargo checker check ans"), "answers");
    assert_eq!(complete("cargo checker check --al"), "--all");
    assert_eq!(complete("cargo checker report --format j"), "json junit");
    assert_eq!(complete("cargo checker completions z"), "zsh");
    // What is not ours is left to cargo's own, which are not loaded here.
    assert_eq!(complete("cargo bui"), "");
}

#[test]
fn the_other_shells_can_read_their_scripts() {
    let course = Fixture::new();
    for shell in ["zsh", "fish"] {
        let script = course.run(&["completions", shell]);
        script.expect(
            0,
            &["_cargo_or_checker", "answers"].map(|word| match shell {
                "fish" => "complete -c cargo",
                _ => word,
            }),
        );
        course.write("script", &script.out);
        if let Ok(output) = Command::new(shell)
            .arg("-n")
            .arg(course.path("script"))
            .output()
        {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success() && said.is_empty(),
                "{shell}: {said}"
            );
        }
    }
    course
        .run(&["completions", "tcsh"])
        .expect(2, &["bash, fish, zsh"]);
}
