package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/yeyak/yeyak/internal/child"
)

// prometheusRule and podMonitor are the parts of the Prometheus Operator's types that we use;
// another key is a mistake.
type prometheusRule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              any `json:"spec"`
}

type podMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		JobLabel          string `json:"jobLabel"`
		NamespaceSelector struct {
			MatchNames []string `json:"matchNames"`
		} `json:"namespaceSelector"`
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port        string `json:"port"`
			Path        string `json:"path"`
			Interval    string `json:"interval"`
			Relabelings []struct {
				SourceLabels []string `json:"sourceLabels"`
				TargetLabel  string   `json:"targetLabel"`
				Replacement  string   `json:"replacement"`
			} `json:"relabelings"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

func (m *manifests) addMonitoring(t *testing.T, kind string, text []byte) {
	t.Helper()
	switch kind {
	case "PrometheusRule":
		r := &prometheusRule{}
		require.NoError(t, yaml.UnmarshalStrict(text, r), "%s", text)
		require.Equal(t, "monitoring.coreos.com/v1 yeyak", r.APIVersion+" "+r.Namespace)
		m.rules[r.Name] = r
	case "PodMonitor":
		p := &podMonitor{}
		require.NoError(t, yaml.UnmarshalStrict(text, p), "%s", text)
		require.Equal(t, "monitoring.coreos.com/v1 yeyak", p.APIVersion+" "+p.Namespace)
		m.monitors[p.Name] = p
	default:
		require.Fail(t, "nothing here checks it", kind)
	}
}

func monitored(t *testing.T) *manifests {
	t.Helper()
	return render(t, filepath.Join(suggested(t, "monitoring"), "overlays/prod"))
}

// The cluster's rules are the tested rules of compose's Prometheus, and Prometheus accepts
// them.
func TestMonitoring_Rules(t *testing.T) {
	t.Parallel()
	var tested any
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "prometheus/rules/yeyak.yml")), &tested))
	applied := monitored(t).rules["yeyak"]
	require.Equal(t, tested, applied.Spec, "run `make rules`")

	written, err := exec.CommandContext(t.Context(), "sh", "prometheus/rule.sh").Output()
	require.NoError(t, err)
	require.Equal(t, string(written), read(t, "prometheus/rule.yaml"), "run `make rules`")

	spec, err := yaml.Marshal(applied.Spec)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(file, spec, 0o600))
	out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", "--lint=all", "--lint-fatal", file).CombinedOutput()
	require.NoError(t, err, "run `sh tools/prometheus.sh`: %s", out)
}

// Grafana's sidecar finds the dashboards that compose's Grafana mounts.
func TestMonitoring_Dashboards(t *testing.T) {
	t.Parallel()
	dashboards := monitored(t).configMaps["yeyak-dashboards"]
	require.Equal(t, "1", dashboards.Labels["grafana_dashboard"])
	files, err := filepath.Glob("grafana/dashboards/*.json")
	require.NoError(t, err)
	require.Len(t, dashboards.Data, len(files))
	for _, file := range files {
		text := read(t, file)
		require.Equal(t, text, dashboards.Data[filepath.Base(file)])
		require.True(t, json.Valid([]byte(text)))
	}
}

// Every process with metrics is scraped, at a port that it has, under the job name that the
// rules use.
func TestMonitoring_Monitors(t *testing.T) {
	t.Parallel()
	m := monitored(t)
	monitor := m.monitors["yeyak"]
	selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	require.NoError(t, err)
	jobs := map[string]bool{}
	for name, pod := range m.pods() {
		scraped := pod.Annotations["prometheus.io/scrape"] == "true"
		require.Equal(t, scraped, selector.Matches(labelSet(pod.Labels)), name)
		if !scraped {
			continue
		}
		found := 0
		for _, endpoint := range monitor.Spec.Endpoints {
			require.Equal(t, pod.Annotations["prometheus.io/path"], endpoint.Path, name)
			for _, port := range pod.Spec.Containers[0].Ports {
				if port.Name == endpoint.Port {
					found++
					require.Equal(t, pod.Annotations["prometheus.io/port"], portNumber(uint32(port.ContainerPort)), name)
				}
			}
		}
		require.Equal(t, 1, found, name)
		jobs[pod.Labels[monitor.Spec.JobLabel]] = true
	}
	require.Equal(t, map[string]bool{"api": true, "worker": true, "marketing": true, "messages": true}, jobs)
	require.Equal(t, "job temporal", m.monitors["yeyak-temporal"].Spec.Endpoints[0].Relabelings[0].TargetLabel+
		" "+m.monitors["yeyak-temporal"].Spec.Endpoints[0].Relabelings[0].Replacement)
	rules := read(t, "prometheus/rules/yeyak.yml")
	compose := read(t, "prometheus/prometheus.yml")
	for _, job := range []string{"api", "worker", "marketing", "messages", "temporal"} {
		require.Contains(t, compose, "job_name: "+job+"\n")
		require.Regexp(t, `job=~?"[a-z|]*\b`+job+`\b`, rules)
	}
}

type labelSet map[string]string

func (l labelSet) Has(label string) bool   { _, ok := l[label]; return ok }
func (l labelSet) Get(label string) string { return l[label] }
func (l labelSet) Lookup(label string) (string, bool) {
	value, ok := l[label]
	return value, ok
}

// Alertmanager has the same version and settings in compose and in the cluster. It reads the
// receiver's URL from a file that is not part of the settings.
func TestMonitoring_Alertmanager(t *testing.T) {
	t.Parallel()
	settings := read(t, "alertmanager/alertmanager.yml")
	_, file, _ := strings.Cut(settings, "url_file: ")
	file, _, _ = strings.Cut(file, "\n")

	service := everything(t).Services["alertmanager"]
	mounted := map[string]string{}
	for _, volume := range service.Volumes {
		mounted[volume.Target] = volume.Source
	}
	require.Equal(t, settings, read(t, mounted["/etc/alertmanager/alertmanager.yml"]))
	require.Regexp(t, `^http://127\.0\.0\.1:\d+/no-receiver-was-given\n$`, read(t, mounted[file]))

	m := monitored(t)
	s := m.statefulSets["yeyak-alertmanager"]
	c := s.Spec.Template.Spec.Containers[0]
	require.Equal(t, service.Image, c.Image)
	require.Equal(t, []string(service.Command), c.Args)
	require.Contains(t, m.services, s.Spec.ServiceName)
	at := map[string]corev1.VolumeMount{}
	for _, mount := range c.VolumeMounts {
		at[mount.Name] = mount
	}
	for _, volume := range s.Spec.Template.Spec.Volumes {
		switch {
		case volume.Secret != nil:
			require.Equal(t, filepath.Dir(file), at[volume.Name].MountPath)
			require.Contains(t, read(t, "kubernetes/README.md"), fmt.Sprintf("| `%s` | `%s` |", volume.Secret.SecretName, filepath.Base(file)))
		case volume.ConfigMap != nil:
			require.Equal(t, settings, m.configMaps[volume.ConfigMap.Name].Data[at[volume.Name].SubPath])
		}
	}
	require.True(t, slices.Contains(c.Args, "--storage.path="+at[s.Spec.VolumeClaimTemplates[0].Name].MountPath))
}

// An alert reaches the receiver whose URL is in the file: with the deployed Alertmanager and
// settings, over real sockets.
func TestMonitoring_AlertReachesReceiver(t *testing.T) {
	t.Parallel()
	received := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var said struct {
			Receiver string
			Alerts   []struct{ Labels map[string]string }
		}
		if json.NewDecoder(r.Body).Decode(&said) == nil && len(said.Alerts) == 1 {
			received <- said.Receiver + " " + said.Alerts[0].Labels["alertname"]
		}
	}))
	t.Cleanup(receiver.Close)
	folder := t.TempDir()
	file, secret := filepath.Join(folder, "alertmanager.yml"), filepath.Join(folder, "url")
	settings := strings.Replace(read(t, "alertmanager/alertmanager.yml"), "/etc/alertmanager/receiver/url", secret, 1)
	settings = strings.Replace(settings, "group_wait: 10s", "group_wait: 0s", 1)
	require.NoError(t, os.WriteFile(file, []byte(settings), 0o600))
	require.NoError(t, os.WriteFile(secret, []byte(receiver.URL+"/hook?key=1\n"), 0o600))
	out, err := exec.CommandContext(t.Context(), builtTool(t, "amtool"), "check-config", file).CombinedOutput()
	require.NoError(t, err, "%s", out)

	ports, err := child.FreePorts(1)
	require.NoError(t, err)
	at := child.Address(ports[0])
	var log safeBuffer
	cmd := exec.CommandContext(t.Context(), builtTool(t, "alertmanager"),
		"--config.file="+file, "--storage.path="+filepath.Join(folder, "data"), "--cluster.listen-address=", "--web.listen-address="+at)
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	alert := `[{"labels": {"alertname": "ApiDown", "severity": "critical"}, "annotations": {"summary": "no API answers customers"}}]`
	require.Eventually(t, func() bool {
		answer, err := http.Post("http://"+at+"/api/v2/alerts", "application/json", bytes.NewBufferString(alert))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode == http.StatusOK
	}, 2*time.Minute, 50*time.Millisecond)
	require.Equal(t, "operators ApiDown", <-received)
}

// builtTool is a program of tools/, which `make test` builds.
func builtTool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin", name))
	require.NoError(t, err)
	require.FileExists(t, path, "run `make bin/%s`", name)
	return path
}
