#!/bin/sh
# The browser tests need Chromium: installed where we may, demanded in CI, else they are skipped and say so.
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null 2>&1
fi
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ -n "$CI" ]; then
  echo "Chromium is needed for the browser tests and could not be installed." >&2
  exit 1
fi
echo "No Chromium: the browser tests will be skipped."
