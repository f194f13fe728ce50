package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestAlerts_LeadToPages: each alert names a page for operators, and the page shows the
// part that the address names. ApiDown leads to its runbook.
func TestAlerts_LeadToPages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../deploy/prometheus/rules/yeyak.yml")
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &rules))
	s := bootPages(t)
	olga := s.browse("olga")
	n := 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			page := rule.Annotations["page"]
			if rule.Alert == "ApiDown" { // no page of the API can be read then
				require.Equal(t, rule.Annotations["runbook_url"], page)
				continue
			}
			require.True(t, strings.HasPrefix(page, "/operator"), "%s leads to no page: %q", rule.Alert, page)
			path, part, _ := strings.Cut(page, "#")
			olga.open(s.url + path)
			require.Equal(t, strings.Split(path, "?")[0], olga.at.Path, rule.Alert)
			if part != "" {
				require.Contains(t, olga.text, ` id="`+part+`"`, rule.Alert)
			}
			n++
		}
	}
	require.Greater(t, n, 20)
}
