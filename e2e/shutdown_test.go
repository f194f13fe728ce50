package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// slowCharges blocks charges until they are released.
type slowCharges struct {
	activities.PaymentProvider
	begun, letGo chan struct{}
}

// Charge implements activities.PaymentProvider.
func (p slowCharges) Charge(ctx context.Context, c booking.Charge) (string, error) {
	select {
	case p.begun <- struct{}{}:
	default:
	}
	<-p.letGo
	return p.PaymentProvider.Charge(ctx, c)
}

// TestShutdown_InOrder: not ready, then no more requests; the running request is
// answered by its saga, whose workers end last.
func TestShutdown_InOrder(t *testing.T) {
	t.Parallel()
	charges := slowCharges{begun: make(chan struct{}, 1), letGo: make(chan struct{})}
	s := boot(t, onSQLite, func(o *app.Options) {
		o.Config.HTTP.DrainDelay = 20 * time.Second  // the test checks it meanwhile
		o.Config.Process.ShutdownGrace = time.Minute // for the running request, which the test releases
		o.Decorate.Provider = func(p activities.PaymentProvider) activities.PaymentProvider {
			charges.PaymentProvider = p
			return charges
		}
	})
	place := s.place(1)
	inHand := make(chan answer, 1)
	go func() {
		var a answer
		defer func() { inHand <- a }()
		s.eventually(func() bool { // on a busy machine it may not arrive the first time
			var err error
			a, err = s.send(http.MethodPost, reservations, reservation(place), "Idempotency-Key", "k")
			return err == nil && a.status != http.StatusServiceUnavailable
		})
	}()
	receive(t, charges.begun, "a charge")

	ctx, sigterm := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.app.Wait(ctx) }()
	require.False(t, s.partsAfter("/v1/lodging/places/"+place))
	sigterm()
	s.eventually(func() bool { return s.get("/readyz").status == http.StatusServiceUnavailable })
	require.True(t, s.partsAfter("/v1/lodging/places/"+place), "requests are accepted until load balancers have noticed, over connections that end")

	s.eventually(func() bool {
		_, err := s.send(http.MethodGet, "/healthz", nil)
		return err != nil
	})
	require.Empty(t, inHand)
	require.Empty(t, ended)
	close(charges.letGo)
	a := receive(t, inHand, "the answer")
	require.Equal(t, http.StatusCreated, a.status, "%s", a.raw)
	require.NoError(t, receive(t, ended, "the end of the process"))
}

// partsAfter reads a path, and reports whether the server ends the connection.
func (s *system) partsAfter(path string) bool {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.url+path, http.NoBody)
	require.NoError(s, err)
	s.present(r)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	resp.Body.Close()
	require.Equal(s, http.StatusOK, resp.StatusCode)
	return resp.Close
}

// startAPI starts `yeyak api` without an engine, which it needs for no probe.
func startAPI(t *testing.T, args ...string) (*system, *exec.Cmd) {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	port := freePort(t)
	env := append(os.Environ(), "DATABASE_URL=sqlite://"+filepath.Join(t.TempDir(), "all.db"), "YEYAK_PAYMENTS=sandbox", "TEMPORAL_ADDRESS=127.0.0.1:1", "YEYAK_LISTEN=127.0.0.1:"+port, trusting())
	migrate := limitedCommand(t, path, "migrate")
	migrate.Env = env
	out, err := migrate.CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := limitedCommand(t, path, append([]string{"api"}, args...)...)
	cmd.Env = env
	require.NoError(t, cmd.Start())
	s := &system{TB: t, url: "http://127.0.0.1:" + port}
	s.eventually(func() bool {
		a, err := s.send(http.MethodGet, "/readyz", nil)
		return err == nil && a.status == http.StatusOK
	})
	return s, cmd
}

// TestShutdown_ASecondSignalEndsAtOnce: a draining process is not ready and alive, and
// stops draining at a second signal.
func TestShutdown_ASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s, api := startAPI(t, "--drain-delay=10m")
	require.NoError(t, api.Process.Signal(syscall.SIGTERM))
	s.eventually(func() bool { return s.get("/readyz").status == http.StatusServiceUnavailable })
	s.get("/healthz").with(t, http.StatusOK)
	require.NoError(t, api.Process.Signal(syscall.SIGTERM))
	require.ErrorContains(t, ends(t, api), "exit status "+strconv.Itoa(128+int(syscall.SIGINT)))
}
