#!/bin/sh
# busy.sh COMMAND...: runs a command while a loop keeps each core busy. The loops
# end with the command, and after nine hours in any case.
set -eu
loops=
trap 'kill $loops 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
for _ in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
	timeout 9h sh -c 'while :; do :; done' &
	loops="$loops $!"
done
"$@"
