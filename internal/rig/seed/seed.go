// Package seed chooses and prints the seed of a random test, so that a run can be
// repeated.
package seed

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Of is a new seed, or YEYAK_SEED. It is printed with what the test makes of it, such as
// "requests".
func Of(t testing.TB, what string) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if value := os.Getenv("YEYAK_SEED"); value != "" {
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			t.Fatalf("YEYAK_SEED: %v", err)
		}
		seed = n
	}
	fmt.Printf("seed of this run's %s: YEYAK_SEED=%d\n", what, seed)
	return seed
}
