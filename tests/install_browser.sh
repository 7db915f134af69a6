#!/bin/sh
# The browser tests need Chromium and Chinese fonts; Debian's packages are used where they can be.
set -eu
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
  if fc-list :lang=zh 2>/dev/null | grep -q .; then exit 0; fi
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "The browser tests need Chromium and a Chinese font: install the packages chromium and" >&2
  echo "fonts-noto-cjk (or your system's counterparts); without them these tests are skipped." >&2
  if [ "${CI:-}" ]; then exit 1; fi
  exit 0
fi
apt-get update -qq >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null
