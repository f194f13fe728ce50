#!/bin/bash
# build.sh FOLDER OUTPUT PACKAGE [FLAGS]: go build, which reports its progress every hundred
# packages. OUTPUT is relative to FOLDER. Quiet if there is little to compile.
set -euo pipefail
folder=$1 output=$2 package=$3
shift 3
go build -C "$folder" -v -o "$output" "$@" "$package" 2>&1 | {
	compiled=0 all=
	while IFS= read -r line; do
		case $line in
		*[\ :]*) echo "$line" ;; # any line that is not the name of a compiled package
		*)
			compiled=$((compiled + 1))
			if ((compiled % 100 == 0)); then
				[[ $all ]] || all=$(go list -C "$folder" -deps "$package" | wc -l)
				echo "  compiled $compiled of at most $all packages"
			fi
			;;
		esac
	done
} >&2
