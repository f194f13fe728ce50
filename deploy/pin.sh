#!/bin/sh
# pin.sh OVERLAY NAME=IMAGE:TAG@sha256:…...: sets the overlay's images, by digest. KUSTOMIZE
# is the program, bin/kustomize by default.
set -eu
kustomize=$(cd "$(dirname "$0")/.." && pwd)/bin/kustomize
overlay=${1:?which overlay?}
shift
: "${1:?which images?}"
for image in "$@"; do
	if ! printf %s "$image" | grep --quiet --extended-regexp '^yeyak(-[a-z]+)?=[a-z0-9./-]+:v[0-9]+\.[0-9]+\.[0-9]+@sha256:[0-9a-f]{64}$'; then
		echo "$image: want NAME=IMAGE:vX.Y.Z@sha256:DIGEST" >&2
		exit 1
	fi
	# Any other name would be written, without an effect.
	if ! sed -n '/^images:/,/^[^ -]/p' "$overlay/settings/kustomization.yaml" |
		grep --quiet --extended-regexp --line-regexp "[ -]*name: ${image%%=*}"; then
		echo "${image%%=*}: $overlay runs no such image" >&2
		exit 1
	fi
done
cd "$overlay/settings"
"${KUSTOMIZE:-$kustomize}" edit set image "$@"
