package booking_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// section is the part of docs/sagas.md under the heading of a kind.
func section(t *testing.T, k booking.Kind) string {
	t.Helper()
	text, err := os.ReadFile("../docs/sagas.md")
	require.NoError(t, err)
	_, fromHeading, found := strings.Cut(string(text), "\n## "+string(k)+"\n")
	require.True(t, found, "docs/sagas.md has no section on %s", k)
	part, _, _ := strings.Cut(fromHeading, "\n## ")
	return part
}

// TestDocs_TableOfTransitions compares the tables of docs/sagas.md with the code.
func TestDocs_TableOfTransitions(t *testing.T) {
	t.Parallel()
	for _, k := range booking.Kinds() {
		var table strings.Builder
		table.WriteString("| status | in words | 한국어 | may become |\n|---|---|---|---|\n")
		for _, s := range booking.Statuses() {
			if s.Label(k, booking.English) == "" {
				continue
			}
			next := "—"
			if len(k.Next(s)) > 0 {
				next = strings.Join(texts(k.Next(s)), ", ")
			}
			fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", s, s.Label(k, booking.English), s.Label(k, booking.Korean), next)
		}
		require.Contains(t, section(t, k), table.String(), "the section on %s wants this table", k)
	}
}

var arrow = regexp.MustCompile(`(?m)^ +(\w+) --> (\w+)`)

// TestDocs_Pictures compares the pictures of docs/sagas.md with the code: they show every
// transition of an order, and no other.
func TestDocs_Pictures(t *testing.T) {
	t.Parallel()
	for _, k := range booking.Kinds() {
		var drawn, possible []string
		for _, m := range arrow.FindAllStringSubmatch(section(t, k), -1) {
			drawn = append(drawn, m[1]+" --> "+m[2])
		}
		for _, from := range booking.Statuses() {
			for _, to := range k.Next(from) {
				possible = append(possible, string(from)+" --> "+string(to))
			}
		}
		require.ElementsMatch(t, possible, drawn, k)
	}
}

// TestDocs_Reasons compares the list of reasons with the code.
func TestDocs_Reasons(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/sagas.md")
	require.NoError(t, err)
	for _, r := range booking.Reasons() {
		require.Contains(t, string(text), fmt.Sprintf("| `%s` | %s | %s |", r, r.Label(booking.English), r.Label(booking.Korean)))
	}
	for heading, label := range map[string]func(booking.Language) []string{
		"Deliveries":  labels(booking.JobStatuses(), func(s booking.JobStatus, l booking.Language) string { return s.Label(booking.Food, l) }),
		"Productions": labels(booking.JobStatuses(), func(s booking.JobStatus, l booking.Language) string { return s.Label(booking.Cafe, l) }),
		"Payments":    labels(booking.PaymentStatuses(), booking.PaymentStatus.Label),
		"Drinks":      labels(booking.SaleStatuses(), booking.SaleStatus.Label),
		"Cleaners":    labels(booking.CleanerStatuses(), booking.CleanerStatus.Label),
	} {
		var table strings.Builder
		fmt.Fprintf(&table, "## %s\n\n| status | in words | 한국어 |\n|---|---|---|\n", heading)
		for i, english := range label(booking.English) {
			if english != "" {
				fmt.Fprintf(&table, "| %s | %s |\n", english, label(booking.Korean)[i])
			}
		}
		require.Contains(t, string(text), table.String())
	}
}

// TestDocs_Messages compares the table of messages with the code: each type, for each
// addressee that it has words for.
func TestDocs_Messages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/sagas.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## Messages\n")
	require.True(t, found)
	var listed, worded []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, m[1]+" for "+m[2])
	}
	for _, typ := range booking.MessageTypes() {
		for _, to := range booking.Addressees() {
			m := booking.Message{Type: typ, Data: booking.MessageData{Kind: booking.Cleaning, For: to}}
			if m.Words(booking.English) != string(typ) {
				worded = append(worded, fmt.Sprintf("%s for %s", typ, to))
			}
		}
	}
	require.ElementsMatch(t, worded, listed)
}

// labels returns the statuses' words in a language, "" for statuses that the thing never
// has; the English ones with the status itself.
func labels[S ~string](statuses []S, label func(S, booking.Language) string) func(booking.Language) []string {
	return func(l booking.Language) []string {
		words := make([]string, len(statuses))
		for i, s := range statuses {
			if words[i] = label(s, l); words[i] != "" && l == booking.English {
				words[i] = fmt.Sprintf("`%s` | %s", s, words[i])
			}
		}
		return words
	}
}

// TestDocs_Authorization compares the table of docs/authorization.md with the rules.
func TestDocs_Authorization(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/authorization.md")
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| to … | customer | owner | courier | cleaner | operator | service | any with the scope |\n|---|---|---|---|---|---|---|---|\n")
	for _, rule := range booking.Rules() {
		fmt.Fprintf(&table, "| %s |", rule.Does)
		for _, role := range booking.Roles() {
			fmt.Fprintf(&table, " %s |", inRelations(rule, role))
		}
		scope := "—"
		if rule.Scope != "" {
			scope = "`" + string(rule.Scope) + "`"
		}
		fmt.Fprintf(&table, " %s |\n", scope)
	}
	require.Contains(t, string(text), table.String())
}

// inRelations lists the relations in which a role may do the action, in words.
func inRelations(rule booking.Rule, role booking.Role) string {
	may := rule.May[role]
	switch {
	case rule.Public || may.Always:
		return "any"
	case len(may.In) == 0:
		return "—"
	}
	var words []string
	for _, r := range may.In {
		words = append(words, "its "+string(r))
	}
	return strings.Join(words, ", ")
}
