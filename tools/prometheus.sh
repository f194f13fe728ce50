#!/bin/sh
# Makes sure that promtool is installed, for the tests of the alert rules. Quiet if it is.
set -eu
. "$(dirname "$0")/install.sh"

if command -v promtool >/dev/null; then
	exit 0
fi

install_package prometheus "Please install promtool, which comes with Prometheus (macOS: brew install prometheus; Fedora: dnf install prometheus)."
echo "Installed promtool. Its package also starts a Prometheus, which Yeyak does not need: systemctl disable --now prometheus" >&2
