#!/bin/sh
# Writes what the changelog on standard input says of a version, which stands
# under a heading "## v1.2.3" or "## v1.2.3 - 2026-12-24". Fails when it says
# nothing.
set -eu
awk -v version="${1:?which version?}" '
	/^## / { ours = ($2 == version); next }
	ours && (/[^ ]/ || said) { print; said = 1 }
	END {
		if (!said) {
			print "the changelog says nothing of " version > "/dev/stderr"
			exit 1
		}
	}'
