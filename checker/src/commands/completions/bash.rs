use std::fmt::Write as _;

use super::{Verb, names};

/// Wraps cargo's own completions, which go on for all that is not ours.
pub(super) fn script(verbs: &[Verb]) -> String {
    let mut script = format!(
        "# Completions of `cargo checker`: `cargo checker completions --help` says how to use them.\n\n\
         _cargo_checker() {{\n\
         \x20   local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=\n\
         \x20   if [ \"$COMP_CWORD\" -eq 2 ]; then\n\
         \x20       words=\"{}\"\n\
         \x20   else\n\
         \x20       case \"${{COMP_WORDS[2]}} $before\" in\n",
        names(verbs)
    );
    for verb in verbs {
        for flag in verb.flags.iter().filter(|flag| flag.takes_value) {
            let values = flag.values.join(" ");
            let _ = writeln!(
                script,
                "            '{} --{}') words=\"{values}\" ;;",
                verb.name, flag.name
            );
        }
    }
    for verb in verbs {
        let flags = verb.flags.iter().map(|flag| format!("--{}", flag.name));
        let words: Vec<_> = verb.words.iter().cloned().chain(flags).collect();
        let _ = writeln!(
            script,
            "            '{} '*) words=\"{}\" ;;",
            verb.name,
            words.join(" ")
        );
    }
    script.push_str(
        "        esac
    fi
    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))
}

_cargo_or_checker() {
    if [ \"${COMP_WORDS[1]}\" = checker ] && [ \"$COMP_CWORD\" -ge 2 ]; then
        _cargo_checker
    elif declare -F _cargo >/dev/null; then
        _cargo \"$@\"
    fi
}

# Cargo's own are loaded when they are first wanted; they are wanted now.
if ! declare -F _cargo >/dev/null && declare -F _completion_loader >/dev/null; then
    _completion_loader cargo 2>/dev/null
fi
complete -o default -F _cargo_or_checker cargo
",
    );
    script
}
