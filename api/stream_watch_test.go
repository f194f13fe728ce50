package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// revocable are callers whose credentials can be revoked. checks counts the checks.
type revocable struct {
	mu      sync.Mutex
	callers credentials
	fails   error
	checks  int
}

func (r *revocable) Caller(ctx context.Context, credential string) (booking.Caller, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks++
	if r.fails != nil {
		return booking.Caller{}, r.fails
	}
	return r.callers.Caller(ctx, credential)
}

func (r *revocable) change(change func(*revocable)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// times is the number of checks.
func (r *revocable) times() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checks
}

// ends requires that the stream ends completely.
func (c *connection) ends() {
	c.t.Helper()
	_, err := io.ReadAll(c.lines)
	require.NoError(c.t, err)
}

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) forward(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// watched is an API whose streams check their callers all the time.
func watched(t *testing.T) (*bundle, *revocable, *clock) {
	t.Helper()
	feed := booking.Caller{ID: "1040", Roles: []booking.Role{booking.ServiceRole}, Scopes: []booking.Scope{booking.AllEvents}}
	known, now := &revocable{callers: credentials{"feed": feed, "cora": cora, "bora": bora, "alice": alice}}, &clock{now: today}
	b := setup(t, often, func(d *testDeps) { d.Callers, d.Now = known, now.read })
	return b, known, now
}

// TestStream_EndsWithItsCredential: a stream ends when its token has expired or its key
// was revoked, and the next request is refused. Other callers' streams continue.
func TestStream_EndsWithItsCredential(t *testing.T) {
	t.Parallel()
	b, known, _ := watched(t)
	server := b.serve()
	whole := b.follow(server, "", "Authorization", "Bearer feed")
	own := b.follow(server, "?customerId=1024", "Authorization", "Bearer alice")
	b.store.happen(of("lodging-1", "1024", "olivia"))
	require.Equal(t, "1", whole.happened())
	require.Equal(t, "1", own.happened())
	known.change(func(r *revocable) { delete(r.callers, "feed") })
	whole.ends()
	b.open(server, "", "Authorization", "Bearer feed").problem(b, http.StatusUnauthorized, booking.Unauthenticated)

	b.store.happen(of("lodging-2", "1024", "olivia"))
	require.Equal(t, "2", own.happened())
	known.change(func(r *revocable) { delete(r.callers, "alice") })
	own.ends()
}

// TestStream_EndsWithItsScope: a stream ends when its caller has lost the scope to
// follow all orders.
func TestStream_EndsWithItsScope(t *testing.T) {
	t.Parallel()
	b, known, _ := watched(t)
	server := b.serve()
	whole := b.follow(server, "", "Authorization", "Bearer feed")
	known.change(func(r *revocable) {
		r.callers["feed"] = booking.Caller{ID: "1040", Roles: []booking.Role{booking.ServiceRole}}
	})
	whole.ends()
	b.open(server, "", "Authorization", "Bearer feed").problem(b, http.StatusForbidden, booking.NotAllowed)
}

// TestStream_EndsWithItsMembership: a stream ends when its caller was removed from the
// organisation.
func TestStream_EndsWithItsMembership(t *testing.T) {
	t.Parallel()
	b, _, now := watched(t)
	server := b.serve()
	require.Equal(t, http.StatusOK, b.as("bora", "PUT", oliviasMembers+"/1026", `{"parts":[{"level":"staff"}]}`).StatusCode)
	const ofOlivia = "?ownerId=olivia"
	member, owner := b.follow(server, ofOlivia, "Authorization", "Bearer cora"), b.follow(server, ofOlivia, "Authorization", "Bearer bora")
	require.Equal(t, ": alive\n", member.message())
	require.Equal(t, http.StatusNoContent, b.as("bora", "DELETE", oliviasMembers+"/1026", "").StatusCode)
	now.forward(identity.MembershipsFor)
	member.ends()
	b.open(server, ofOlivia, "Authorization", "Bearer cora").problem(b, http.StatusForbidden, booking.NotAllowed)
	require.Equal(t, ": alive\n", owner.message())
}

// TestStream_StaysWhileItsCallerIsUnsure: while the caller cannot be checked, the
// stream continues, for a limited time.
func TestStream_StaysWhileItsCallerIsUnsure(t *testing.T) {
	t.Parallel()
	b, known, now := watched(t)
	c := b.follow(b.serve(), "", "Authorization", "Bearer feed")
	checks := func() {
		for before := known.times(); known.times() < before+2; { // one may have begun before
			require.Equal(t, ": alive\n", c.message())
		}
	}
	known.change(func(r *revocable) { r.fails = errAway })
	now.forward(identity.StaleFor - time.Minute)
	checks()
	known.change(func(r *revocable) { r.fails = nil })
	checks()
	known.change(func(r *revocable) { r.fails = errors.New("of which nothing is known") })
	now.forward(identity.StaleFor - time.Minute)
	checks()
	b.store.happen(of("lodging-1", "1024", "olivia"))
	require.Equal(t, "1", c.happened())
	now.forward(time.Minute)
	c.ends()
}
