package config

import (
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Dev holds the settings of `yeyak dev`, which are all settings. Without a database the
// data is in SQLite files in its data folder.
type Dev struct {
	Config `embed:"" set:"shutdown_grace=5s" set:"drain_delay=0s"` //nolint:staticcheck // kong reads every set of a tag
}

// Settings is the Config of the command.
func (c Dev) Settings() Config {
	c.Sandbox.Control = true
	c.Audits.Run = true
	return c.Config
}

// API holds the settings of `yeyak api`, which also runs a saga worker.
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

// WorkerOnly holds the settings of `yeyak worker`.
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
	c.Audits.Run = true
	return Config{
		Log: c.Log, Process: c.Process, Databases: c.Databases.Databases, Audits: c.Audits,
		Worker: c.Worker, Mypage: c.Mypage, Payments: c.Payments, Overload: c.Overload, Traces: c.Traces,
		Operations: c.Operations,
	}
}

// Migrate holds the settings of `yeyak migrate`.
type Migrate struct {
	Log       Log               `embed:""`
	Databases RequiredDatabases `embed:""`
	As        As                `embed:""`
}

// Settings is the Config of the command.
func (c Migrate) Settings() Config { return Config{Log: c.Log, Databases: c.Databases.Databases} }

// Prepare holds the settings of `yeyak prepare`.
type Prepare struct {
	Log  Log           `embed:""`
	As   As            `embed:""`
	Wait time.Duration `name:"wait" env:"YEYAK_PREPARE_WAIT" default:"2m" help:"How long to wait for a Temporal server that is starting."`
}

func (c *Prepare) check(m mistakes) { m.upTo("wait", c.Wait, time.Hour) }

// Visibility holds the settings of `yeyak visibility`.
type Visibility struct {
	Log      Log             `embed:""`
	As       As              `embed:""`
	Database URL             `name:"database-url" env:"TEMPORAL_VISIBILITY_DATABASE_URL" help:"Temporal's visibility database, as the owner of its tables: postgres://…"`
	Indexes  visibility.Form `name:"indexes" env:"YEYAK_VISIBILITY_INDEXES" default:"lean" help:"Form of the indexes: lean, without entries for NULL, or stock, as Temporal's schema makes them."`
	Check    bool            `name:"check" help:"Change nothing, and report whether the indexes have that form."`
	Wait     time.Duration   `name:"wait" env:"YEYAK_VISIBILITY_WAIT" default:"1h" help:"How long the command may take, including waits for earlier transactions and for another such command."`
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

// RequiredDatabases is Databases with a mandatory database of the front.
type RequiredDatabases struct {
	Databases `embed:""`
}

// Audit holds the settings of `yeyak audit`.
type Audit struct {
	Log       Log           `embed:""`
	Databases Databases     `embed:""`
	Data      Data          `embed:""`
	Payments  Payments      `embed:""`
	As        As            `embed:""`
	Moment    time.Duration `name:"moment" env:"YEYAK_AUDIT_MOMENT" default:"15s" help:"Time until a difference is checked again. It has to be longer than another worker needs to take over the work of a dead one."`
}

// Settings is the Config of the command.
func (c Audit) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Payments: c.Payments, Dev: DevServer{DataDir: c.Data.Dir}}
}

func (c *Audit) check(m mistakes) { m.upTo("moment", c.Moment, time.Hour) }

// Settle holds the settings of `yeyak settle`, besides the order.
type Settle struct {
	Log       Log           `embed:""`
	Databases Databases     `embed:""`
	Data      Data          `embed:""`
	As        As            `embed:""`
	Wait      time.Duration `name:"wait" env:"YEYAK_SETTLE_WAIT" default:"30s" help:"How long the command waits until the order is settled. After that the settlement continues without the command."`
}

// Settings is the Config of the command.
func (c Settle) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

func (c *Settle) check(m mistakes) { m.upTo("wait", c.Wait, time.Hour) }

// Resolution holds the settings of the commands that act on one order: `yeyak resolve`,
// `yeyak retry` and others.
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

// Actions holds the settings of `yeyak actions`, `status`, `attention` and `timeline`, besides
// the order.
type Actions struct {
	Log       Log       `embed:""`
	Databases Databases `embed:""`
	Data      Data      `embed:""`
}

// Settings is the Config of the command.
func (c Actions) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

// Seen names the newest line of the log of actions that a command's caller has seen.
type Seen struct {
	Line *int64 `name:"seen" help:"Number of the newest line about the order that you have seen in yeyak actions; 0 if there was none. If another caller has acted on the order since, the command does nothing. Without this flag the command shows the newest line, and does nothing if another caller adds one before it acts."`
}

// As is the caller of a command that changes something.
type As struct {
	ID string `name:"as" env:"YEYAK_AS" default:"system" help:"Caller of the command: the caller's number in Yeyak, or system. The history, table or log that records what the command changes names this caller."`
}

func (a *As) check(m mistakes) {
	if !booking.IsName(a.ID) {
		m.add("as", a.ID, "the id of a caller, such as 1024")
	}
}

// Rebuild holds the settings of `yeyak mypage rebuild`.
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

// SandboxPayments holds the settings of `yeyak sandbox-payments`. All except the address and
// the database can be changed while it runs.
type SandboxPayments struct {
	Log           Log           `embed:""`
	Process       Process       `embed:"" set:"shutdown_grace=5s"`
	Listen        string        `name:"sandbox-listen" env:"YEYAK_SANDBOX_LISTEN" default:"127.0.0.1:8091" help:"Address of the sandbox, host:port."`
	Database      URL           `name:"sandbox-database-url" env:"SANDBOX_DATABASE_URL" help:"Database of its payments: postgres://… or sqlite://path/to/file.db. By default a file in the data folder."`
	Data          Data          `embed:""`
	Latency       time.Duration `name:"latency" env:"YEYAK_SANDBOX_LATENCY" default:"400ms" help:"How long a request takes, at least."`
	LatencyUpTo   time.Duration `name:"latency-up-to" env:"YEYAK_SANDBOX_LATENCY_UP_TO" default:"620ms" help:"How long a request takes, at most: a random time between --latency and this, if this is more."`
	Capacity      int           `name:"capacity" env:"YEYAK_SANDBOX_CAPACITY" default:"0" help:"Requests that are served at the same time; 0 for no limit. Further ones are answered 429."`
	Queue         bool          `name:"queue" env:"YEYAK_SANDBOX_QUEUE" help:"Requests beyond the capacity wait for their turn and are not answered 429."`
	RefusePercent int           `name:"refuse-percent" env:"YEYAK_SANDBOX_REFUSE_PERCENT" default:"0" help:"Percentage of charges that are declined."`
	Down          bool          `name:"down" env:"YEYAK_SANDBOX_DOWN" help:"Every request fails without effect."`
	LoseAnswers   bool          `name:"lose-answers" env:"YEYAK_SANDBOX_LOSE_ANSWERS" help:"Requests take effect, and then fail."`
}

// Data is the data folder of `yeyak dev`. Its databases are used unless others are named.
type Data struct {
	Dir string `name:"data-dir" env:"YEYAK_DATA_DIR" default:".yeyak" help:"Data folder of yeyak dev, whose databases are used unless other flags name databases."`
}

func (d *Data) check(m mistakes) {
	if d.Dir == "" {
		m.add("data-dir", "", "a folder")
	}
}
