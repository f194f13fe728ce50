package orders

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/yeyak/yeyak/booking"
)

// newID returns the id of an order: the kind, "-", and 26 characters that sort by time.
func newID(kind booking.Kind) string {
	id := uuid.Must(uuid.NewV7()) // fails only without a source of randomness
	return string(kind) + "-" + booking.IDText(id[:])
}

// KeyedID derives the id of an order from its customer and their Idempotency-Key, so that a
// repeated request finds the same order. number is how many orders under the key were not
// accepted before this one.
func KeyedID(kind booking.Kind, customerID, key string, number int) string {
	of := []string{string(kind), customerID, key}
	if number > 0 {
		of = append(of, strconv.Itoa(number))
	}
	text, err := json.Marshal(of)
	if err != nil {
		panic(fmt.Sprintf("texts cannot be written as JSON: %v", err))
	}
	digest := sha256.Sum256(text)
	return string(kind) + "-" + booking.IDText(digest[:16])
}
