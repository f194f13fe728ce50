#!/bin/sh
# Makes sure that Chromium, and fonts with Korean glyphs, are installed for the tests of the
# pages. Quiet if they are; starts nothing.
set -eu
. "$(dirname "$0")/install.sh"

# The names under which internal/rig/browser finds it.
browser() {
	for name in chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
		command -v "$name" >/dev/null && return 0
	done
	return 1
}

# macOS has Korean fonts and no fontconfig.
fonts() { [ "$(uname)" = Darwin ] || [ "$(fc-list :lang=ko family 2>/dev/null)" ]; }

browser || install_package chromium "Please install Chromium (macOS: brew install --cask chromium; Fedora: dnf install chromium)."
fonts || install_package "fonts-noto-cjk" "Please install Noto's fonts with Korean (Fedora: dnf install google-noto-sans-cjk-fonts)."
# fc-list, which this script uses, is not in the package of the fonts.
fonts || install_package fontconfig "Please install fontconfig (Fedora: dnf install fontconfig)."
