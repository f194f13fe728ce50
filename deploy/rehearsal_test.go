package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

// rehearsal starts the services of docker-compose.yml without a container engine: the same
// commands with the same variables, as processes on loopback. PostgreSQL is a private one,
// and services find each other at free ports.
type rehearsal struct {
	*testing.T
	project *types.Project
	yeyak   string
	ports   map[string]string // "api:8080" → a free port
	running map[string]*exec.Cmd
	logs    map[string]*safeBuffer

	messages   string // folder with the content of their image
	entrypoint []string

	issuer *issuer.Issuer // of access tokens; .env names it
	apiKey string         // of the feed's subscribers
}

// deploy/README.md works for an operator up to this point.
func TestCompose_Rehearsal(t *testing.T) {
	tokens := issuer.Start(t)
	project, err := load(t, map[string]string{"POSTGRES_PASSWORD": password, "YEYAK_AUTH_ISSUER": tokens.URL()}, "monitoring")
	require.NoError(t, err)
	r := &rehearsal{
		issuer: tokens,
		T:      t, project: project, yeyak: buildAsTheImageDoes(t),
		ports: map[string]string{}, running: map[string]*exec.Cmd{}, logs: map[string]*safeBuffer{},
	}
	r.postgres()
	for _, name := range r.inOrder() {
		s := r.project.Services[name]
		switch {
		case name == "postgres", !ours(s) && name != "temporal-schema" && name != "temporal" && name != "messages":
		case once(s):
			r.runOnce(name)
			r.runOnce(name) // `up` runs them again, and so may a restart
		default:
			r.start(name)
		}
	}
	r.placeAnOrder()
	r.followed()
	audit := r.command("api", "audit", "--moment=2s")
	out, err := audit.CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = r.command("temporal-visibility", "visibility", "--check").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range []string{"api", "worker-sagas", "worker-payments", "worker-services", "sandbox-payments", "marketing", "messages"} {
		r.stop(name)
	}
}

// inOrder sorts the services by their dependencies.
func (r *rehearsal) inOrder() (order []string) {
	for len(order) < len(r.project.Services) {
		for _, name := range slices.Sorted(maps.Keys(r.project.Services)) {
			ready := !slices.Contains(order, name)
			for on := range r.project.Services[name].DependsOn {
				ready = ready && slices.Contains(order, on)
			}
			if ready {
				order = append(order, name)
			}
		}
	}
	return order
}

// postgres initialises the database like the image does with a new volume.
func (r *rehearsal) postgres() {
	r.Helper()
	cluster, err := pgserver.Launch(pgserver.Forgetful)
	require.NoError(r, err)
	r.Cleanup(func() { require.NoError(r, cluster.Close()) })
	another, err := cluster.NewDatabase(r.Context())
	require.NoError(r, err)
	at, err := url.Parse(another)
	require.NoError(r, err)
	r.ports["postgres:5432"] = at.Port()
	script, err := os.ReadFile("postgres/databases.sql")
	require.NoError(r, err)
	for _, database := range regexp.MustCompile(`(?m)^CREATE DATABASE (\w+);$`).FindAllStringSubmatch(string(script), -1) {
		require.NoError(r, pgserver.Execute(r.Context(), another, "CREATE DATABASE "+database[1]))
	}
	made := *r.project.Services["postgres"].Environment["POSTGRES_DB"]
	require.NoError(r, pgserver.Execute(r.Context(), another, "CREATE DATABASE "+made))
}

// port is the service's port on this machine, which belongs to no other service, also while
// nothing listens there. Temporal stores ports as signed numbers of 16 bits.
func (r *rehearsal) port(service, port string) string {
	key := service + ":" + port
	for r.ports[key] == "" {
		free, err := child.FreePorts(1)
		require.NoError(r, err)
		if chosen := strconv.Itoa(free[0]); !slices.Contains(slices.Collect(maps.Values(r.ports)), chosen) {
			r.ports[key] = chosen
		}
	}
	return r.ports[key]
}

var addresses = regexp.MustCompile(`\b(0\.0\.0\.0|127\.0\.0\.1|[a-z][a-z-]+):(\d{4})\b`)

// here replaces hosts and ports in a service's setting by those on this machine.
func (r *rehearsal) here(service, text string) string {
	return addresses.ReplaceAllStringFunc(text, func(found string) string {
		host, port, _ := net.SplitHostPort(found)
		if host == "0.0.0.0" || host == "127.0.0.1" {
			host = service
		}
		return "127.0.0.1:" + r.port(host, port)
	})
}

// command is a command of the service's image, with its variables.
func (r *rehearsal) command(service string, args ...string) *exec.Cmd {
	s := r.project.Services[service]
	var cmd *exec.Cmd
	switch service {
	case "temporal-schema":
		cmd = exec.CommandContext(r.Context(), "sh", "temporal/schema.sh")
	case "temporal":
		cmd = exec.CommandContext(r.Context(), r.temporalServer(), "start") // as in its image
		cmd.Dir = r.TempDir()
	case "messages":
		cmd = r.python(args...)
	default:
		cmd = exec.CommandContext(r.Context(), r.yeyak, args...)
		cmd.Dir = r.TempDir()
	}
	cmd.Env = []string{"PATH=" + r.sqlTool() + ":" + os.Getenv("PATH")}
	for name, value := range s.Environment {
		cmd.Env = append(cmd.Env, name+"="+r.here(service, *value))
	}
	cmd.Env = append(cmd.Env, "YEYAK_REPLY_BUDGET=1m") // the machine's speed must not decide
	if _, follows := s.Environment["YEYAK_FEED_URL"]; follows {
		cmd.Env = append(cmd.Env, "YEYAK_API_KEY="+r.feedKey())
	}
	if service == "messages" {
		cmd.Env = append(cmd.Env, "MESSAGES_STATE="+filepath.Join(r.TempDir(), "cursor")) // its volume
	}
	return r.temporalHere(service, cmd)
}

// feedKey is the API key that an operator creates for subscribers of the feed.
func (r *rehearsal) feedKey() string {
	r.Helper()
	if r.apiKey == "" {
		out, err := r.command("api", "keys", "create", "services", "--scopes", "events:read").Output()
		require.NoError(r, err)
		r.apiKey = strings.TrimSpace(string(out))
	}
	return r.apiKey
}

// temporalServer is the server that `make test` names, or builds.
func (r *rehearsal) temporalServer() string {
	path := os.Getenv("YEYAK_TEMPORAL_SERVER")
	if path == "" {
		path = filepath.Join(root, "bin", "temporal-server")
	}
	path, err := filepath.Abs(path)
	require.NoError(r, err)
	require.FileExists(r, path, "run `make test`")
	return path
}

// sqlTool is a folder with temporal-sql-tool in it, like the image of Temporal's tools. Here
// the tool is a part of the server's program.
func (r *rehearsal) sqlTool() string {
	folder := r.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' schema \"$@\"\n", r.temporalServer())
	require.NoError(r, os.WriteFile(filepath.Join(folder, "temporal-sql-tool"), []byte(script), 0o700))
	return folder
}

// temporalHere adapts Temporal's own programs, whose hosts and ports have variables of their
// own.
func (r *rehearsal) temporalHere(service string, cmd *exec.Cmd) *exec.Cmd {
	postgres := r.port("postgres", "5432")
	switch service {
	case "temporal-schema":
		cmd.Env = append(cmd.Env, "SQL_HOST=127.0.0.1", "SQL_PORT="+postgres)
	case "temporal":
		settings, err := filepath.Abs("temporal/dynamicconfig.yaml")
		require.NoError(r, err)
		cmd.Env = append(cmd.Env, "POSTGRES_SEEDS=127.0.0.1", "DB_PORT="+postgres, "BIND_ON_IP=127.0.0.1",
			"DYNAMIC_CONFIG_FILE_PATH="+settings, "FRONTEND_GRPC_PORT="+r.port("temporal", "7233"))
		for _, of := range []string{
			"FRONTEND_HTTP", "FRONTEND_MEMBERSHIP", "MATCHING_GRPC", "MATCHING_MEMBERSHIP",
			"HISTORY_GRPC", "HISTORY_MEMBERSHIP", "WORKER_GRPC", "WORKER_MEMBERSHIP",
		} {
			cmd.Env = append(cmd.Env, of+"_PORT="+r.port("temporal", of))
		}
	}
	return cmd
}

func (r *rehearsal) runOnce(service string) {
	r.Helper()
	out, err := r.command(service, r.project.Services[service].Command...).CombinedOutput()
	require.NoError(r, err, "%s: %s", service, out)
}

// start starts a service and waits until its health check succeeds.
func (r *rehearsal) start(service string) {
	r.Helper()
	s := r.project.Services[service]
	cmd := r.command(service, s.Command...)
	log := &safeBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	r.logs[service] = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	require.NoError(r, cmd.Start())
	r.running[service] = cmd
	r.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if r.Failed() {
			r.Logf("%s:\n%s", service, log)
		}
	})
	if service == "temporal" {
		return // `prepare` waits for it
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(*s.HealthCheck.StartPeriod))
	defer cancel()
	for {
		words := []string{}
		for _, word := range s.HealthCheck.Test[2:] {
			words = append(words, r.here(service, word))
		}
		check := exec.CommandContext(ctx, r.yeyak, words...)
		if service == "messages" {
			check = r.python(words[1:]...) // after python3
		}
		out, err := check.CombinedOutput()
		if err == nil {
			return
		}
		require.NoError(r, ctx.Err(), "%s is not healthy: %s", service, out)
	}
}

// stop ends a service like a container engine, within its stop grace period.
func (r *rehearsal) stop(service string) {
	r.Helper()
	cmd := r.running[service]
	begun := time.Now()
	require.NoError(r, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(r, cmd.Wait(), service)
	grace := 10 * time.Second
	if of := r.project.Services[service].StopGracePeriod; of != nil {
		grace = time.Duration(*of)
	}
	require.Less(r, time.Since(begun), grace, service)
}

func (r *rehearsal) placeAnOrder() {
	r.Helper()
	today := time.Now() // the same day in all requests
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	place := r.send(http.MethodPost, "/v1/lodging/places", http.StatusCreated,
		`{"name":"Seaside Inn","ownerId":"bora","price":{"amount":50000,"currency":"KRW"},"confirmation":"auto"}`)
	r.send(http.MethodPut, "/v1/lodging/places/"+place+"/stock", http.StatusOK, fmt.Sprintf(`{"from":%q,"to":%q,"rooms":1}`, day(30), day(32)))
	order := r.send(http.MethodPost, "/v1/lodging/reservations", http.StatusCreated,
		fmt.Sprintf(`{"placeId":%q,"customerId":"alice","checkIn":%q,"checkOut":%q,"rooms":1}`, place, day(30), day(32)))
	require.NotEmpty(r, order)

	answer, err := http.Get("http://127.0.0.1:" + r.port("sandbox-payments", "8091") + "/sandbox/payments")
	require.NoError(r, err)
	defer answer.Body.Close()
	var paid struct{ Charged int64 }
	require.NoError(r, json.NewDecoder(answer.Body).Decode(&paid))
	require.Equal(r, int64(100000), paid.Charged, "the payment reached the sandbox for Stripe")
}

// send sends a request to the API, and returns the id in the answer.
func (r *rehearsal) send(method, path string, want int, body string) string {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), method, "http://127.0.0.1:"+r.port("api", "8080")+path, strings.NewReader(body))
	require.NoError(r, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+r.issuer.Operator())
	answer, err := http.DefaultClient.Do(request)
	require.NoError(r, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(r, err)
	require.Equal(r, want, answer.StatusCode, "%s", raw)
	var made struct{ ID string }
	_ = json.Unmarshal(raw, &made) // a stock has no id
	return made.ID
}
