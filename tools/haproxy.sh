#!/bin/sh
# Makes sure that HAProxy is installed, the entry point of the local cluster. Quiet if it is;
# starts nothing.
set -eu
. "$(dirname "$0")/install.sh"

# Debian installs it in sbin, which is not on every user's PATH.
installed() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v haproxy >/dev/null; }

installed || install_package haproxy "Please install HAProxy 2.4 or newer (macOS: brew install haproxy; Fedora: dnf install haproxy)."
