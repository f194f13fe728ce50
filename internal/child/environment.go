package child

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Environment is the environment of this process without the variables that Yeyak
// and Temporal's clients read. A child gets these explicitly: with an operator's
// key for Stripe a load test would charge real cards.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return setting(name)
	})
}

func setting(name string) bool {
	for _, prefix := range []string{"YEYAK_", "STRIPE_", "TEMPORAL_", "OTEL_", "MYPAGE_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasSuffix(name, "DATABASE_URL")
}

// Exports writes variables, NAME=value, as a script for any POSIX shell.
func Exports(env []string) string {
	var text strings.Builder
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return text.String()
}
