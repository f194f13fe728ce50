package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

func newAnnouncer(t *testing.T, db *store.DB) *store.Announcer {
	t.Helper()
	a := store.NewAnnouncer(db)
	t.Cleanup(a.Close)
	return a
}

// listen returns what a receives until the test ends or the returned function is called,
// which waits for the listener's end.
func listen(t *testing.T, a *store.Announcer) (announced chan string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	announced, ended := make(chan string, 1000), make(chan error, 1)
	go func() { ended <- a.Listen(ctx, func(id string) { announced <- id }) }()
	return announced, func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			require.Fail(t, "Listen does not end")
		}
	}
}

// announceUntilReceived announces repeatedly, since nothing says when a listener has begun
// to listen.
func announceUntilReceived(t *testing.T, a *store.Announcer, announced <-chan string, id string) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(20 * time.Second)
	for {
		a.Announce(t.Context(), id)
		select {
		case got := <-announced:
			if got == id {
				return
			}
		case <-again.C:
		case <-timeout:
			require.Fail(t, "not received: "+id)
		}
	}
}

func testAnnouncer(t *testing.T, fresh newURL) {
	run(t, "StopsWithItsContext", func(t *testing.T) {
		a := newAnnouncer(t, open(t, fresh(t)))
		a.Announce(t.Context(), "o1")
		_, stop := listen(t, a)
		stop()
		a.Close()
		a.Close() // again: nothing
		a.Announce(t.Context(), "too late")
	})
}

func TestAnnouncer_ReachesOtherProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	here, there := newAnnouncer(t, open(t, url)), newAnnouncer(t, open(t, url))
	announced, stop := listen(t, there)
	defer stop()
	announceUntilReceived(t, here, announced, "hello")

	want := map[string]bool{}
	for i := range 200 {
		id := key("o'", i, `"\,{}`)
		want[id] = true
		here.Announce(t.Context(), id)
	}
	for len(want) > 0 {
		select {
		case id := <-announced:
			delete(want, id)
		case <-time.After(20 * time.Second):
			require.Empty(t, want)
		}
	}
}

func TestAnnouncer_CloseSendsWhatIsQueued(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	here, there := store.NewAnnouncer(open(t, url)), newAnnouncer(t, open(t, url))
	announced, stop := listen(t, there)
	defer stop()
	announceUntilReceived(t, there, announced, "hello")
	here.Announce(t.Context(), "last words")
	here.Close()
	for id := ""; id != "last words"; {
		select {
		case id = <-announced:
		case <-time.After(20 * time.Second):
			require.Fail(t, "not received")
		}
	}
}

func TestAnnouncer_OvercomesAnOutage(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	a := newAnnouncer(t, open(t, cluster.New(t)))
	announced, stop := listen(t, a)
	defer stop()
	announceUntilReceived(t, a, announced, "before")
	require.NoError(t, cluster.Stop())
	a.Announce(t.Context(), strings.Repeat("lost", 3))
	require.NoError(t, cluster.Start())
	announceUntilReceived(t, a, announced, "after")
}
