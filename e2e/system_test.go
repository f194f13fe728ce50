package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

func TestMain(m *testing.M) {
	if configuration := os.Getenv(mortalVariable); configuration != "" {
		os.Exit(liveMortally(configuration))
	}
	slowCommits()
	// The API closes a new connection that has sent nothing for five seconds. A client may have dialled
	// one and used another: it must not send its next request when the first one is being closed.
	http.DefaultTransport.(*http.Transport).IdleConnTimeout = 2 * time.Second
	http.DefaultClient.Timeout = hangLimit
	pgtest.Main(m)
	retireEngines()
	if built != nil {
		_ = built.Remove()
	}
}

// system is one running Yeyak with databases and a namespace of its own.
type system struct {
	testing.TB
	app          *app.App
	url          string
	temporal     client.Client
	namespace    string
	readModel    *switchedReadModel
	messageStore *switchedMessages
	outages      outages
	options      app.Options // of its start
	token        string      // of requests; "" for an operator's
	readerKey    string      // see reader
	log          *observer.ObservedLogs
}

// migrated is a PostgreSQL database with the tables of every service.
var migrated = pgtest.Template{Fill: func(ctx context.Context, url string) error {
	return app.Migrate(ctx, config.Config{Databases: config.Databases{Front: config.URL(url)}}, zap.NewNop())
}}

// onPostgreSQL gives all services a fresh PostgreSQL database.
func onPostgreSQL(t testing.TB, o *app.Options) {
	t.Helper()
	o.Config.Databases.Front = config.URL(migrated.New(t))
}

// boot starts a system on a fresh PostgreSQL database, with changed options.
func boot(t testing.TB, change ...func(*app.Options)) *system {
	t.Helper()
	o := options(t)
	onPostgreSQL(t, &o)
	only := o.Config.Databases
	for _, c := range change {
		c(&o)
	}
	o.Migrate = o.Config.Databases != only
	return start(t, o)
}

// onSQLite gives every service a SQLite file of its own.
func onSQLite(o *app.Options) { o.Config.Databases.Front = "" }

// never is an interval of the engine's that does not end while tests run. The engine
// counts intervals from 1970: an hour would end by the clock, possibly in the middle of
// a test that checks an unrepaired state.
const never = 100 * 365 * 24 * time.Hour

func options(t testing.TB) app.Options {
	address, namespace := newNamespace(t)
	return app.Options{
		API: true, Migrate: true, TemporalAddress: address, Namespace: namespace,
		Config: config.Config{
			HTTP:    config.HTTP{Listen: "127.0.0.1:0"},
			Auth:    config.Auth{Mode: config.AuthOn, Issuer: config.URL(issuers().URL()), Audience: issuer.Audience, Claims: []string{"names=sub"}},
			Process: config.Process{ShutdownGrace: 10 * time.Second},
			Orders: config.Orders{
				ReplyBudget: time.Minute, AttentionAfter: time.Minute, HandOverWithin: time.Hour,
				DeliverWithin: time.Hour, ServeWithin: time.Hour, ServeAfterDay: time.Hour, AssignWithin: time.Hour, CleanWithin: time.Hour,
			},
			// Tests of the breaker enable it: on a busy machine anything can be slow.
			Overload: config.Overload{
				Policy: config.OverloadDefer, PayWithin: 10 * time.Minute, DeferredPerSecond: 20,
				Breaker: config.Breaker{MinCalls: 10_000, OpenFor: time.Second, Probes: 1},
			},
			Worker:  config.Worker{Serve: contract.Queues()},
			Mypage:  config.Mypage{Feed: config.FeedPush, RepairEvery: never},
			Sandbox: config.Sandbox{Control: true},
			Dev:     config.DevServer{DataDir: scratchDir(t)},
		},
	}
}

// tooBusy is the SDK's error for a workflow task that has computed for a second, as on a busy machine.
const tooBusy = "TMPRL1101"

func start(t testing.TB, o app.Options) *system {
	t.Helper()
	core, log := observer.New(zap.WarnLevel)
	o.Log = zap.New(core)
	atEnd(t, func() {
		for _, e := range log.FilterMessage("Workflow panic").All() {
			if why := fmt.Sprint(e.ContextMap()["Error"]); !strings.Contains(why, tooBusy) {
				t.Errorf("a workflow task has failed: %s", why)
			}
		}
		if t.Failed() {
			for _, e := range log.All() {
				t.Log(e.Time.Format(time.TimeOnly), e.Level, e.Message, e.ContextMap())
			}
		}
	})
	readModel := &switchedReadModel{}
	o.Decorate.ReadModel = func(r activities.ReadModel) activities.ReadModel {
		readModel.ReadModel = r
		return readModel
	}
	messageStore := &switchedMessages{}
	o.Decorate.Messages = func(with activities.Messages) activities.Messages {
		messageStore.Messages = with
		return messageStore
	}
	var failing outages
	failing.decorate(&o.Decorate)
	a, err := app.Start(t.Context(), o)
	require.NoError(t, err)
	atEnd(t, func() { stop(t, a) })
	c, err := client.NewLazyClient(client.Options{HostPort: o.TemporalAddress, Namespace: o.Namespace, Logger: devserver.Quiet()})
	require.NoError(t, err)
	atEnd(t, c.Close)
	return &system{
		TB: t, app: a, url: "http://" + a.Address(), temporal: c, namespace: o.Namespace,
		readModel: readModel, messageStore: messageStore, outages: failing, options: o, log: log,
	}
}

// atEnd is t.Cleanup for a function that refers to a system. Package testing keeps such
// functions until the last test ends, and with them all systems.
func atEnd(t testing.TB, f func()) {
	t.Cleanup(func() {
		f()
		f = nil
	})
}

func stop(t testing.TB, a *app.App) {
	t.Helper()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		a.Stop(ctx)
	}()
	receive(t, stopped, "the end of the process")
}

// answer is the answer to an HTTP request.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   body
	again  func() answer // repeats the request
}

// body is the part of our JSON that the tests read.
type body struct {
	contract.View
	Code        string           `json:"code"`
	Detail      string           `json:"detail"`
	StatusLabel string           `json:"statusLabel"`
	Order       *contract.View   `json:"order"`
	Tel         string           `json:"tel"`
	Errors      []fieldError     `json:"errors"`
	Items       []map[string]any `json:"items"`
	Next        string           `json:"next"`
}

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (s *system) request(method, path string, in any, header ...string) answer {
	s.Helper()
	a, err := s.send(method, path, in, header...)
	require.NoError(s, err)
	a.again = func() answer { return s.request(method, path, in, header...) }
	return a
}

// send is request for a server that may end meanwhile.
func (s *system) send(method, path string, in any, header ...string) (a answer, err error) {
	var payload io.Reader
	switch v := in.(type) {
	case nil:
	case string:
		payload = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return a, err
		}
		payload = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, payload)
	if err != nil {
		return a, err
	}
	if payload != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	s.present(r)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = resp.Body.Close() }()
	a = answer{status: resp.StatusCode, header: resp.Header}
	a.raw, err = io.ReadAll(resp.Body)
	_ = json.Unmarshal(a.raw, &a.body) // other content is read from raw
	return a, err
}

func (s *system) get(path string, header ...string) answer {
	s.Helper()
	return s.request(http.MethodGet, path, nil, header...)
}

func (s *system) post(path string, in any, header ...string) answer {
	s.Helper()
	return s.request(http.MethodPost, path, in, header...)
}

// with checks the status of the answer and returns the answer: of a request that was answered
// 503, the answer to a repeat.
func (a answer) with(t testing.TB, status int) answer {
	t.Helper()
	if status != http.StatusServiceUnavailable {
		a = a.served()
	}
	require.Equal(t, status, a.status, "%s", a.raw)
	return a
}

// served repeats a request that was answered 503, as clients do: on a busy machine anything can
// be away for a moment, and an answer 503 promises that nothing has come of the request.
func (a answer) served() answer {
	for end := time.Now().Add(waitLimit); a.again != nil && a.status == http.StatusServiceUnavailable && time.Now().Before(end); {
		time.Sleep(time.Second)
		a = a.again()
	}
	return a
}
