use std::fmt::Write as _;

use super::{Verb, quoted};

/// Wraps cargo's own completions, which go on for all that is not ours.
pub(super) fn script(verbs: &[Verb]) -> String {
    let mut script = String::from(
        "# Completions of `cargo checker`: `cargo checker completions --help` says how to use them.

_cargo_checker() {
    local before=$words[CURRENT-1]
    if (( CURRENT == 3 )); then
        local -a verbs=(
",
    );
    for verb in verbs {
        let described = format!("{}:{}", verb.name, verb.about);
        let _ = writeln!(script, "            {}", quoted(&described));
    }
    script.push_str(
        "        )
        _describe verb verbs
        return
    fi
    local -a flags
    case \"$words[3] $before\" in
",
    );
    for verb in verbs {
        for flag in verb.flags.iter().filter(|flag| flag.takes_value) {
            let offer = if flag.values.is_empty() {
                "_files".to_owned()
            } else {
                format!("compadd -- {}", flag.values.join(" "))
            };
            let _ = writeln!(
                script,
                "        '{} --{}') {offer} ;;",
                verb.name, flag.name
            );
        }
    }
    for verb in verbs {
        let _ = writeln!(script, "        '{} '*)\n            flags=(", verb.name);
        for flag in &verb.flags {
            let described = format!("--{}:{}", flag.name, flag.about);
            let _ = writeln!(script, "                {}", quoted(&described));
        }
        script.push_str("            )\n");
        // Flags only where one was begun: lessons are what is wanted.
        script.push_str("            [[ $PREFIX == -* ]] && _describe flag flags && return\n");
        if !verb.words.is_empty() {
            let _ = writeln!(script, "            compadd -- {}", verb.words.join(" "));
        }
        if verb.files {
            script.push_str("            _files\n");
        }
        if verb.words.is_empty() && !verb.files {
            script.push_str("            _describe flag flags\n");
        }
        script.push_str("            ;;\n");
    }
    script.push_str(
        "    esac
}

_cargo_or_checker() {
    if [[ $words[2] == checker ]] && (( CURRENT > 2 )); then
        _cargo_checker
    else
        (( $+functions[_cargo] )) || autoload -Uz _cargo
        _cargo
    fi
}

compdef _cargo_or_checker cargo
",
    );
    script
}
