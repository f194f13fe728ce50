#!/bin/sh
# check.sh GOVULNCHECK MODULE...: finds known vulnerabilities in the modules in these
# folders. Fails if the code of a module reaches one, after checking all modules. If the
# database of vulnerabilities cannot be reached it says so, and does not fail. VULNDB names
# another database.
set -eu
govulncheck=$1
shift
: "${1:?which modules?}"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
failed=0
for module in "$@"; do
	echo "Vulnerabilities in $module:"
	status=0
	"$govulncheck" -C "$module" ${VULNDB:+-db "$VULNDB"} ./... 2> "$said" || status=$?
	cat "$said" >&2
	# 3 means a vulnerability; any other code means that the check did not run.
	if [ "$status" -ne 0 ] && [ "$status" -ne 3 ] && grep --quiet 'fetching vulnerabilities' "$said"; then
		echo "NOT CHECKED for known vulnerabilities: their database cannot be reached." >&2
		status=0
	fi
	if [ "$status" -ne 0 ]; then
		failed=$status
	fi
done
exit "$failed"
