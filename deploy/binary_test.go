package deploy

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/marketing"
)

// commands are the deployed commands of cmd/yeyak; TestCommands compares them with the
// binary's.
type commands struct {
	API         config.API        `cmd:"" name:"api"`
	Worker      config.WorkerOnly `cmd:""`
	Migrate     config.Migrate    `cmd:""`
	Prepare     config.Prepare    `cmd:""`
	Visibility  config.Visibility `cmd:""`
	Healthcheck struct {
		URL    string        `arg:""`
		Within time.Duration `name:"within" default:"2s"`
	} `cmd:""`
	Status struct {
		config.Actions
		JSON bool `name:"json"`
	} `cmd:""`
	Attention struct {
		config.Actions
		Kind  string `name:"kind" enum:",lodging,food,cafe,cleaning" default:""`
		Cause string `name:"cause" enum:",abandoned,marked,undo_owed,disputed" default:""`
		JSON  bool   `name:"json"`
	} `cmd:""`
	Timeline struct {
		config.Actions
		Order string `arg:""`
		JSON  bool   `name:"json"`
	} `cmd:""`
	Retry struct {
		config.Resolution
		Order  string `arg:""`
		Reason string `name:"reason" required:""`
	} `cmd:""`
	Cancel struct {
		config.Resolution
		Order  string `arg:""`
		Reason string `name:"reason" required:""`
	} `cmd:""`
	Refund struct {
		config.Resolution
		Order  string `arg:""`
		Amount int64  `name:"amount" required:""`
		Reason string `name:"reason" required:""`
		Key    string `name:"key"`
	} `cmd:""`
	Bulk struct {
		Plan struct {
			config.Resolution
			Action string `arg:"" enum:"retry,cancel,settle"`
			Reason string `name:"reason" required:""`
			Item   string `name:"item"`
		} `cmd:""`
		Run struct {
			config.Resolution
			ID   string `arg:""`
			Wait bool   `name:"wait"`
		} `cmd:""`
		List struct {
			config.Resolution
			JSON bool `name:"json"`
		} `cmd:""`
		Show, Stop struct {
			config.Resolution
			ID string `arg:""`
		} `cmd:""`
	} `cmd:""`
	Payments struct {
		Look struct {
			config.Resolution
			Order string `arg:""`
		} `cmd:""`
	} `cmd:""`
	SandboxPayments config.SandboxPayments `cmd:""`
	Marketing       marketing.Command      `cmd:""`
}

// process is a Yeyak process as it is deployed.
type process struct {
	args []string
	env  map[string]string // for this process only
	// shared also has variables for other processes, which this one may not know.
	shared map[string]string
}

// understood is a process's settings as the binary reads them.
type understood struct {
	commands
	command string
	knows   map[string]bool // variables
}

// parse reads the process with the binary's parser. It changes the test's environment, so its
// tests are not parallel.
func (p process) parse(t *testing.T) understood {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.Contains(name, "YEYAK_") || strings.HasPrefix(name, "STRIPE_") || strings.HasSuffix(name, "DATABASE_URL") {
			t.Setenv(name, "") // t.Setenv restores it after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range p.environment() {
		t.Setenv(name, value)
	}
	u := understood{knows: map[string]bool{}}
	parser, err := config.New(&u.commands, kong.Name("yeyak"))
	require.NoError(t, err)
	selected, err := parser.Parse(p.args)
	require.NoError(t, err, "%v with %v", p.args, p.environment())
	u.command = selected.Selected().Name
	for _, flag := range selected.Flags() {
		for _, name := range flag.Envs {
			u.knows[name] = true
		}
	}
	for name := range p.environment() {
		require.NoError(t, os.Unsetenv(name))
	}
	return u
}

func (p process) environment() map[string]string {
	all := maps.Clone(p.shared)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, p.env)
	return all
}

// check reads the process, and fails for unknown variables: the binary would silently ignore
// a misspelt one.
func (p process) check(t *testing.T) understood {
	t.Helper()
	u := p.parse(t)
	for name, value := range p.env {
		require.True(t, u.knows[name] || known(name, value), "%s does not know %s", u.command, name)
	}
	for name, value := range p.shared {
		require.True(t, knownToAny(t)[name] || known(name, value), "no process knows %s", name)
	}
	return u
}

// known reports whether a part of every process reads the variable: the Go runtime, or
// Temporal's client.
func known(name, value string) bool {
	if name == "GOMEMLIMIT" {
		return true
	}
	read := func(env map[string]string) envconfig.ClientConfigProfile {
		profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{DisableFile: true, EnvLookup: lookup(env)})
		if err != nil {
			return envconfig.ClientConfigProfile{}
		}
		return profile
	}
	return !reflect.DeepEqual(read(nil), read(map[string]string{name: value}))
}

// lookup is an environment.
type lookup map[string]string

func (l lookup) LookupEnv(name string) (string, bool) {
	value, ok := l[name]
	return value, ok
}

func (l lookup) Environ() (all []string) {
	for name, value := range l {
		all = append(all, name+"="+value)
	}
	return all
}

var deployed = []string{"api", "worker", "migrate", "prepare", "visibility", "sandbox-payments", "healthcheck", "marketing"}

func knownToAny(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, command := range deployed {
		maps.Copy(all, flagsOf(t, command))
	}
	return all
}

// flagsOf lists the variables and the flags of a command.
func flagsOf(t *testing.T, command string) map[string]bool {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Vars{"queues": "", "shutdown_grace": "20s", "drain_delay": "5s", "version": ""})
	require.NoError(t, err)
	all := map[string]bool{}
	for _, node := range parser.Model.Children {
		if node.Name != command {
			continue
		}
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				all[flag.Name] = true
				for _, name := range flag.Envs {
					all[name] = true
				}
			}
		}
	}
	delete(all, "help")
	require.NotEmpty(t, all, command)
	return all
}

// The binary's commands have the flags and variables that these tests use.
func TestCommands(t *testing.T) {
	t.Parallel()
	yeyak := buildAsTheImageDoes(t)
	words := regexp.MustCompile(`(?m)^ +(?:-\w, +)?--(?:\[no-\])?([a-z-]+)|\(\$([A-Z_]+)\)`)
	for _, command := range deployed {
		out, err := exec.CommandContext(t.Context(), yeyak, command, "--help").CombinedOutput()
		require.NoError(t, err, "%s", out)
		var offered []string
		unwrapped := regexp.MustCompile(`\n {10,}`).ReplaceAllString(string(out), " ")
		for _, found := range words.FindAllStringSubmatch(unwrapped, -1) {
			if word := found[1] + found[2]; word != "help" && word != "version" {
				offered = append(offered, word)
			}
		}
		require.ElementsMatch(t, slices.Collect(maps.Keys(flagsOf(t, command))), offered, "%s:\n%s", command, out)
	}
}

// port is the port on which the process listens, "" if there is none.
func (u understood) port(t *testing.T) string {
	t.Helper()
	listen := map[string]string{
		"api": u.API.HTTP.Listen, "worker": u.Worker.Operations.Listen, "sandbox-payments": u.SandboxPayments.Listen,
		"marketing": u.Marketing.Listen,
	}[u.command]
	if listen == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(listen)
	require.NoError(t, err)
	require.Equal(t, "0.0.0.0", host, "from outside of its container %s cannot be reached", u.command)
	return port
}

// grace is how long the process may take to end. It drains, then open requests may take the
// shutdown grace, then the workers. The SDK stops the parts of a worker one after another,
// each with that grace: first workflow tasks and steps in place, which end within a second or
// two, then activities from task queues. Only the last part is counted. While Temporal is
// down each worker tries for ten seconds to report its end. If it is killed then, it has no
// task that would not be repeated.
func (u understood) grace() time.Duration {
	return u.drains() + 2*map[string]time.Duration{
		"api": u.API.Process.ShutdownGrace, "worker": u.Worker.Process.ShutdownGrace,
		"sandbox-payments": u.SandboxPayments.Process.ShutdownGrace, "marketing": marketing.StopGrace,
	}[u.command]
}

// drains is how long the process accepts requests after it has become unready.
func (u understood) drains() time.Duration {
	if u.command != "api" {
		return 0
	}
	return u.API.HTTP.DrainDelay
}

// closing is how long connections may take to close after that.
const closing = 5 * time.Second

// serves reports whether the process serves the path.
func (u understood) serves(t *testing.T, path string) bool {
	t.Helper()
	if u.command == "marketing" {
		return marketingServes(t, path)
	}
	metrics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler := map[string]http.Handler{
		"api": api.New(api.Deps{Metrics: metrics}), "worker": api.NewOperations(api.Deps{Metrics: metrics}),
		"sandbox-payments": payments.NewServer(nothingPaid{}).Handler(),
	}[u.command]
	if handler == nil {
		return false
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code == http.StatusOK
}

// marketingServes requests the path of a marketing service whose feed is down.
func marketingServes(t *testing.T, path string) bool {
	t.Helper()
	service, err := marketing.Start(t.Context(), marketing.Settings{
		Listen: "127.0.0.1:0", Feed: "http://127.0.0.1:1", PollEvery: time.Hour,
		DatabaseURL: "sqlite://" + filepath.Join(t.TempDir(), "marketing.db"),
	}, zap.NewNop())
	require.NoError(t, err)
	defer func() { require.NoError(t, service.Stop(t.Context())) }()
	answer, err := http.Get("http://" + service.Address() + path)
	require.NoError(t, err)
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

type nothingPaid struct{ payments.Intents }

func (nothingPaid) Totals(context.Context) (charged, refunded int64, err error) { return 0, 0, nil }

// answersAt checks that the process serves the URL, from inside its container.
func (u understood) answersAt(t *testing.T, address string) {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", parsed.Hostname())
	require.Equal(t, u.port(t), parsed.Port(), address)
	require.True(t, u.serves(t, parsed.Path), "%s has nothing at %s", u.command, parsed.Path)
}
