package payments_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

func init() { gin.SetMode(gin.ReleaseMode) } // once: tests run in parallel

func newIntents(t *testing.T) *store.SandboxIntents {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "sandbox.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "sandbox")
	require.NoError(t, err)
	return store.NewSandboxIntents(db)
}

// newCharges is the store of the sandbox in process.
func newCharges(t *testing.T) *store.Sandbox {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "sandbox.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "sandbox")
	require.NoError(t, err)
	return store.NewSandbox(db)
}

// counter is the provider, and the sandbox that it uses.
type counter struct {
	client
	sandbox *payments.Server
	intents *store.SandboxIntents
	wire    *wire
}

// wire records the requests that pass, and may change them.
type wire struct {
	http.Handler
	change func(*http.Request)

	mu    sync.Mutex
	paths []string
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.paths = append(w.paths, r.Method+" "+r.URL.Path)
	if w.change != nil {
		w.change(r)
	}
	w.mu.Unlock()
	w.Handler.ServeHTTP(rw, r)
}

func (w *wire) changes(f func(*http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change = f
}

func (w *wire) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.paths...)
}

const secretKey = "sk_test_s3cret"

func newCounter(t *testing.T) counter {
	t.Helper()
	remembered := newIntents(t)
	sandbox := payments.NewServer(remembered)
	recorded := &wire{Handler: sandbox.Handler()}
	return counter{client: dial(t, recorded), sandbox: sandbox, intents: remembered, wire: recorded}
}

// client is the provider as the payments service uses it for refunds.
type client struct{ *payments.Stripe }

// Refund refunds what is left of a charge.
func (c client) Refund(ctx context.Context, key, ref string, _ booking.Money) error {
	seen, err := c.Retrieve(ctx, ref)
	if err == nil {
		_, err = c.Stripe.Refund(ctx, key, seen, booking.Money{Amount: seen.Left, Currency: seen.Charged.Currency})
	}
	return err
}

// dial is a provider that uses the handler.
func dial(t *testing.T, h http.Handler) client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client{payments.NewStripe(payments.StripeOptions{URL: server.URL + "/", Key: secretKey, Log: zap.NewNop()})}
}

func (c counter) requireTotals(t *testing.T, charged, refunded int64) {
	t.Helper()
	gotCharged, gotRefunded, err := c.intents.Totals(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{charged, refunded}, []int64{gotCharged, gotRefunded})
}
