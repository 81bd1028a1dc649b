#!/bin/sh
# Compares what the program declares with what the service has, and changes nothing:
#
#   drift/drift.md   what is different
#   drift/verdict    drift or none
#
# A job that went on to another state by itself is no drift. --expect-no-changes would fail for
# drift and for a preview that cannot be made alike, so what changes is read from the preview.
set -eu

here=$(dirname "$0")
folder=${DRIFT_FOLDER:-drift}
mkdir -p "$folder"

sh "$here/preview_json.sh" "$folder/preview.json"
metastudio review "$folder/preview.json" --out "$folder/drift.md" --limit 65000
python3 "$here/changes.py" "$folder/preview.json" >"$folder/verdict"
tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" <"$folder/drift.md"
