package booking

import "encoding/base32"

// idEncoding is base32 in lower case. Its letters are in the order of their values, so that
// ids sort as their bytes do, and exclude those that people confuse.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// IDText is the text of an id made of these bytes.
func IDText(id []byte) string { return idEncoding.EncodeToString(id) }
