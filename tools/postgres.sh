#!/bin/sh
# Makes sure that a PostgreSQL server (14 or newer) is installed, for the tests and the local
# cluster. Quiet if it is; starts nothing.
set -eu
. "$(dirname "$0")/install.sh"
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

install_package postgresql "Please install the PostgreSQL server, version $oldest or newer (macOS: brew install postgresql@17; Fedora: dnf install postgresql-server)."
if ! installed; then
	echo "apt-get's PostgreSQL is older than $oldest: please install a newer one, see https://www.postgresql.org/download/" >&2
	exit 1
fi
