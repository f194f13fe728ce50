#!/bin/sh
# Writes the changelog's section of a version, from standard input. Its heading is
# "## v1.2.3" or "## v1.2.3 - 2026-12-24". Fails if there is no such section, or it is
# empty.
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
