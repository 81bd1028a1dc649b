#!/bin/sh
# preview_json.sh FILE: previews the stack PULUMI_STACK into FILE, as JSON.
#
# It reads the service's side first, as `up` will: what somebody changed by hand is in the review.
# With JSON on standard output the engine's errors are in it, so a failed preview is told from there.
set -eu

file=$1
here=$(dirname "$0")
metastudio preview --json --refresh -C "${PROJECT_FOLDER:-.}" >"$file" || {
    code=$?
    python3 "$here/diagnostics.py" "$file" >&2
    exit "$code"
}
