#!/bin/sh
# Makes sure that the shells in which newcomers run the README's lines are installed, for the
# test that does the same. Quiet if they are.
set -eu
. "$(dirname "$0")/install.sh"

for shell in bash dash zsh; do
	command -v "$shell" >/dev/null ||
		install_package "$shell" "Please install $shell (macOS: brew install $shell; Fedora: dnf install $shell)."
done
