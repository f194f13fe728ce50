#!/bin/sh
# Builds the Alertmanager that tests run. Its web pages are built by other tools
# and no part of its module: this one, of a copy of the module, goes without.
set -eu
cd "$(dirname "$0")"
bin=$(cd ../.. && pwd)/bin
go mod download github.com/prometheus/alertmanager
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$(go list -m -f '{{.Dir}}' github.com/prometheus/alertmanager)/." "$copy"
chmod -R u+w "$copy"
mkdir -p "$copy/ui/app/dist"
echo 'The pages are built by other tools.' > "$copy/ui/app/dist/index.html"
go build -C "$copy" -o "$bin/" ./cmd/alertmanager ./cmd/amtool
