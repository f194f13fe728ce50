package api

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/yeyak/yeyak/booking"
)

// encoding is base32 in lower case whose letters are in the order of their
// values, so that ids sort as their bytes do, and without those that people
// confuse.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newOrderID makes the id of an order: kind- and 26 characters, which sort by
// time.
func newOrderID(kind booking.Kind) string {
	id := uuid.Must(uuid.NewV7()) // fails only without a source of randomness
	return string(kind) + "-" + encoding.EncodeToString(id[:])
}

// keyedOrderID derives the id of an order from its customer and their
// Idempotency-Key, so that a repeated request finds the same order. attempt is
// how many orders under the key were not taken before this one.
func keyedOrderID(kind booking.Kind, customerID, key string, attempt int) string {
	of := []string{string(kind), customerID, key}
	if attempt > 0 {
		of = append(of, strconv.Itoa(attempt))
	}
	digest := hash(of)
	return string(kind) + "-" + encoding.EncodeToString(digest[:16])
}

// requestHash is what repeated requests have in common. It is taken of the
// request as it was understood: how it was written does not matter.
func requestHash(request any) string {
	digest := hash(request)
	return hex.EncodeToString(digest[:])
}

func hash(v any) [sha256.Size]byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", v, err)) // requests are made of strings and numbers
	}
	return sha256.Sum256(data)
}

// newID makes the id of a thing that is no order, such as place-0m5w3k1v8t2z6r4q.
func newID(thing string) string {
	id := uuid.New()
	return thing + "-" + encoding.EncodeToString(id[:10])
}

// name is the id of a person or thing that came from outside.
type name string

// Schema says which names there are.
func (name) Schema(huma.Registry) *huma.Schema {
	shortest, longest := 1, booking.LongestName
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest,
		Pattern:            booking.NamePattern.String(),
		PatternDescription: "letters, digits and . _ @ : + - only, beginning with a letter or digit",
	}
}
