#!/usr/bin/env bash
# Runs the Go programs of the "From Go" sections and records what they print, with the Go version
# and the exit code. The course and its CI read the recordings; only this script needs Go. Arguments
# name single programs; a line `// go build …` in a program has the flags that it is built with.
set -euo pipefail
cd "$(dirname "$0")"
if [ "$#" -eq 0 ]; then set -- */*.go; fi
for program in "$@"; do
  binary=$(mktemp)
  read -ra flags <<<"$(sed -n 's|^// go build ||p' "$program")"
  go build "${flags[@]}" -o "$binary" "$program"
  code=0
  output=$("$binary" 2>&1) || code=$?
  rm -f "$binary"
  {
    go version | cut -d' ' -f3
    # Goroutine numbers and addresses differ from run to run; the first lines tell the story.
    printf '%s\n' "$output" | sed -e '/^$/,$d' -e 's/ \[recovered\]//' \
      -e 's/ at 0x[0-9a-f]* by goroutine [0-9]*:/ by one of the goroutines:/' -e 's|/.*/\(.*\.go:[0-9]*\).*|\1|'
    echo "exit code $code"
  } > "${program%.go}.out"
done
