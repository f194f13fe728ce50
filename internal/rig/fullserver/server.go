package fullserver

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Options say which server is run, where, and on which database.
type Options struct {
	// Server is the path of the program.
	Server string
	// Dir is for the configuration and, unless Log is another file, the log. It is
	// created if it is missing.
	Dir, Log string
	// Postgres is the server of the databases, as a URL of one of its databases with a
	// user that may create others.
	Postgres string
	// Visibility is the form of the indexes of its visibility table; "" is lean.
	Visibility visibility.Form
}

// Server is a full Temporal server. It keeps its ports and its data when it is stopped
// and started again.
type Server struct {
	options  Options
	frontend int
	profile  int
	config   string
	process  *child.Process
}

const (
	// readyWithin bounds a start. On a busy machine, after a kill, it takes some seconds.
	readyWithin = time.Minute
	// stopTimeout is how long the server may take to stop. It drains for seconds.
	stopTimeout = 30 * time.Second
)

// New creates the server's databases and configuration. It does not start the server.
func New(ctx context.Context, o Options) (*Server, error) {
	if _, err := exec.LookPath(o.Server); err != nil {
		return nil, fmt.Errorf("no Temporal server to run (%w): build it with `make bin/temporal-server`", err)
	}
	postgres, err := url.Parse(o.Postgres)
	if err != nil || postgres.Port() == "" {
		return nil, fmt.Errorf("want postgres://user:password@host:port/database for Temporal's databases")
	}
	if err := ensureSchema(ctx, o.Server, postgres); err != nil {
		return nil, fmt.Errorf("schema of the Temporal server: %w", err)
	}
	if err := shapeVisibility(ctx, postgres, o.Visibility); err != nil {
		return nil, fmt.Errorf("indexes of the Temporal server's visibility table: %w", err)
	}
	if err := forgetMembers(ctx, postgres); err != nil {
		return nil, fmt.Errorf("servers that were on these databases before: %w", err)
	}
	s := &Server{options: o}
	return s, s.configure(postgres)
}

//go:embed server.yaml
var layout string

// ports are the ports of one of the server's services.
type ports struct{ GRPC, Membership int }

// configure writes the configuration into the folder.
func (s *Server) configure(postgres *url.URL) (err error) {
	if s.options.Dir, err = filepath.Abs(s.options.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(s.options.Dir, 0o700); err != nil {
		return err
	}
	free, err := child.FreePorts(9)
	if err != nil {
		return fmt.Errorf("free ports for the Temporal server: %w", err)
	}
	services := map[string]ports{}
	for i, name := range []string{"frontend", "history", "matching", "worker"} {
		services[name] = ports{free[2*i], free[2*i+1]}
	}
	s.frontend, s.profile, s.config = services["frontend"].GRPC, free[8], filepath.Join(s.options.Dir, "server.yaml")
	dynamic, err := dynamicConfig()
	if err != nil {
		return err
	}
	password, _ := postgres.User.Password()
	var text bytes.Buffer
	err = template.Must(template.New("").Parse(layout)).Execute(&text, map[string]any{
		"Shards": Shards, "Plugin": plugin, "Postgres": postgres.Host, "User": postgres.User.Username(), "Password": password,
		"Database": storeDatabase, "Connections": storeConnections,
		"Visibility": visibilityDatabase, "VisibilityConnections": visibilityConnections,
		"Profile": s.profile, "Services": services, "Frontend": s.Addr(), "Dynamic": s.dynamicFile(),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.dynamicFile(), dynamic, 0o600); err != nil {
		return err
	}
	return os.WriteFile(s.config, text.Bytes(), 0o600)
}

func (s *Server) dynamicFile() string { return filepath.Join(s.options.Dir, "dynamic.yaml") }

// dynamicConfig is the settings in the server's format. JSON is YAML.
func dynamicConfig() ([]byte, error) {
	type constrained struct {
		Value any `json:"value"`
	}
	all := map[string][]constrained{}
	for name, value := range Settings() {
		all[name] = []constrained{{value}}
	}
	return json.MarshalIndent(all, "", "  ")
}

// Start starts the server and returns when it serves.
func (s *Server) Start(ctx context.Context) (err error) {
	s.process, err = child.Start(child.Command{
		Path: s.options.Server, Args: []string{"start", "--config-file", s.config}, Log: s.LogFile(),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := s.process.Await(ctx, s.serves); err != nil {
		s.process.Kill()
		return err
	}
	return nil
}

// serves sends a request that needs the server's frontend, its history service and the
// database.
func (s *Server) serves(ctx context.Context) error {
	// A client waits after a refused connection before it connects again, so each attempt
	// has a client of its own.
	c, err := client.NewLazyClient(client.Options{HostPort: s.Addr(), Logger: devserver.Quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return err
	}
	_, err = c.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: "temporal-system", Execution: &commonpb.WorkflowExecution{WorkflowId: "unknown"},
	})
	if _, serves := errors.AsType[*serviceerror.NotFound](err); serves {
		return nil
	}
	return err
}

// Stop signals the server to end, and returns when it has. Its data are kept.
func (s *Server) Stop() error { return s.process.Stop(stopTimeout) }

// Kill kills the server, like kill -9. Its data are kept.
func (s *Server) Kill() { s.process.Kill() }

// Signal sends the server a signal.
func (s *Server) Signal(signal os.Signal) error { return s.process.Signal(signal) }

// PID is the process id of the last started server.
func (s *Server) PID() int { return s.process.PID() }

// Running reports whether the server was started and has not ended.
func (s *Server) Running() bool { return s.process != nil && s.process.Running() }

// Exited is closed when the server has ended, for whatever reason.
func (s *Server) Exited() <-chan struct{} { return s.process.Exited() }

// Addr is the address of the frontend, host:port.
func (s *Server) Addr() string { return child.Address(s.frontend) }

// ProfileURL is the URL of the server's Go profiles.
func (s *Server) ProfileURL() string { return "http://" + child.Address(s.profile) + "/debug/pprof/" }

// LogFile is the file of the server's log, warnings and worse.
func (s *Server) LogFile() string {
	return cmp.Or(s.options.Log, filepath.Join(s.options.Dir, "server.log"))
}
