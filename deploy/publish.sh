#!/bin/sh
# publish.sh IMAGE DOCKERFILE CONTEXT: builds an image for all platforms, pushes it under the
# released tag, and prints IMAGE:TAG@DIGEST.
set -eu
image=${1:?which image?}:$GITHUB_REF_NAME
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
docker buildx build --push --platform linux/amd64,linux/arm64 --provenance=mode=max --sbom=true \
	--file "$2" --build-arg VERSION="$GITHUB_REF_NAME" --build-arg REVISION="$GITHUB_SHA" \
	--metadata-file "$metadata" --tag "$image" "$3" >&2
digest=$(jq --raw-output '."containerimage.digest"' "$metadata")
case $digest in
sha256:*) echo "$image@$digest" ;;
*)
	echo "$image was pushed, and its digest is not known" >&2
	exit 1
	;;
esac
