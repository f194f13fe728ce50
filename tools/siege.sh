#!/bin/sh
# Makes sure that siege is installed, the load generator in the documents of other order
# systems. Quiet if it is; starts nothing.
set -eu
. "$(dirname "$0")/install.sh"

command -v siege >/dev/null || install_package siege "Please install siege 4 (macOS: brew install siege; Fedora: dnf install siege)."
