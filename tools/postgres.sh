#!/bin/sh
# Makes sure that a PostgreSQL server (14 or newer) is installed, for the tests
# and the local cluster. Quiet when it is; starts nothing.
set -eu
oldest=14

installed() {
	for dir in "$(dirname "$(readlink -f "$(command -v postgres || echo /none/postgres)")")" \
		"$(pg_config --bindir 2>/dev/null || true)" \
		/usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
		/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
		[ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] || continue
		major=$("$dir/postgres" --version | sed 's/.*(PostgreSQL) \([0-9]*\).*/\1/')
		[ "$major" -ge "$oldest" ] && return 0
	done
	return 1
}

if installed; then
	exit 0
fi

if ! command -v apt-get >/dev/null; then
	echo "Please install the PostgreSQL server, version $oldest or newer (macOS: brew install postgresql@17; Fedora: dnf install postgresql-server)." >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Please run as root: apt-get install postgresql" >&2
		exit 1
	fi
	sudo=sudo
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql >/dev/null
if ! installed; then
	echo "apt-get's PostgreSQL is older than $oldest: please install a newer one, see https://www.postgresql.org/download/" >&2
	exit 1
fi
