#!/usr/bin/env bash
# Make .venv hold the pinned packages of requirements/$1.txt and the workspace's own packages, editable.
set -euo pipefail
cd "$(dirname "$0")/.."
kind="${1:?run or dev}"
venv=.venv
suits='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c "$suits" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11 or newer with venv and pip found; name one: make PYTHON=/path/to/python3 …" >&2
    return 1
}

if ! "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python="$(find_python)"
    echo "Setting up $venv with $("$python" --version) …"
    "$python" -m venv --clear "$venv"
else
    echo "Setting up $venv …"
fi

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"
}

count() {
    grep -c '^[A-Za-z0-9].*==' "$1"
}

members=()
for member in libs/* services/*; do
    members+=("./$member")
done
echo "Installing $(count "requirements/$kind.txt") packages, pinned with hashes in requirements/$kind.txt," \
    "from the package index pip is configured for (about a minute the first time) …"
pip install --require-hashes --requirement "requirements/$kind.txt"
echo "Linking our own ${#members[@]} packages from libs/ and services/, editable: a changed file counts at once …"
pip install --no-deps --no-build-isolation --no-index "${members[@]/#/--editable=}"

touch "$venv/.ready-run"
if [ "$kind" = dev ]; then
    touch "$venv/.ready-dev"
fi
echo "$venv is ready. Nothing outside this folder was changed; make clean removes it. Next: make run, make test."
