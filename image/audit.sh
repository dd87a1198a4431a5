#!/usr/bin/env bash
# Ask OSV which vulnerabilities of the image's packages are known; options go to pip-audit. Exit 1 where one is known.
# Where OSV can't be asked, say that nothing was audited and end well: that is no fault of the packages.
set -euo pipefail
cd "$(dirname "$0")/.."
found=$(mktemp)
log=$(mktemp)
trap 'rm -f "$found" "$log"' EXIT

code=0
PATH=$PWD/.venv/bin:$PATH pip-audit --requirement image/requirements.txt --no-deps --disable-pip \
    --vulnerability-service osv --progress-spinner off --aliases on --output "$found" "$@" 2>"$log" || code=$?
cat "$found"
# pip-audit exits with 1 for both; it writes what it found, but nothing where it couldn't ask.
if [ "$code" = 1 ] && [ ! -s "$found" ]; then
    echo "Packages NOT audited, as OSV can't be asked: $(tail -n 1 "$log")"
    exit 0
fi
tail -n 1 "$log"
exit "$code"
