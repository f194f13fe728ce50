package config

import (
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Dev is what `yeyak dev` can be told: everything. Without a database it
// keeps its data in SQLite files in its data folder.
type Dev struct {
	Config `embed:"" set:"shutdown_grace=5s" set:"drain_delay=0s"` //nolint:staticcheck // kong reads every set of a tag
}

// Settings is the Config of the command.
func (c Dev) Settings() Config {
	c.Sandbox.Control = true
	c.Audits.Here = true
	return c.Config
}

// API is what `yeyak api` can be told. It also runs a saga worker.
type API struct {
	Log       Log               `embed:""`
	Process   Process           `embed:""`
	HTTP      HTTP              `embed:""`
	Auth      Auth              `embed:""`
	Pages     Pages             `embed:""`
	Admission Admission         `embed:""`
	Databases RequiredDatabases `embed:""`
	Orders    Orders            `embed:""`
	Worker    Worker            `embed:""`
	Mypage    Mypage            `embed:""`
	Payments  Payments          `embed:""`
	Notices   Notices           `embed:""`
	Overload  Overload          `embed:""`
	Traces    Traces            `embed:""`
}

// Settings is the Config of the command.
func (c API) Settings() Config {
	return Config{
		Log: c.Log, Process: c.Process, HTTP: c.HTTP, Auth: c.Auth, Pages: c.Pages, Admission: c.Admission, Databases: c.Databases.Databases,
		Orders: c.Orders, Worker: c.Worker, Mypage: c.Mypage, Payments: c.Payments, Notices: c.Notices,
		Overload: c.Overload, Traces: c.Traces,
	}
}

// WorkerOnly is what `yeyak worker` can be told.
type WorkerOnly struct {
	Log       Log               `embed:""`
	Process   Process           `embed:""`
	Databases RequiredDatabases `embed:""`
	Worker    Worker            `embed:""`
	Mypage    Mypage            `embed:""`
	Payments  Payments          `embed:""`
	Overload  Overload          `embed:""`
	Traces    Traces            `embed:""`
	Audits    Audits            `embed:""`

	Operations Operations `embed:""`
}

// Settings is the Config of the command.
func (c WorkerOnly) Settings() Config {
	c.Audits.Here = true
	return Config{
		Log: c.Log, Process: c.Process, Databases: c.Databases.Databases, Audits: c.Audits,
		Worker: c.Worker, Mypage: c.Mypage, Payments: c.Payments, Overload: c.Overload, Traces: c.Traces,
		Operations: c.Operations,
	}
}

// Migrate is what `yeyak migrate` can be told.
type Migrate struct {
	Log       Log               `embed:""`
	Databases RequiredDatabases `embed:""`
	As        As                `embed:""`
}

// Settings is the Config of the command.
func (c Migrate) Settings() Config { return Config{Log: c.Log, Databases: c.Databases.Databases} }

// Prepare is what `yeyak prepare` can be told.
type Prepare struct {
	Log  Log           `embed:""`
	As   As            `embed:""`
	Wait time.Duration `name:"wait" env:"YEYAK_PREPARE_WAIT" default:"2m" help:"How long to wait for a Temporal server that is starting."`
}

func (c *Prepare) check(m mistakes) { m.upTo("wait", c.Wait, time.Hour) }

// Visibility is what `yeyak visibility` can be told.
type Visibility struct {
	Log      Log             `embed:""`
	As       As              `embed:""`
	Database URL             `name:"database-url" env:"TEMPORAL_VISIBILITY_DATABASE_URL" help:"Temporal's visibility database, as the owner of its tables: postgres://…"`
	Indexes  visibility.Form `name:"indexes" env:"YEYAK_VISIBILITY_INDEXES" default:"lean" help:"How they are made: lean, without entries for what is NULL, or stock, as Temporal's schema makes them."`
	Check    bool            `name:"check" help:"Change nothing, and tell whether they are so."`
	Wait     time.Duration   `name:"wait" env:"YEYAK_VISIBILITY_WAIT" default:"1h" help:"How long it may take, with waiting for transactions that began before it and for another such command."`
}

func (c *Visibility) check(m mistakes) {
	const wantPostgres = "postgres://user:password@host:port/database"
	want := c.Database.wanted()
	if strings.HasPrefix(string(c.Database), "sqlite:") || c.Database == "" {
		want = wantPostgres
	}
	if want != "" {
		m.add("database-url", c.Database.String(), want)
	}
	m.oneOf("indexes", string(c.Indexes), string(visibility.Lean), string(visibility.Stock))
	m.upTo("wait", c.Wait, 24*time.Hour)
}

// RequiredDatabases is Databases where the front's must be named.
type RequiredDatabases struct {
	Databases `embed:""`
}

// Audit is what `yeyak audit` can be told.
type Audit struct {
	Log       Log           `embed:""`
	Databases Databases     `embed:""`
	Data      Data          `embed:""`
	Payments  Payments      `embed:""`
	As        As            `embed:""`
	Moment    time.Duration `name:"moment" env:"YEYAK_AUDIT_MOMENT" default:"15s" help:"How long after one look the next one is taken. Longer than it takes an order's work to be taken over from a worker that has died."`
}

// Settings is the Config of the command.
func (c Audit) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Payments: c.Payments, Dev: DevServer{DataDir: c.Data.Dir}}
}

func (c *Audit) check(m mistakes) { m.upTo("moment", c.Moment, time.Hour) }

// Settle is what `yeyak settle` can be told, besides the order.
type Settle struct {
	Log       Log           `embed:""`
	Databases Databases     `embed:""`
	Data      Data          `embed:""`
	As        As            `embed:""`
	Wait      time.Duration `name:"wait" env:"YEYAK_SETTLE_WAIT" default:"30s" help:"How long to wait until the order is settled. It goes on without us."`
}

// Settings is the Config of the command.
func (c Settle) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

func (c *Settle) check(m mistakes) { m.upTo("wait", c.Wait, time.Hour) }

// Resolution is what commands can be told that act on orders, besides what they do: `yeyak
// resolve`, `yeyak retry` and the like.
type Resolution struct {
	Log       Log       `embed:""`
	Databases Databases `embed:""`
	Data      Data      `embed:""`
	As        As        `embed:""`
}

// Settings is the Config of the command.
func (c Resolution) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

// Actions is what `yeyak actions` can be told, and `status`, `attention` and `timeline`,
// besides the order.
type Actions struct {
	Log       Log       `embed:""`
	Databases Databases `embed:""`
	Data      Data      `embed:""`
}

// Settings is the Config of the command.
func (c Actions) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

// As is whose doing it is what a command changes.
type As struct {
	ID string `name:"as" env:"YEYAK_AS" default:"system" help:"Whose doing it is: the number by which Yeyak knows a caller, or system. Histories, tables and logs name it."`
}

func (a *As) check(m mistakes) {
	if !booking.IsName(a.ID) {
		m.add("as", a.ID, "the id of a caller, such as 1024")
	}
}

// Rebuild is what `yeyak mypage rebuild` can be told.
type Rebuild struct {
	Log       Log       `embed:""`
	Databases Databases `embed:""`
	Data      Data      `embed:""`
	As        As        `embed:""`
}

// Settings is the Config of the command.
func (c Rebuild) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

// SandboxPayments is what `yeyak sandbox-payments` can be told. All but where
// it listens and remembers can be switched while it runs.
type SandboxPayments struct {
	Log           Log           `embed:""`
	Process       Process       `embed:"" set:"shutdown_grace=5s"`
	Listen        string        `name:"sandbox-listen" env:"YEYAK_SANDBOX_LISTEN" default:"127.0.0.1:8091" help:"Address of the sandbox, host:port."`
	Database      URL           `name:"sandbox-database-url" env:"SANDBOX_DATABASE_URL" help:"Database that it remembers payments in: postgres://… or sqlite://path/to/file.db. By default a file in the data folder."`
	Data          Data          `embed:""`
	Latency       time.Duration `name:"latency" env:"YEYAK_SANDBOX_LATENCY" default:"400ms" help:"How long a request takes."`
	LatencyUpTo   time.Duration `name:"latency-up-to" env:"YEYAK_SANDBOX_LATENCY_UP_TO" default:"620ms" help:"How long it takes at most: any time from --latency to this, if it is more."`
	Capacity      int           `name:"capacity" env:"YEYAK_SANDBOX_CAPACITY" default:"0" help:"Requests that are worked on at the same time; 0 for no limit. Those beyond are answered 429."`
	Queue         bool          `name:"queue" env:"YEYAK_SANDBOX_QUEUE" help:"Requests beyond the capacity wait in turn."`
	RefusePercent int           `name:"refuse-percent" env:"YEYAK_SANDBOX_REFUSE_PERCENT" default:"0" help:"How many of a hundred charges are declined."`
	Down          bool          `name:"down" env:"YEYAK_SANDBOX_DOWN" help:"Every request fails without effect."`
	LoseAnswers   bool          `name:"lose-answers" env:"YEYAK_SANDBOX_LOSE_ANSWERS" help:"Requests take effect, and then fail."`
}

// Data is where the databases are of which nothing else is said: those of
// `yeyak dev`.
type Data struct {
	Dir string `name:"data-dir" env:"YEYAK_DATA_DIR" default:".yeyak" help:"Folder that the data of yeyak dev lives in. Databases that are named go before."`
}

func (d *Data) check(m mistakes) {
	if d.Dir == "" {
		m.add("data-dir", "", "a folder")
	}
}
