#!/bin/sh
# Makes sure that Python (3.9 or newer) is installed, for subscribers/messages and its tests.
# Quiet if it is.
set -eu
. "$(dirname "$0")/install.sh"

# Debian also has a python3 without most of the standard library.
installed() {
	python3 -c 'import sys; assert sys.version_info >= (3, 9); import fcntl, http.server, ssl, unittest' 2>/dev/null
}

if installed; then
	exit 0
fi

install_package python3 "Please install Python, version 3.9 or newer (macOS: brew install python3; Fedora: dnf install python3)."
if ! installed; then
	echo "The python3 on PATH is older than 3.9 or lacks its library: please put a newer one there, see https://www.python.org/downloads/" >&2
	exit 1
fi
