#!/bin/sh
# Builds the Alertmanager that tests run. Its web pages are built by other tools
# and no part of its module; this one goes without.
set -eu
cd "$(dirname "$0")"
overlay=$(mktemp)
trap 'rm -f "$overlay"' EXIT
printf '{"Replace": {"%s/ui/app/dist/index.html": "%s/no-pages.html"}}' \
	"$(go list -m -f '{{.Dir}}' github.com/prometheus/alertmanager)" "$PWD" > "$overlay"
go build -overlay "$overlay" -o ../../bin/alertmanager github.com/prometheus/alertmanager/cmd/alertmanager
go build -o ../../bin/amtool github.com/prometheus/alertmanager/cmd/amtool
