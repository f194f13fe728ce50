package child

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Environment is this process's own without what programs of ours, and Temporal's
// clients, are set to by it. A child is told what it needs: with an operator's
// key of Stripe, a load would charge real cards.
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

// Exports are variables, NAME=value, as any POSIX shell reads them.
func Exports(env []string) string {
	var text strings.Builder
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return text.String()
}
