// Package seed is where the random choices of a test begin: it is printed, and a
// run can be repeated with it.
package seed

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Of is a new seed, or that of the environment's YEYAK_SEED. It is printed as the
// seed of what the test makes with it, such as "requests".
func Of(t testing.TB, what string) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if given := os.Getenv("YEYAK_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatalf("YEYAK_SEED: %v", err)
		}
		seed = n
	}
	fmt.Printf("seed of this run's %s: YEYAK_SEED=%d\n", what, seed)
	return seed
}
