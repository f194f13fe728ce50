#!/bin/sh
# Builds the Alertmanager for tests. Other tools build its web pages, which are not in its
# module, so this build uses a copy of the module without them.
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
