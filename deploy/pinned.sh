#!/bin/sh
# pinned.sh OVERLAY: reads the images of an overlay's settings from standard input, in the
# form in which kustomize writes them. Prints those that OVERLAY runs too and that have a
# digest, as NAME=IMAGE:TAG@DIGEST, the form that pin.sh takes.
set -eu
own=${1:?which overlay?}/settings/kustomization.yaml
awk '
	function flush() { if (digest != "" && (name in known)) print name "=" image ":" tag "@" digest; name = image = tag = digest = "" }
	/^[^ -]/ { flush(); inside = /^images:/; next }
	!inside { next }
	/^- / { flush() }
	{ sub(/^[- ] */, "") }
	own && /^name: / { known[$2] = 1; next }
	/^name: / { name = $2 }
	/^newName: / { image = $2 }
	/^newTag: / { tag = $2 }
	/^digest: / { digest = $2 }
	END { flush() }
' own=1 "$own" own= -
