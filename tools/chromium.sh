#!/bin/sh
# Makes sure that Chromium, and fonts with Korean glyphs, are installed for the tests of the
# pages. Quiet if they are; starts nothing.
set -eu
. "$(dirname "$0")/install.sh"

# The names that internal/rig/browser looks for. Debian's chromium-headless-shell comes first: it
# needs two thirds of the processor time of the others. Not every distribution has it.
lean() { [ -x /usr/lib/chromium/chromium-headless-shell ]; }
browser() {
	for name in chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
		command -v "$name" >/dev/null && return 0
	done
	return 1
}
# A fresh machine has no lists of packages before its first installation.
may_have_lean() { command -v apt-get >/dev/null && { apt-cache show chromium-headless-shell >/dev/null 2>&1 || ! browser; }; }

# macOS has Korean fonts and no fontconfig.
fonts() { [ "$(uname)" = Darwin ] || [ "$(fc-list :lang=ko family 2>/dev/null)" ]; }

please="Please install Chromium (macOS: brew install --cask chromium; Fedora: dnf install chromium)."
lean || ! may_have_lean || (install_package chromium-headless-shell "$please") 2>/dev/null || true
lean || browser || install_package chromium "$please"
fonts || install_package "fonts-noto-cjk" "Please install Noto's fonts with Korean (Fedora: dnf install google-noto-sans-cjk-fonts)."
# fc-list, which this script uses, is not in the package of the fonts.
fonts || install_package fontconfig "Please install fontconfig (Fedora: dnf install fontconfig)."
