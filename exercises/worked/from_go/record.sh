#!/usr/bin/env bash
# Runs the Go programs of the "From Go" sections and records what they print, with the Go version
# and the exit code. The course and its CI read the recordings; only this script needs Go.
set -euo pipefail
cd "$(dirname "$0")"
for program in */*.go; do
  binary=$(mktemp)
  go build -o "$binary" "$program"
  code=0
  output=$("$binary" 2>&1) || code=$?
  rm -f "$binary"
  {
    go version | cut -d' ' -f3
    # Goroutine numbers and addresses differ from run to run; the first lines tell the story.
    printf '%s\n' "$output" | sed -e '/^$/,$d' -e 's/ \[recovered\]//'
    echo "exit code $code"
  } > "${program%.go}.out"
done
