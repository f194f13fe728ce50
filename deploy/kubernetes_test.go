package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/yeyak/yeyak/workflows/contract"
)

// oursIn finds our container in a pod.
func oursIn(pod corev1.PodTemplateSpec) (corev1.Container, bool) {
	i := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == "yeyak" })
	if i < 0 {
		return corev1.Container{}, false
	}
	return pod.Spec.Containers[i], true
}

// TestKubernetes_Processes: each process accepts its settings, has probes that check only the
// process itself, and has the time that it needs to end.
//
// Rows O6, O7.
func TestKubernetes_Processes(t *testing.T) {
	for overlay, m := range renders(t) {
		for name, pod := range m.pods() {
			name = overlay + ": " + name
			c, isOurs := oursIn(pod)
			if !isOurs {
				continue
			}
			u := m.processOf(t, c).check(t)
			require.Empty(t, c.Command, "%s: the image knows its binary", name)
			checkProbes(t, name, c, u)
			grace := time.Duration(*orDefault(pod.Spec.TerminationGracePeriodSeconds, 30)) * time.Second
			require.GreaterOrEqual(t, grace, preStop(c)+u.grace()+closing, name)
		}
	}
}

func orDefault(p *int64, otherwise int64) *int64 {
	if p == nil {
		return &otherwise
	}
	return p
}

// preStop is the pause before a container gets the signal to end.
func preStop(c corev1.Container) time.Duration {
	if c.Lifecycle == nil {
		return 0
	}
	return time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
}

// checkProbes: a liveness probe must not depend on other processes, and every probed path has
// to exist.
func checkProbes(t *testing.T, name string, c corev1.Container, u understood) {
	t.Helper()
	port := u.port(t)
	if port == "" {
		require.Nil(t, c.LivenessProbe, name)
		return
	}
	require.Len(t, c.Ports, 1, name)
	require.Equal(t, port, strconv.Itoa(int(c.Ports[0].ContainerPort)), name)
	for probe, of := range map[string]*corev1.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
		if of == nil {
			require.Equal(t, "liveness sandbox-payments", probe+" "+u.command, name)
			continue
		}
		require.Equal(t, c.Ports[0].Name, of.HTTPGet.Port.StrVal, "%s: %s", name, probe)
		require.True(t, u.serves(t, of.HTTPGet.Path), "%s: %s requests %s", name, probe, of.HTTPGet.Path)
		want := map[string]string{"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}[probe]
		if u.command == "sandbox-payments" {
			want = "/sandbox/payments"
		}
		require.Equal(t, want, of.HTTPGet.Path, "%s: %s", name, probe)
		// The checks of /readyz take up to a second.
		require.True(t, want != "/readyz" || of.TimeoutSeconds >= 2, name)
	}
	if l := c.LivenessProbe; l != nil {
		require.GreaterOrEqual(t, l.PeriodSeconds*l.FailureThreshold, int32(60), "%s: a busy process would be restarted", name)
	}
	if c.ReadinessProbe != nil && u.command != "worker" {
		require.GreaterOrEqual(t, preStop(c)+u.drains(), 5*time.Second, "%s: proxies have to notice that it ends", name)
	}
}

// The wait for a rollout selects pods by the label with their name.
func TestKubernetes_Labels(t *testing.T) {
	script := read(t, "rollout.sh")
	for _, kind := range []string{"deployment", "statefulset"} {
		require.Contains(t, script, "rollout status "+kind+" --selector app.kubernetes.io/name=yeyak ")
	}
	for overlay, m := range renders(t) {
		labels := map[string]map[string]string{}
		for name, d := range m.deployments {
			labels["Deployment "+name] = d.Labels
		}
		for name, s := range m.statefulSets {
			labels["StatefulSet "+name] = s.Labels
		}
		for name, of := range labels {
			require.Equal(t, "yeyak", of["app.kubernetes.io/name"], "%s: %s", overlay, name)
			require.Equal(t, "yeyak", of["app.kubernetes.io/part-of"], "%s: %s", overlay, name)
		}
	}
}

// TestKubernetes_RequestsFindTheirWay: services and the entry point lead to processes that
// serve the requested path.
//
// Row O1.
func TestKubernetes_RequestsFindTheirWay(t *testing.T) {
	for overlay, m := range renders(t) {
		for name, service := range m.services {
			found := 0
			for of, pod := range m.pods() {
				if !matches(service.Spec.Selector, pod.Labels) {
					continue
				}
				found++
				for _, port := range service.Spec.Ports {
					require.Contains(t, portNames(pod), port.TargetPort.StrVal, "%s: Service %s to %s", overlay, name, of)
				}
			}
			require.Equal(t, 1, found, "%s: Service %s", overlay, name)
		}
		for name, ingress := range m.ingresses {
			for _, path := range ingress.Spec.Rules[0].HTTP.Paths {
				service := m.services[path.Backend.Service.Name]
				require.NotNil(t, service, "%s: Ingress %s", overlay, name)
				require.Equal(t, service.Spec.Ports[0].Name, path.Backend.Service.Port.Name)
				for _, private := range []string{"/metrics", "/healthz", "/readyz", "/sandbox/payments"} {
					require.False(t, leads(path, private), "%s shows %s", path.Path, private)
				}
			}
			for _, page := range pages(t) {
				require.True(t, slices.ContainsFunc(ingress.Spec.Rules[0].HTTP.Paths, func(path networkingv1.HTTPIngressPath) bool { return leads(path, page) }),
					"%s: Ingress %s does not lead to the page %s", overlay, name, page)
			}
		}
	}
	prod := render(t, "kubernetes/overlays/prod")
	require.Len(t, prod.ingresses, 1, "one entry point")
	require.NotEmpty(t, prod.ingresses["yeyak"].Spec.TLS)
	require.NotNil(t, prod.ingresses["yeyak"].Spec.IngressClassName, "without a default class no controller would serve it")
	api := understood{command: "api"}
	require.True(t, api.serves(t, "/openapi.json") && api.serves(t, "/docs"))
}

// leads reports whether requests for the address match the path.
func leads(path networkingv1.HTTPIngressPath, address string) bool {
	if *path.PathType == networkingv1.PathTypeExact {
		return address == path.Path
	}
	return address == path.Path || strings.HasPrefix(address, strings.TrimRight(path.Path, "/")+"/")
}

// pages are the addresses of pages for browsers, as package web registers them.
func pages(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "web/*.go"))
	require.NoError(t, err)
	registers := regexp.MustCompile(`p\.(?:page|public)\(r, http\.Method\w+, "(/[^"]*)"|r\.GET\("(/[^"]*)"|Path += "(/[^"]*)"`)
	for _, name := range slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") }) {
		for _, found := range registers.FindAllStringSubmatch(read(t, name), -1) {
			all = append(all, strings.Join(found[1:], ""))
		}
	}
	all = slices.DeleteFunc(all, func(page string) bool { return page == "/demo" }) // which yeyak dev and yeyak demo alone have
	require.Contains(t, all, "/orders/:id/live")
	require.Contains(t, all, "/login/callback")
	return all
}

func portNames(pod corev1.PodTemplateSpec) (names []string) {
	for _, c := range pod.Spec.Containers {
		for _, port := range c.Ports {
			names = append(names, port.Name)
		}
	}
	return names
}

func matches(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}

// Every Deployment keeps serving while one of its pods is replaced, and has exactly one
// autoscaler.
//
// Rows O3, O5.
func TestKubernetes_RolloutsAndScaling(t *testing.T) {
	for overlay, m := range renders(t) {
		for name, d := range m.deployments {
			where := overlay + ": " + name
			selector := d.Spec.Selector.MatchLabels
			for of, pod := range m.pods() {
				require.Equal(t, of == "Deployment "+name, matches(selector, pod.Labels), "%s selects %s", where, of)
			}
			require.Equal(t, intstr.FromInt32(0), *d.Spec.Strategy.RollingUpdate.MaxUnavailable, where)
			if strings.Contains(name, "sandbox") {
				require.Equal(t, int32(1), *d.Spec.Replicas, "it is alone")
				continue
			}
			require.Nil(t, d.Spec.Replicas, "%s: applying it would undo the scaling", where)
			for _, spread := range d.Spec.Template.Spec.TopologySpreadConstraints {
				require.Equal(t, selector, spread.LabelSelector.MatchLabels, where)
			}
			budgets, scalers := 0, 0
			for _, b := range m.budgets {
				if matches(b.Spec.Selector.MatchLabels, d.Spec.Template.Labels) {
					budgets++
					require.Equal(t, selector, b.Spec.Selector.MatchLabels, where)
				}
			}
			for _, s := range m.scalers {
				if s.Spec.ScaleTargetRef.Kind == "Deployment" && s.Spec.ScaleTargetRef.Name == name {
					scalers++
					checkScaler(t, overlay, *s.Spec.MinReplicas, s.Spec.MaxReplicas)
				}
			}
			for _, s := range m.scaled {
				if s.Spec.ScaleTargetRef.Name == name {
					scalers++
					checkScaler(t, overlay, *s.Spec.MinReplicaCount, *s.Spec.MaxReplicaCount)
				}
			}
			require.Equal(t, []int{1, 1}, []int{budgets, scalers}, "%s: budgets and scalers", where)
		}
		require.Len(t, m.budgets, len(m.scalers)+len(m.scaled), "%s: none is left over", overlay)
	}
}

func checkScaler(t *testing.T, overlay string, atLeast, atMost int32) {
	t.Helper()
	require.Greater(t, atMost, atLeast)
	if overlay != "local" {
		require.GreaterOrEqual(t, atLeast, int32(2), "one may go at any time")
	}
}

// Every queue has one group of workers, which KEDA knows.
func TestKubernetes_Queues(t *testing.T) {
	for overlay, m := range renders(t) {
		var served []string
		for name, d := range m.deployments {
			if !strings.HasPrefix(name, "yeyak-worker-") || name == next {
				continue
			}
			c, _ := oursIn(d.Spec.Template)
			p := m.processOf(t, c)
			serve := p.parse(t).Worker.Worker.Serve
			served = append(served, serve...)
			scaled := m.scaled[name]
			if scaled == nil {
				continue
			}
			require.Empty(t, m.scalers[name])
			var watched []string
			for _, trigger := range scaled.Spec.Triggers {
				require.Equal(t, "temporal", trigger.Type)
				queue := trigger.Metadata
				require.NotEmpty(t, p.shared[queue.EndpointFromEnv])
				require.NotEmpty(t, p.shared[queue.NamespaceFromEnv])
				require.NotEmpty(t, p.env[queue.APIKeyFromEnv])
				want := "activity"
				if queue.TaskQueue == contract.SagasQueue {
					want = "workflow,activity"
				}
				require.Equal(t, want, queue.QueueTypes, queue.TaskQueue)
				watched = append(watched, queue.TaskQueue)
			}
			require.ElementsMatch(t, serve, watched, name)
		}
		if strings.Contains(overlay, "jobs") {
			require.Empty(t, served)
			continue
		}
		require.ElementsMatch(t, contract.Queues(), served, overlay)
		require.Equal(t, strings.Contains(overlay, "keda"), len(m.scaled) > 0)
	}
}

// Every Secret that is used is explained, and none is in a file.
func TestKubernetes_Secrets(t *testing.T) {
	readme, err := os.ReadFile("kubernetes/README.md")
	require.NoError(t, err)
	for overlay, m := range renders(t) {
		for name, pod := range m.pods() {
			for _, c := range pod.Spec.Containers {
				for _, variable := range c.Env {
					secret := strings.HasSuffix(variable.Name, "DATABASE_URL") || strings.Contains(variable.Name, "KEY") || strings.Contains(variable.Name, "SECRET") || strings.Contains(variable.Name, "PASSWORD")
					require.Equal(t, secret, variable.ValueFrom != nil, "%s: %s: %s", overlay, name, variable.Name)
					if secret {
						ref := variable.ValueFrom.SecretKeyRef
						require.Contains(t, string(readme), fmt.Sprintf("| `%s` | `%s` |", ref.Name, ref.Key), name)
					}
				}
			}
		}
		for name, pod := range m.pods() {
			for _, volume := range pod.Spec.Volumes {
				if volume.Secret != nil {
					require.Contains(t, string(readme), "| `"+volume.Secret.SecretName+"` |", name)
				}
			}
		}
		for name, settings := range m.configMaps {
			for key, value := range settings.Data {
				require.NotRegexp(t, `sk_(live|test)_`, value, "%s: %s", name, key)
				require.NotRegexp(t, `://[^/]*@`, value, "%s: %s", name, key)
			}
		}
	}
}
