package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

// logged is the processes' standard error.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

// wholeLines passes on whole lines, so that processes that write at the same time do not mix
// theirs.
type wholeLines struct {
	to   io.Writer
	rest []byte
}

func (w *wholeLines) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n') + 1
	_, err := w.to.Write(w.rest[:end])
	w.rest = w.rest[end:]
	return len(p), err
}

// process runs yeyak as in production until the test ends.
func process(t *testing.T, to *logged, env []string, args ...string) {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), &wholeLines{to: to}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = ends(t, cmd)
	})
}

// Texts that must be in no log.
const (
	privateTel    = "+821055550199" // as it is stored
	privateCard   = "pm_card_telling4242"
	privatePlace  = "7 Telling Street"
	privateReason = "a telling reason"
)

// TestLogs_OfAllProcesses: at the most verbose level every line about an order names
// it, its workflow and its trace; no line has a card, a telephone number, an address,
// or text that a person wrote. One of two APIs cannot reach management's database.
//
// Row O13.
func TestLogs_OfAllProcesses(t *testing.T) {
	t.Parallel()
	var out logged
	spans, database := newCollector(t), pgtest.New(t)
	address, namespace := newNamespace(t)
	level := filepath.Join(t.TempDir(), "level")
	require.NoError(t, os.WriteFile(level, []byte("debug"), 0o600))
	env := []string{
		"DATABASE_URL=" + database, "YEYAK_PAYMENTS=sandbox", trusting(), "TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=" + namespace,
		"YEYAK_LOG_FORMAT=json", "YEYAK_LOG_LEVEL=error", "YEYAK_LOG_LEVEL_FILE=" + level, "OTEL_EXPORTER_OTLP_ENDPOINT=" + spans.url,
	}
	with := func(more ...string) []string { return append(slices.Clone(env), more...) }
	path, err := binary()
	require.NoError(t, err)
	migrate := limitedCommand(t, path, "migrate")
	migrate.Env = append(os.Environ(), env...)
	require.NoError(t, migrate.Run())

	serve := func(queues ...string) string { return "YEYAK_SERVE=" + strings.Join(queues, ",") }
	well, ill := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	process(t, &out, with(serve(contract.PaymentsQueue, contract.NotificationsQueue, contract.InventoryQueue, contract.FulfilmentQueue)), "worker")
	process(t, &out, with("YEYAK_LISTEN="+well, serve(contract.SagasQueue, contract.ManagementQueue, contract.MypageQueue)), "api")
	process(t, &out, with("YEYAK_LISTEN="+ill, serve(contract.SagasQueue, contract.ManagementQueue), "MANAGEMENT_DATABASE_URL=postgres://x:y@127.0.0.1:1/x?sslmode=disable"), "api")

	var orders []string
	for _, address := range []string{well, ill} {
		s := &system{TB: t, url: "http://" + address, namespace: namespace}
		s.eventually(func() bool {
			a, err := s.send(http.MethodGet, "/readyz", nil)
			return err == nil && a.status == http.StatusOK
		})
		card := object{"paymentMethod": privateCard}
		for _, a := range []answer{
			s.reserve(s.place(1), card), s.order(s.menu(), card, object{"address": privatePlace}), s.orderCup(s.drink(1), card),
			s.call(card, object{"tel": privateTel, "location": privatePlace}), s.call(object{"tel": privateTel, "paymentMethod": "pm_card_chargeDeclined"}),
			s.post(calls, `{"tel": "`+privateTel+`", "paymentMethod": "`+privateCard+`", "price"`),
			s.call(card, object{"tel": privateTel, "customerId": ""}),
		} {
			if order := a.body.ID; order != "" {
				orders = append(orders, order)
			} else if a.body.Order != nil {
				orders = append(orders, a.body.Order.ID)
			}
		}
	}
	require.GreaterOrEqual(t, len(orders), 8)
	s := &system{TB: t, url: "http://" + well, namespace: namespace}
	for _, order := range orders {
		s.eventually(func() bool {
			return !slices.Contains([]booking.Status{booking.Received, booking.PaymentPending}, s.page(order).Status)
		})
	}
	s.carriedOut(func() answer { return s.post(reservations+"/"+orders[0]+"/cancel", object{"reason": privateReason}) })

	about := map[string]int{}
	for _, line := range out.lines() {
		for _, private := range []string{privateTel, privateCard, privatePlace, privateReason} {
			require.NotContains(t, line, private)
		}
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		for _, order := range orders {
			if strings.Contains(line, order) {
				require.Equal(t, order, fields["order"], line)
				require.Equal(t, order, fields["workflow"], line)
				about[order]++
				require.Regexp(t, "^[0-9a-f]{32}$", fields["trace"], line)
			}
		}
	}
	for _, order := range orders {
		require.Positive(t, about[order])
	}
}

// changeLogLevel: a process changes its log level a few seconds after its file changes.
func changeLogLevel(t *testing.T) {
	t.Parallel()
	s := boot(t)
	file := filepath.Join(t.TempDir(), "level")
	require.NoError(t, os.WriteFile(file, []byte("error"), 0o600))
	var out logged
	process(t, &out, []string{
		"DATABASE_URL=" + string(s.options.Config.Databases.Front), "YEYAK_PAYMENTS=sandbox", trusting(), "TEMPORAL_ADDRESS=" + s.options.TemporalAddress, "TEMPORAL_NAMESPACE=" + s.namespace,
		"YEYAK_LOG_FORMAT=json", "YEYAK_LOG_LEVEL_FILE=" + file, "YEYAK_SERVE=" + contract.PaymentsQueue,
	}, "worker")
	says := func(words string) func() bool {
		return func() bool {
			i := slices.IndexFunc(out.lines(), func(line string) bool { return strings.Contains(line, words) })
			return i >= 0 && strings.Contains(out.lines()[i], `"level":"info"`)
		}
	}
	s.eventually(says(`"log level changed","was":"info","is":"error"`)) // as it begins
	s.follow("The log level of a running process", "", "YEYAK_LOG_LEVEL_FILE="+file)
	s.eventually(says(`"log level changed","was":"error","is":"debug"`))
}
