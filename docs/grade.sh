#!/usr/bin/env bash
# Judges a learner's repository with the trainer's course, and makes a report of it.
#
#     docs/grade.sh <learner's repository> <trainer's course> <folder for the report>
#
# Of the learner's repository it reads the Rust files of exercises/src, .checker/progress.jsonl and
# receipts/*.json. Tests, manifests, cargo's settings and the checker are the trainer's, in a copy of
# the course that lies in neither of the two and has no solutions in it.
#
# What a verdict is worth: the tests run the learner's code, with the rights of whoever runs this. Such
# code can say of itself that it has passed, leave a process behind, and write over any file that its
# user may write, the report included. So a report shows honest work and does not prove it. Run this in
# a container or a virtual machine that holds nothing else and is thrown away, keep nothing that one
# learner's run has written for the next, and for marks look at the code as well. Receipts and progress
# logs say what a learner has answered; the right answers stand in the course for everyone to read.
set -euo pipefail
shopt -s nullglob

learner=$(realpath "$1")
course=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")

within() { [[ "$1/" == "$2/"* ]]; }
if within "$course" "$learner" || within "$out" "$learner" || within "$learner" "$course"; then
    echo "The learner's repository, the course and the report must lie side by side: settings of a" >&2
    echo "folder hold for all that lies in it." >&2
    exit 2
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# Cargo and rustup look for settings from the current folder upwards, and in these variables.
cd "$course"
export CARGO_TARGET_DIR="$course/target"
cargo build --quiet --package checker
checker=$CARGO_TARGET_DIR/debug/checker
"$checker" hand-out "$copy" --work-of "$learner"

receipts=()
if [[ ! -L "$learner/receipts" ]]; then
    for receipt in "$learner"/receipts/*.json; do
        # A link could lead to a file of this machine, whose words would stand in the report.
        if [[ -f "$receipt" && ! -L "$receipt" ]]; then
            receipts+=(--receipt "$receipt")
        fi
    done
fi

cd "$copy"
# Long enough for the programs that must not compile, which are compiled within the limit: a slow machine
# is no fault of the learner's. The plus: an older bash takes an empty list for one that was never set.
"$checker" report --limit 600 ${receipts[@]+"${receipts[@]}"} \
    --output "$out/report.md" --output "$out/report.json" --output "$out/junit.xml"
