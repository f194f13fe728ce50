package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.yaml.in/yaml/v3"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	prometheusFolder = "../deploy/prometheus/"
	alertRules       = prometheusFolder + "rules/yeyak.yml"
	alertTests       = prometheusFolder + "rules_test.yml"
	dashboards       = "../deploy/grafana/dashboards/*.json"
)

// TestMonitoring_Rules: Prometheus accepts its settings, and each alert fires in its
// case and in no similar one.
func TestMonitoring_Rules(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	require.NoError(t, err, "run `sh tools/prometheus.sh`")
	for _, args := range [][]string{
		{"check", "config", "--syntax-only", prometheusFolder + "prometheus.yml"},
		{"check", "rules", "--lint=all", "--lint-fatal", alertRules},
		{"test", "rules", alertTests},
	} {
		out, err := limitedCommand(t, promtool, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

type rule struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (all []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readYAML(t, alertRules, &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(raw, into))
}

// TestMonitoring_EveryAlert: every alert is tested both ways, and
// docs/operations/trouble.md says what it means and what to type.
//
// Row O10.
func TestMonitoring_EveryAlert(t *testing.T) {
	t.Parallel()
	var file struct {
		Tests []struct {
			Alerts []struct {
				Name string `yaml:"alertname"`
				Want []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, alertTests, &file)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, a := range test.Alerts {
			fires[a.Name] = fires[a.Name] || len(a.Want) > 0
			silent[a.Name] = silent[a.Name] || len(a.Want) == 0
		}
	}
	docs, err := os.ReadFile("../docs/operations/trouble.md")
	require.NoError(t, err)
	headings := regexp.MustCompile(`(?m)^### (\w+)$`).FindAllString(string(docs), -1)
	for _, a := range alerts(t) {
		require.True(t, fires[a.Alert], "no test in which %s fires", a.Alert)
		require.True(t, silent[a.Alert], "no test in which %s does not fire", a.Alert)
		require.Contains(t, headings, "### "+a.Alert, "docs/operations/trouble.md does not explain it")
		require.True(t, strings.HasSuffix(a.Annotations["runbook_url"], "/docs/operations/trouble.md#"+strings.ToLower(a.Alert)), a.Alert)
		require.Contains(t, []string{"critical", "warning"}, a.Labels["severity"], a.Alert)
		if a.Alert == "WorkersGone" {
			for _, queue := range append(contract.Queues(), contract.DeferredPaymentsQueue) {
				require.Contains(t, a.Expr, `"`+queue+`"`)
			}
		}
	}
}

var metricName = regexp.MustCompile(`\b(?:yeyak|temporal|go|process)_[a-z0-9_]+`)

// usedMetrics are the names of the metrics in alerts and dashboards.
func usedMetrics(t *testing.T) map[string]string {
	t.Helper()
	where := map[string]string{}
	for _, a := range alerts(t) {
		for _, name := range metricName.FindAllString(a.Expr, -1) {
			where[name] = a.Alert
		}
	}
	files, err := filepath.Glob(dashboards)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		require.NoError(t, err)
		var dashboard struct {
			Panels []struct {
				Title   string
				Type    string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &dashboard))
		for _, p := range dashboard.Panels {
			require.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
			for _, target := range p.Targets {
				for _, name := range metricName.FindAllString(target.Expr, -1) {
					where[name] = f + ": " + p.Title
				}
			}
		}
	}
	return where
}

// TestMonitoring_EveryMetric: a process has every metric of alerts and dashboards.
//
// Row O10.
func TestMonitoring_EveryMetric(t *testing.T) {
	t.Parallel()
	s := boot(t, runsAudits, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Second })
	for _, order := range s.oneOfEach() {
		if strings.HasPrefix(order, string(booking.Lodging)) {
			s.decide(order, "cancel").with(t, http.StatusOK)
		}
	}
	// An order whose refund fails comes to need attention.
	needy := s.reserve(s.place(1)).with(t, http.StatusCreated).body.ID
	s.sandbox(object{"down": true})
	require.NoError(t, s.temporal.CancelWorkflow(t.Context(), needy, "")) // it waits for nothing
	s.eventually(func() bool { return s.metric("yeyak_orders_marked_for_attention_total") > 0 })
	s.sandbox(object{})
	s.becomes(needy, booking.Cancelled)
	// A workflow without a registered type fails its tasks, like one that is not
	// deterministic.
	_, err := s.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.SagasQueue}, "Unregistered")
	require.NoError(t, err)

	missing := usedMetrics(t)
	require.Eventually(t, func() bool {
		page := string(s.get("/metrics").with(t, http.StatusOK).raw)
		for name := range missing {
			if regexp.MustCompile(`(?m)^` + name + `[{ ]`).MatchString(page) {
				delete(missing, name)
			}
		}
		return len(missing) == 0
	}, waitLimit, 200*time.Millisecond, "no process gives these: %v", missing)
}
