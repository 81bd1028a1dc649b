#!/bin/sh
# Tries what is to be published, DIST/*.whl and DIST/*.tar.gz, outside of the repository: each is
# installed alone into an empty environment, and the source distribution's tests run against the
# wheel. Usage: sh tools/try_dist.sh DIST, with the Python to try it on as PYTHON.
set -eu
python=${PYTHON:-python3}
dist=$(cd "$1" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
install_alone() { # what to install, and into an environment that has nothing yet
    "$python" -m venv --clear "$folder/empty"
    "$folder/empty/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}
for built in "$dist"/*.whl "$dist"/*.tar.gz; do
    install_alone "$built"
    empty/bin/metastudio --version
    empty/bin/python -c 'import pulumi_metastudio as p; print(p.__version__, p.__file__)'
    empty/bin/python -m pip check
done
mkdir source
tar -xzf "$dist"/*.tar.gz -C source --strip-components=1
cd source
install_alone -c constraints.txt "$(echo "$dist"/*.whl)[dev]"
../empty/bin/python -m pytest -q tests/test_packaging.py tests/test_release.py tests/test_docs.py \
    tests/test_structure.py tests/pulumi_metastudio tests/end_to_end/test_story.py
