#!/bin/sh
# Fails unless each template of the folder has the Go code that templ generates from it, and
# there is no generated code without its template.
#   check.sh <templ> <folder>
set -eu
templ=$1
cd "$2"
case $templ in /*) ;; *) templ=$OLDPWD/$templ ;; esac
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
cp ./*.templ "$fresh"
"$templ" generate -path "$fresh" -log-level error
"$templ" fmt -fail "$fresh" >/dev/null
stale=0
for made in "$fresh"/*_templ.go ./*_templ.go; do
	name=$(basename "$made")
	if ! cmp -s "$fresh/$name" "$name"; then
		echo "$2/$name is not what templ makes of its template: run make templates" >&2
		stale=1
	fi
done
exit $stale
