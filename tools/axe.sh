#!/bin/sh
# Downloads axe-core to bin/axe/axe.min.js, which checks the accessibility of pages in tests.
# Its version and the digest of its package are pinned here.
set -eu
cd "$(dirname "$0")/.."
version=4.14.1
integrity=sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
. tools/install.sh

command -v npm >/dev/null || install_package npm "Please install npm (macOS: brew install node; Fedora: dnf install nodejs-npm)."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "axe-core@$version" >/dev/null
package=$folder/axe-core-$version.tgz
found=sha512-$(node -e 'console.log(require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64"))' "$package")
if [ "$found" != "$integrity" ]; then
	echo "axe-core $version is not the package whose digest is pinned: it has $found" >&2
	exit 1
fi
mkdir -p bin/axe
tar -xzOf "$package" package/axe.min.js >"$folder/axe.min.js"
mv "$folder/axe.min.js" bin/axe/axe.min.js
