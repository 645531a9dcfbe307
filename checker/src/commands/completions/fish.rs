use std::fmt::Write as _;

use super::{Verb, names, quoted};

/// Adds to cargo's own completions.
pub(super) fn script(verbs: &[Verb]) -> String {
    let all = names(verbs);
    let mut script = format!(
        "# Completions of `cargo checker`: `cargo checker completions --help` says how to use them.\n\n\
         set -l none '__fish_seen_subcommand_from checker; and not __fish_seen_subcommand_from {all}'\n"
    );
    for verb in verbs {
        let _ = writeln!(
            script,
            "complete -c cargo -n $none -f -a {} -d {}",
            verb.name,
            quoted(&verb.about)
        );
    }
    for verb in verbs {
        let _ = writeln!(
            script,
            "\nset -l here '__fish_seen_subcommand_from checker; and __fish_seen_subcommand_from {}'",
            verb.name
        );
        // Without a file to offer, fish would offer all of them.
        let _ = if verb.files {
            Ok(())
        } else {
            let words = quoted(&verb.words.join(" "));
            writeln!(script, "complete -c cargo -n $here -f -a {words}")
        };
        for flag in &verb.flags {
            let takes = match (flag.takes_value, flag.values.as_slice()) {
                (false, _) => String::new(),
                (true, []) => " -r".to_owned(),
                (true, values) => format!(" -x -a {}", quoted(&values.join(" "))),
            };
            let _ = writeln!(
                script,
                "complete -c cargo -n $here -l {}{takes} -d {}",
                flag.name,
                quoted(&flag.about)
            );
        }
    }
    script
}
