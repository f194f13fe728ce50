package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// superuser is the role that initdb creates.
const superuser = "yeyak"

// startTimeout bounds a server's start, recovery after Stop included.
const startTimeout = time.Minute

// Settings are a server's settings beyond its defaults, as in postgresql.conf.
type Settings map[string]string

// always are the settings of every server: it is for this machine alone.
var always = Settings{
	"listen_addresses":        "127.0.0.1",
	"unix_socket_directories": "",
	"max_connections":         "400", // parallel tests with a pool each
	"log_min_messages":        "warning",
}

// Forgetful makes commits cost no disk writes. Data survive Stop and even a kill of the
// server, but not a power cut. Settings that transactions could notice keep their
// defaults.
var Forgetful = Settings{"fsync": "off", "full_page_writes": "off"}

// Cluster is a PostgreSQL server in a temporary directory, which can be stopped and
// started again.
type Cluster struct {
	settings   Settings
	makeFolder func(name string) (*scratch.Folder, error)
	bin        string // the directory of PostgreSQL's programs
	folder     *scratch.Folder
	log        string // the file that the server's output is appended to
	port       int
	account    *account
	server     *process // nil while stopped
}

// NewDatabase creates an empty database on the cluster and returns its URL.
func (c *Cluster) NewDatabase(ctx context.Context) (string, error) {
	u, _, err := CreateDatabase(ctx, c.URL())
	return u, err
}

// PID is the process id of the server, 0 while it is stopped.
func (c *Cluster) PID() int {
	if c.server == nil {
		return 0
	}
	return c.server.cmd.Process.Pid
}

// URL is the URL of the database "postgres", as the superuser.
func (c *Cluster) URL() string { return c.URLOf("postgres") }

// URLOf is the URL of a database, which need not exist.
func (c *Cluster) URLOf(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, c.port, database)
}

// Env are the variables with which PostgreSQL's programs find the cluster, as the superuser.
func (c *Cluster) Env() []string {
	return []string{"PGHOST=127.0.0.1", "PGPORT=" + strconv.Itoa(c.port), "PGUSER=" + superuser}
}

func (c *Cluster) data() string { return filepath.Join(c.folder.Path, "data") }

// Launch creates and starts a cluster. Call Close at its end; on Linux it also dies with
// this process.
func Launch(settings Settings) (*Cluster, error) { return LaunchLogging(settings, "") }

// LaunchInMemory is Launch with data in memory if there is room. They survive Stop, and no
// power cut.
func LaunchInMemory(settings Settings) (*Cluster, error) {
	return launch(&Cluster{settings: settings, makeFolder: scratch.MakeInMemory}, (*Cluster).initialise)
}

// LaunchLogging is Launch for a server that logs to the file, or among its data if that
// is "".
func LaunchLogging(settings Settings, log string) (*Cluster, error) {
	return launch(&Cluster{settings: settings, log: log, makeFolder: onDisk}, (*Cluster).initialise)
}

func onDisk(name string) (*scratch.Folder, error) { return scratch.Make("", name) }

// launch starts a cluster whose data directory fill creates.
func launch(c *Cluster, fill func(*Cluster) error) (_ *Cluster, err error) {
	if c.bin, err = programs(); err != nil {
		return nil, err
	}
	if c.account, err = serverAccount(); err != nil {
		return nil, err
	}
	for _, step := range []func(*Cluster) error{(*Cluster).create, fill, (*Cluster).Start} {
		if err := step(c); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// create makes the cluster's directory.
func (c *Cluster) create() (err error) {
	if c.folder, err = c.makeFolder("yeyak-postgres-"); err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	if c.log == "" {
		c.log = filepath.Join(c.folder.Path, "log")
	}
	if err := c.account.own(c.folder.Path); err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	// The cluster keeps the port while its server is stopped. The kernel does not assign
	// it to other processes.
	ports, err := child.FreePorts(1)
	if err != nil {
		return fmt.Errorf("pgserver: find a free port: %w", err)
	}
	c.port = ports[0]
	return nil
}

// initialise creates an empty data directory.
func (c *Cluster) initialise() error {
	initdb := exec.Command(filepath.Join(c.bin, "initdb"), "--pgdata", c.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	initdb.Dir = c.folder.Path // the server's account may have no access to the caller's directory
	initdb.SysProcAttr = c.account.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("pgserver: initdb: %w\n%s", err, out)
	}
	return nil
}

// Start starts the server, on the same address and data as before Stop, and returns when
// it accepts connections.
func (c *Cluster) Start() error {
	if c.server != nil {
		return nil
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	defer log.Close() // the server has a descriptor of its own
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port)}
	for _, settings := range []Settings{always, c.settings} {
		for name, value := range settings {
			args = append(args, "-c", name+"="+value)
		}
	}
	cmd := exec.Command(filepath.Join(c.bin, "postgres"), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = c.folder.Path, log, log, c.account.attributes()
	cmd.ExtraFiles = []*os.File{c.folder.Lock} // the lock keeps the data of a server that outlives this process
	if c.server, err = start(cmd); err != nil {
		return fmt.Errorf("pgserver: start postgres: %w", err)
	}
	if err := c.awaitConnections(); err != nil {
		out, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("pgserver: postgres does not answer: %w\n%s", err, out), c.Stop())
	}
	return nil
}

func (c *Cluster) awaitConnections() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := Execute(ctx, c.URL(), "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case <-c.server.exited:
			return errors.New("it has exited")
		case <-ctx.Done():
			return err
		}
	}
}

// Stop stops the server at once, like a crash: connections break, the data are kept. It
// returns when the server's processes have ended.
func (c *Cluster) Stop() error {
	if c.server == nil {
		return nil
	}
	err := c.server.kill()
	c.server = nil
	return err
}

// Kill kills the server, like kill -9. Start recovers the data, and fails until the
// server's sessions have noticed and ended.
func (c *Cluster) Kill() {
	if c.server == nil {
		return
	}
	_ = c.server.cmd.Process.Kill() // an error means that it has ended already
	<-c.server.exited
	c.server = nil
}

// Close stops the server and removes its data.
func (c *Cluster) Close() error {
	err := c.Stop()
	if c.folder != nil {
		err = errors.Join(err, c.folder.Remove())
	}
	return err
}

// process is a server that dies with the process that started it.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// start runs cmd from a goroutine that keeps its thread until the server has exited. When
// the thread that started a child ends, the kernel sends the child its parent-death
// signal, and Go ends idle threads.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // a killed server returns no useful error
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// kill ends the server and its children with PostgreSQL's immediate shutdown.
func (p *process) kill() error {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("pgserver: stop postgres: %w", err)
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(requestTimeout):
		return errors.New("pgserver: postgres does not stop")
	}
}
