#!/bin/sh
# Previews the stack PULUMI_STACK and writes what a reviewer must know, for the jobs after this one:
#
#   review/review.md   the comment
#   review/verdict     clear: nothing on the list FAIL_ON;  approval: something is;
#                      none: this run has no secrets, so nothing was previewed
#
# A run for a fork has no secrets, and neither has one that a bot such as Dependabot started.
set -eu

here=$(dirname "$0")
folder=${REVIEW_FOLDER:-review}
mkdir -p "$folder"

if [ -z "${PULUMI_CONFIG_PASSPHRASE:-}${PULUMI_ACCESS_TOKEN:-}" ]; then
    echo none >"$folder/verdict"
    tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" <<'END'
Nothing was previewed: this run has no secrets, as every run for a fork. Somebody who may push to
this repository can read the change, then push it to a branch here, where it is previewed.
END
    exit 0
fi

sh "$here/preview_json.sh" "$folder/preview.json"

verdict=clear
# A comment takes 65,536 characters, of which comment.py needs some.
metastudio review "$folder/preview.json" --out "$folder/review.md" --limit 65000 \
    --fail-on "${FAIL_ON:-rebill,delete}" || {
    code=$?
    [ "$code" -eq 9 ] || exit "$code"
    verdict=approval
}
echo "$verdict" >"$folder/verdict"
tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" <"$folder/review.md"
