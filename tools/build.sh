#!/bin/bash
# build.sh FOLDER OUTPUT PACKAGE [FLAGS]: go build, which tells every hundred
# packages how far it is. OUTPUT is relative to FOLDER. Quiet when there is little
# to compile.
set -euo pipefail
folder=$1 output=$2 package=$3
shift 3
go build -C "$folder" -v -o "$output" "$@" "$package" 2>&1 | awk -v list="go list -C '$folder' -deps '$package' | wc -l" '
	!/^[^ :]+$/ { print; fflush(); next }
	++compiled % 100 == 0 {
		if (!all) list | getline all
		printf "  compiled %d of at most %d packages\n", compiled, all
		fflush()
	}' >&2
