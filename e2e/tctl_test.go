package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOperations_FromTctl: Temporal's CLI has the commands and options in the table of
// docs/operations/README.md, and the pages have the headings.
//
// Row O14.
func TestOperations_FromTctl(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operations/README.md")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| (?:`tctl [^`]+`)? \\| `temporal ([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(
		strings.ReplaceAll(string(page), "| |", "|  |"), -1)
	require.Greater(t, len(rows), 20)
	recipes := 0
	for _, row := range rows {
		words := strings.Fields(row[1])
		command := words
		for len(command) > 0 && strings.HasPrefix(command[len(command)-1], "--") {
			command = command[:len(command)-1]
		}
		help, err := limitedCommand(t, temporalCLI(), append(command[:len(command):len(command)], "--help")...).CombinedOutput()
		require.NoError(t, err, "%s", help)
		// For an unknown command the CLI shows the help of its parent.
		require.Contains(t, string(help), "temporal "+strings.Join(command, " ")+" ", row[0])
		for _, option := range words[len(command):] {
			require.Regexp(t, option+`\b`, string(help), row[0])
		}
		for _, recipe := range regexp.MustCompile(`\[([^\]]+)\]\((\w+\.md)#`).FindAllStringSubmatch(row[2], -1) {
			linked, err := os.ReadFile("../docs/operations/" + recipe[2])
			require.NoError(t, err)
			require.Regexp(t, `(?m)^#+ `+regexp.QuoteMeta(recipe[1])+`$`, string(linked))
			recipes++
		}
	}
	require.Greater(t, recipes, 10, "the table links recipes")
}
