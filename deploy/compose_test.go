package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/yeyak/yeyak/workflows/contract"
)

const password = "correct0horse"

// load reads docker-compose.yml like `docker compose`.
func load(t *testing.T, env map[string]string, profiles ...string) (*types.Project, error) {
	t.Helper()
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "docker-compose.yml")}}, Environment: env,
	}, func(o *loader.Options) { o.Profiles = profiles })
}

// required are the mandatory variables.
func required() map[string]string {
	return map[string]string{"POSTGRES_PASSWORD": password, "YEYAK_AUTH_ISSUER": "https://id.example.com"}
}

// everything is the project with only these variables, and monitoring.
func everything(t *testing.T) *types.Project {
	t.Helper()
	project, err := load(t, required(), "monitoring")
	require.NoError(t, err)
	return project
}

func ours(s types.ServiceConfig) bool { return strings.HasPrefix(s.Image, "yeyak:") }

// once reports whether the service ends after its work.
func once(s types.ServiceConfig) bool { return strings.HasPrefix(s.Restart, "on-failure") }

func processOf(s types.ServiceConfig) process {
	p := process{args: s.Command, env: map[string]string{}}
	for name, value := range s.Environment {
		p.env[name] = *value
	}
	return p
}

func TestCompose_Interpolation(t *testing.T) {
	_, err := load(t, nil)
	require.ErrorContains(t, err, "POSTGRES_PASSWORD")
	_, err = load(t, map[string]string{"POSTGRES_PASSWORD": "", "YEYAK_AUTH_ISSUER": ""})
	require.ErrorContains(t, err, "POSTGRES_PASSWORD", "an empty one is none")

	project, err := load(t, required())
	require.NoError(t, err)
	require.NotContains(t, project.Services, "grafana")
	project, err = load(t, map[string]string{
		"POSTGRES_PASSWORD": password, "YEYAK_AUTH_ISSUER": "https://id.example.com", "YEYAK_BIND": "192.0.2.1", "YEYAK_API_PORT": "80", "YEYAK_IMAGE": "ghcr.io/yeyak/yeyak",
		"YEYAK_VERSION": "v1.2.3", "STRIPE_URL": "https://api.stripe.com", "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1,whsec_2", "YEYAK_LOG_LEVEL": "debug",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
	}, "monitoring")
	require.NoError(t, err)
	api := project.Services["api"]
	require.Equal(t, "ghcr.io/yeyak/yeyak:v1.2.3", api.Image)
	require.Equal(t, "192.0.2.1:80", api.Ports[0].HostIP+":"+api.Ports[0].Published)
	u := processOf(api).check(t)
	require.Equal(t, "sk_live_1", string(u.API.Payments.StripeKey))
	require.Equal(t, "https://api.stripe.com", string(u.API.Payments.StripeURL))
	require.Equal(t, []string{"whsec_1", "whsec_2"}, u.API.Notices.Secrets())
	require.Equal(t, "debug", u.API.Log.Level)
	require.Equal(t, "http://collector:4318", string(u.API.Traces.Endpoint))
	require.False(t, processOf(everything(t).Services["api"]).check(t).API.Traces.On())
}

// Every variable is explained, and every explained variable exists.
func TestCompose_Variables(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var model map[string]any
	require.NoError(t, yaml.Unmarshal(raw, &model))
	example, err := os.ReadFile(filepath.Join(root, ".env.example"))
	require.NoError(t, err)
	var explained, used []string
	for _, found := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(example), -1) {
		explained = append(explained, found[1])
	}
	for name := range template.ExtractVariables(model, template.DefaultPattern) {
		used = append(used, name)
	}
	require.ElementsMatch(t, used, explained)
	require.Contains(t, string(example), "\nPOSTGRES_PASSWORD=\n", "no password is better than a published one")
}

func TestCompose_CommandsAndHealth(t *testing.T) {
	project := everything(t)
	images := find[*instructions.EntrypointCommand](dockerfile(t)[1])
	require.Equal(t, entrypoint, images[0].CmdLine[0])
	count := 0
	for name, s := range project.Services {
		require.True(t, once(s) || s.Restart == types.RestartPolicyUnlessStopped, name)
		require.Equal(t, once(s), s.HealthCheck == nil, "%s runs, and has a health check, or ends", name)
		if !ours(s) {
			if name != "messages" { // see TestMessages_Compose
				pinned(t, s.Image)
			}
			continue
		}
		count++
		u := processOf(s).check(t)
		require.Empty(t, s.Entrypoint, name)
		require.True(t, s.ReadOnly && slices.Contains(s.CapDrop, "ALL"), name)
		if once(s) {
			continue
		}
		checkSoftLimit(t, name, int64(s.Deploy.Resources.Limits.MemoryBytes), processOf(s).env["GOMEMLIMIT"])
		test := s.HealthCheck.Test
		require.Equal(t, []string{"CMD", entrypoint}, []string(test[:2]), name)
		probe := process{args: test[2:]}.check(t)
		require.Equal(t, "healthcheck", probe.command)
		u.answersAt(t, probe.Healthcheck.URL)
		require.Less(t, probe.Healthcheck.Within, time.Duration(*s.HealthCheck.Timeout), "it says itself what is wrong")
		if s.StopGracePeriod == nil { // the default is ten seconds
			require.LessOrEqual(t, u.grace(), 10*time.Second, name)
			continue
		}
		require.GreaterOrEqual(t, time.Duration(*s.StopGracePeriod), u.grace()+closing, name)
	}
	require.Equal(t, 9, count)
}

// Every queue is served by one group of workers, and by the API.
func TestCompose_Queues(t *testing.T) {
	var served []string
	for name, s := range everything(t).Services {
		switch {
		case strings.HasPrefix(name, "worker-"):
			served = append(served, processOf(s).parse(t).Worker.Worker.Serve...)
		case name == "api":
			require.Equal(t, contract.Queues(), processOf(s).parse(t).API.Worker.Serve)
		}
	}
	require.ElementsMatch(t, contract.Queues(), served)
}

func TestCompose_Ports(t *testing.T) {
	published := map[string]string{}
	for name, s := range everything(t).Services {
		for _, port := range s.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
			require.Empty(t, published[port.Published], "%s and %s want port %s", name, published[port.Published], port.Published)
			published[port.Published] = name
			if ours(s) {
				u := processOf(s).parse(t)
				require.Equal(t, u.port(t), portNumber(port.Target), name)
			}
		}
	}
	require.Equal(t, "api", published["8080"])
	require.NotContains(t, published, "5432", "the database is not published")
}

// Secrets come from outside: the file contains none.
func TestCompose_Secrets(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var file struct {
		Services map[string]struct{ Environment map[string]string }
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	secret := regexp.MustCompile(`PASSWORD|PWD|SECRET|TOKEN|KEY`)
	fromOutside := regexp.MustCompile(`^\$\{[A-Z_]+(:\?[^}]+|:-|:-sk_test_sandbox)\}$`)
	account := regexp.MustCompile(`://[^@/]*@`)
	found := 0
	for name, s := range file.Services {
		for variable, value := range s.Environment {
			if secret.MatchString(variable) {
				found++
				require.Regexp(t, fromOutside, value, "%s: %s", name, variable)
			}
			if at := account.FindString(value); at != "" {
				found++
				require.Regexp(t, `^://yeyak:\$\{POSTGRES_PASSWORD:\?[^}]+\}@$`, at, "%s: %s", name, variable)
			}
		}
	}
	require.Equal(t, 17, found)
}
