package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// pinned fails for an image without a digest: its tag may name another image later.
func pinned(t testing.TB, image string) {
	t.Helper()
	require.Regexp(t, `^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?(@sha256:[0-9a-f]{64})?$`, image)
}

func portNumber(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// needs lists the dependencies of the service, direct and indirect.
func needs(t *testing.T, project *types.Project, name string, above ...string) (all []string) {
	t.Helper()
	require.NotContains(t, above, name, "a cycle: %v", above)
	for on := range project.Services[name].DependsOn {
		all = append(all, on)
		all = append(all, needs(t, project, on, append(slices.Clone(above), name)...)...)
	}
	return all
}

func TestCompose_Dependencies(t *testing.T) {
	t.Parallel()
	project := everything(t)
	address := regexp.MustCompile(`([a-z][a-z-]+):(\d+)`)
	for name, s := range project.Services {
		for on, how := range s.DependsOn {
			other, there := project.Services[on]
			require.True(t, there, "%s waits for %s", name, on)
			require.True(t, how.Required, name)
			if once(other) {
				require.Equal(t, types.ServiceConditionCompletedSuccessfully, how.Condition, "%s on %s", name, on)
			} else {
				require.Equal(t, types.ServiceConditionHealthy, how.Condition, "%s on %s", name, on)
			}
		}
		before := needs(t, project, name)
		for variable, value := range s.Environment {
			for _, found := range address.FindAllStringSubmatch(*value, -1) {
				require.Contains(t, before, found[1], "%s: %s=%s", name, variable, *value)
				require.Contains(t, listening(t, project.Services[found[1]]), found[2], "%s: %s=%s", name, variable, *value)
			}
		}
		if seeds := s.Environment["POSTGRES_SEEDS"]; seeds != nil {
			require.Contains(t, before, *seeds)
		}
	}
	for _, s := range []string{"api", "worker-sagas", "worker-payments", "worker-services"} {
		require.Subset(t, needs(t, project, s), []string{"postgres", "temporal-schema", "temporal", "prepare", "migrate", "sandbox-payments"}, s)
	}
}

// listening are the ports of the service that others can reach.
func listening(t *testing.T, s types.ServiceConfig) []string {
	t.Helper()
	if s.Name == "postgres" {
		return []string{"5432"}
	}
	ports := slices.Clone([]string(s.Expose))
	for _, port := range s.Ports {
		ports = append(ports, portNumber(port.Target))
	}
	return ports
}

func TestCompose_Files(t *testing.T) {
	t.Parallel()
	project := everything(t)
	bound := 0
	for name, s := range project.Services {
		for _, volume := range s.Volumes {
			if volume.Type == types.VolumeTypeVolume {
				require.Contains(t, project.Volumes, volume.Source, name)
				continue
			}
			bound++
			require.True(t, volume.ReadOnly, "%s: %s", name, volume.Source)
			_, err := os.Stat(volume.Source)
			require.NoError(t, err, name)
		}
		if s.Build != nil {
			_, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile))
			require.NoError(t, err)
		}
	}
	require.Equal(t, 8, bound)
}

// Only one service builds an image. Compose builds concurrently, and a second build of the
// same tag fails.
func TestCompose_BuildsOnce(t *testing.T) {
	t.Parallel()
	built := map[string][]string{}
	for name, s := range everything(t).Services {
		if s.Build != nil {
			built[s.Image] = append(built[s.Image], name)
		}
	}
	require.Equal(t, map[string][]string{"yeyak:development": {"migrate"}, "yeyak-messages:development": {"messages"}}, built)
}

// Every target of Prometheus exists, and serves metrics at that port.
func TestPrometheus_Targets(t *testing.T) {
	project := everything(t)
	var settings struct {
		Scrapes []struct {
			Name string `json:"job_name"`
			DNS  []struct {
				Names []string
				Port  uint32
			} `json:"dns_sd_configs"`
			Static []struct{ Targets []string } `json:"static_configs"`
		} `json:"scrape_configs"`
		Alerting struct {
			Managers []struct {
				Static []struct{ Targets []string } `json:"static_configs"`
			} `json:"alertmanagers"`
		}
	}
	raw, err := os.ReadFile("prometheus/prometheus.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(raw, &settings))
	var scraped, alerted []string
	for _, job := range settings.Scrapes {
		for _, of := range job.DNS {
			for _, name := range of.Names {
				scraped = append(scraped, name)
				if name == "messages" {
					require.Equal(t, messagesOf(project).port(t), portNumber(of.Port))
					continue
				}
				u := processOf(project.Services[name]).parse(t)
				require.Equal(t, u.port(t), portNumber(of.Port), name)
				require.True(t, u.serves(t, "/metrics"), name)
			}
		}
		for _, of := range job.Static {
			for _, target := range of.Targets {
				name, port, _ := strings.Cut(target, ":")
				if name == "127.0.0.1" {
					continue
				}
				require.Contains(t, listening(t, project.Services[name]), port, target)
				if endpoint := project.Services[name].Environment["PROMETHEUS_ENDPOINT"]; endpoint != nil {
					require.True(t, strings.HasSuffix(*endpoint, ":"+port))
				}
			}
		}
	}
	for name, s := range project.Services {
		if (ours(s) || name == "messages") && !once(s) && name != "sandbox-payments" {
			require.Contains(t, scraped, name)
		}
	}
	for _, on := range settings.Alerting.Managers {
		for _, target := range on.Static[0].Targets {
			name, port, _ := strings.Cut(target, ":")
			require.Contains(t, listening(t, project.Services[name]), port, target)
			alerted = append(alerted, name)
		}
	}
	require.Equal(t, []string{"alertmanager"}, alerted)
}
