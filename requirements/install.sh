#!/usr/bin/env bash
# usage: install.sh PYTHON VENV NAME      make VENV and install requirements/NAME.txt by hash, then this project, editable, without asking an index
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 venv=$2 name=$3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$python is $("$python" -V 2>&1), Harken needs Python 3.11 or newer" >&2; exit 2; }
if [ ! -x "$venv/bin/pip" ]; then
    "$python" -m venv "$venv" || { echo "$python cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 2; }
fi
echo "installing $(grep -c '==' "requirements/$name.txt") packages into $venv ..."
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "requirements/$name.txt"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
