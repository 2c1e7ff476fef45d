#!/usr/bin/env bash
# Re-resolve every hash-pinned requirements file from pyproject.toml. Needs uv and a package index; names neither in the files it writes.
set -euo pipefail
cd "$(dirname "$0")/.."
pin() { # NAME EXTRA...
    local name=$1; shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        "${@/#/--extra=}" pyproject.toml -o "requirements/$name.txt"
    echo "requirements/$name.txt: $(grep -c '==' "requirements/$name.txt") packages"
}
pin edge edge
pin server server
pin bench bench
pin dev dev
pin train train dev
pin teach teach dev
pin peers peers
pin accuracy-peers accuracy-peers
