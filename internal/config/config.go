package config

import (
	"time"

	"go.temporal.io/sdk/worker"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Config holds every setting, as the commands fill it. A setting that a command
// does not offer keeps its zero value. A field without a flag (kong:"-") is not a
// setting: production runs with its zero value, and tests and benchmarks set it.
type Config struct {
	Log       Log       `embed:""`
	Process   Process   `embed:""`
	HTTP      HTTP      `embed:""`
	Auth      Auth      `embed:""`
	Pages     Pages     `embed:""`
	Admission Admission `embed:""`
	Databases Databases `embed:""`
	Orders    Orders    `embed:""`
	Worker    Worker    `embed:""`
	Mypage    Mypage    `embed:""`
	Payments  Payments  `embed:""`
	Notices   Notices   `embed:""`
	Overload  Overload  `embed:""`
	Sandbox   Sandbox   `embed:""`
	Traces    Traces    `embed:""`
	Audits    Audits    `embed:""`
	Dev       DevServer `embed:""`

	Operations Operations `embed:""`
}

// Log says what is logged, and how.
type Log struct {
	Level     string `name:"log-level" env:"YEYAK_LOG_LEVEL" default:"info" help:"Lowest level that is logged: debug, info, warn or error."`
	Format    string `name:"log-format" env:"YEYAK_LOG_FORMAT" default:"console" help:"Format of the log: console or json."`
	LevelFile string `name:"log-level-file" env:"YEYAK_LOG_LEVEL_FILE" help:"File whose content (debug, info, warn or error) replaces --log-level. It is read every 5 s, so that the level of a running process can be changed."`
}

// ZapLevel is the lowest level that is logged.
func (l Log) ZapLevel() zapcore.Level {
	level, err := zapcore.ParseLevel(l.Level)
	if err != nil {
		return zapcore.InfoLevel
	}
	return level
}

// Process says how a process shuts down.
type Process struct {
	ShutdownGrace time.Duration `name:"shutdown-grace" env:"YEYAK_SHUTDOWN_GRACE" default:"${shutdown_grace}" help:"How long open requests and steps may take to end at shutdown."`
}

// Operations is where a process without an API serves probes and metrics.
type Operations struct {
	Listen string `name:"listen-operations" env:"YEYAK_OPERATIONS_LISTEN" help:"Address, host:port, of probes and metrics: /healthz, /readyz, /metrics. None by default."`
}

// HTTP configures the API's server.
type HTTP struct {
	Listen string `name:"listen" env:"YEYAK_LISTEN" default:"127.0.0.1:8080" help:"Address of the API, host:port."`
	// Hosts are for a proxy on the same machine that passes on the Host of its clients.
	Hosts []string `name:"hosts" env:"YEYAK_HOSTS" help:"Host names that requests may have besides localhost, if the API listens on loopback. On other addresses any name is allowed."`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed; a client can
	// send that header as well.
	TrustedProxies []string `name:"trusted-proxies" env:"YEYAK_TRUSTED_PROXIES" default:"127.0.0.0/8,::1/128" help:"Addresses or networks of the proxies in front of the API, whose X-Forwarded-For is trusted. Any other client with such an address can pretend to have any address."`
	// DrainDelay is for the load balancer in front, which sends requests until it has
	// seen a probe fail.
	DrainDelay time.Duration `name:"drain-delay" env:"YEYAK_DRAIN_DELAY" default:"${drain_delay}" help:"How long the API is unready at shutdown and still accepts requests, so that load balancers notice; 0 skips this."`
}

// Databases are the URLs of the databases. A service without a database of its own
// uses the front's.
type Databases struct {
	Front         URL `name:"database-url" env:"DATABASE_URL" help:"Database of the catalogue, and of every service without one of its own: postgres://… or sqlite://path/to/file.db."`
	Payments      URL `name:"payments-database-url" env:"PAYMENTS_DATABASE_URL" help:"Database of the payments."`
	Inventory     URL `name:"inventory-database-url" env:"INVENTORY_DATABASE_URL" help:"Database of the stock."`
	Notifications URL `name:"notifications-database-url" env:"NOTIFICATIONS_DATABASE_URL" help:"Database of the messages."`
	Management    URL `name:"management-database-url" env:"MANAGEMENT_DATABASE_URL" help:"Database of the calls for cleaners."`
	Fulfilment    URL `name:"fulfilment-database-url" env:"FULFILMENT_DATABASE_URL" help:"Database of deliveries, productions and cleaners."`
	Mypage        URL `name:"mypage-database-url" env:"MYPAGE_DATABASE_URL" help:"Database of the customers' pages."`
}

// Resolved fills in the front's database for every service without one of its own.
func (d Databases) Resolved() Databases {
	for _, url := range []*URL{&d.Payments, &d.Inventory, &d.Notifications, &d.Management, &d.Fulfilment, &d.Mypage} {
		if *url == "" {
			*url = d.Front
		}
	}
	return d
}

// Orders says how orders are accepted and carried out.
type Orders struct {
	ReplyBudget    time.Duration `name:"reply-budget" env:"YEYAK_REPLY_BUDGET" default:"2s" help:"How long a request waits for the first decision on its order. After that it is answered 202."`
	InboxWithin    time.Duration `name:"inbox-within" env:"YEYAK_INBOX_WITHIN" default:"30m" help:"How long a reservation or an order of food may wait for Temporal before it is cancelled as not processed."`
	AttentionAfter time.Duration `name:"attention-after" env:"YEYAK_ATTENTION_AFTER" default:"5m" help:"How long an undo may fail before its order is marked as needing attention."`
	TelRegion      string        `name:"tel-region" env:"YEYAK_TEL_REGION" default:"KR" help:"Country (ISO 3166) of telephone numbers without a country code."`
	HandOverWithin time.Duration `name:"hand-over-within" env:"YEYAK_HAND_OVER_WITHIN" default:"30m" help:"How long it may take, after the time for the payment, until an order of food, a drink or a cleaner reaches its courier, kitchen or cleaners. After that the order is cancelled."`
	ServeAfterDay  time.Duration `name:"serve-after-day" env:"YEYAK_SERVE_AFTER_DAY" default:"3h" help:"How long after a drink's day the café may hand the drink over. After that the order is cancelled."`
	// Within these times a courier, a café and a cleaner are done, and a cleaner is
	// found, before the order needs attention. Zero uses the default of
	// contract.Policy. They end no order: if they are long, an operator only reads the
	// alert later.
	DeliverWithin, ServeWithin, AssignWithin, CleanWithin time.Duration `kong:"-"`
	// Durable steps are not tried in place first. That costs each order several
	// workflow tasks and gains nothing while the services are healthy.
	Durable bool `kong:"-"`
}

// reserveWithin is long, since most stays are days away. It ends while the customer
// still has time to find another place. A room that cannot be held within a day is
// refused.
const reserveWithin = 24 * time.Hour

// Policy is the part of the settings that a new order's workflow gets as input. A
// later setting changes nothing for an order under way.
func (c Config) Policy() contract.Policy {
	return contract.Policy{
		InPlace: !c.Orders.Durable, AttentionAfter: booking.Duration(c.Orders.AttentionAfter),
		PayWithin: booking.Duration(c.Overload.PayWithinAllowed()), HandOverWithin: booking.Duration(c.Orders.HandOverWithin),
		ReserveWithin: booking.Duration(reserveWithin), DeliverWithin: booking.Duration(c.Orders.DeliverWithin),
		ServeWithin: booking.Duration(c.Orders.ServeWithin), ServeAfterDay: booking.Duration(c.Orders.ServeAfterDay),
		AssignWithin: booking.Duration(c.Orders.AssignWithin), CleanWithin: booking.Duration(c.Orders.CleanWithin),
	}.WithDefaults()
}

// Worker says which task queues this process serves.
type Worker struct {
	Serve []string `name:"serve" env:"YEYAK_SERVE" default:"${queues}" help:"Task queues that this process serves (${default})."`
	// Versioning concerns the sagas only: their workflows stay with the build that
	// started them. A service does the same in every build.
	Versioning bool   `name:"versioning" env:"YEYAK_VERSIONING" negatable:"" help:"Keep orders on the build that they began with. New orders go to the build that is the current one at Temporal."`
	BuildID    string `name:"build-id" env:"YEYAK_BUILD_ID" default:"${version}" help:"Id of this build at Temporal (${default})."`
}

// Version is this build's version for the engine, the zero value without versioning.
func (w Worker) Version() worker.WorkerDeploymentVersion {
	if !w.Versioning {
		return worker.WorkerDeploymentVersion{}
	}
	return worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: w.BuildID}
}

// deployment is the name of all builds at Temporal. A second Yeyak has a namespace
// of its own, so it needs no other name; operators' recipes use this one.
const deployment = "yeyak"

// How the read model learns of orders.
const (
	FeedPush  = "push"
	FeedQuery = "query"
)

// Mypage says how the read model is kept up to date.
type Mypage struct {
	Feed string `name:"mypage-feed" env:"MYPAGE_FEED" default:"push" help:"How the customers' pages are written: push, by the sagas, or query, from the workflows' answers to queries."`
	// RepairEvery is for benchmarks, which a repair would disturb.
	RepairEvery time.Duration `name:"repair-every" env:"YEYAK_REPAIR_EVERY" default:"5m" hidden:"" help:"How often missing and stale pages of orders are searched and repaired."`
}

// Payment providers.
const (
	PaymentsAuto    = "auto"
	PaymentsSandbox = "sandbox"
	PaymentsStripe  = "stripe"
)

// DefaultStripeURL is the URL of Stripe's API.
const DefaultStripeURL = "https://api.stripe.com"

// Payments is the payment provider.
type Payments struct {
	Provider  string `name:"payments" env:"YEYAK_PAYMENTS" default:"auto" help:"Payment provider: sandbox, which is built in and moves no money, or stripe. auto is stripe if there is a secret key for it, otherwise sandbox, in yeyak dev only."`
	StripeURL URL    `name:"stripe-url" env:"STRIPE_URL" default:"https://api.stripe.com" help:"URL of Stripe's API, or of a replacement for Stripe."`
	StripeKey Secret `name:"stripe-secret-key" env:"STRIPE_SECRET_KEY" help:"Secret key for Stripe's API."`
}

// Name is the name of the provider in use.
func (p Payments) Name() string {
	switch {
	case p.Provider != PaymentsAuto && p.Provider != "":
		return p.Provider
	case p.Provider == PaymentsAuto && p.StripeKey != "":
		return PaymentsStripe
	default:
		return PaymentsSandbox
	}
}

// Stripe reports whether Stripe is the provider.
func (p Payments) Stripe() bool { return p.Name() == PaymentsStripe }

// Notices configures the notices that the payment provider sends.
type Notices struct {
	StripeSecrets []Secret `name:"stripe-webhook-secrets" env:"STRIPE_WEBHOOK_SECRETS" help:"Secrets with which Stripe signs its notices (whsec_…): one, or several while one replaces another. Without a secret no notices are accepted."`
}

// Secrets returns the secrets in their order.
func (n Notices) Secrets() []string {
	secrets := make([]string, len(n.StripeSecrets))
	for i, s := range n.StripeSecrets {
		secrets[i] = string(s)
	}
	return secrets
}

// Sandbox configures the built-in payment provider.
type Sandbox struct {
	// Control offers the switches that make it slow, down or forgetful. Only
	// `yeyak dev` does that, for operators.
	Control bool `kong:"-"`
}

// DevServer is the Temporal server that a command starts.
type DevServer struct {
	DataDir      string `name:"data-dir" env:"YEYAK_DATA_DIR" default:".yeyak" help:"Folder of all data."`
	TemporalPort int    `name:"temporal-port" env:"YEYAK_TEMPORAL_PORT" default:"7233" help:"Port of the Temporal server; 0 uses a free port."`
	UIPort       int    `name:"ui-port" env:"YEYAK_UI_PORT" default:"8233" help:"Port of Temporal's web UI; 0 uses a free port."`
	// TemporalServer is ignored if TEMPORAL_ADDRESS names a running one.
	TemporalServer string `name:"temporal-server" env:"YEYAK_TEMPORAL_SERVER" help:"Program of the Temporal server: temporal-server or a Temporal CLI. By default the CLI on PATH or a downloaded one, if it is new enough, otherwise the temporal-server beside this program."`
}
