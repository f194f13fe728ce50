package identity

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// MembershipsFor is how long a membership counts that another process has ended.
	MembershipsFor = 5 * time.Second
	// UnsureFor is for how long what is known of a caller counts while it cannot be found
	// out anew: of streams whether they may go on, of members what they are, of API keys
	// what they allow.
	UnsureFor = 10 * time.Minute
	// mostMemberships is of how many callers memberships are remembered.
	mostMemberships = 10_000
)

// Members are the members of owners' organisations.
type Members interface {
	// Memberships lists the organisations that a person is a member of.
	Memberships(ctx context.Context, personID string) ([]booking.Membership, error)
}

// Memberships remembers for a moment of which organisations callers are members, so
// that not every request looks for that. Its fields are not changed once it is used.
type Memberships struct {
	Members Members
	Now     func() time.Time
	Log     *zap.Logger

	mu     sync.Mutex
	latest map[string]seenMemberships
	// changes counts what was forgotten: what was read before a change is not kept.
	changes int
}

type seenMemberships struct {
	all []booking.Membership
	at  time.Time
}

// Memberships lists the organisations of the person. While they cannot be read it lists
// what was read last, if that was not too long ago.
func (m *Memberships) Memberships(ctx context.Context, personID string) ([]booking.Membership, error) {
	m.mu.Lock()
	last, seen := m.latest[personID]
	changes := m.changes
	m.mu.Unlock()
	begun := m.Now()
	if seen && begun.Sub(last.at) < MembershipsFor {
		return last.all, nil
	}
	all, err := m.Members.Memberships(ctx, personID)
	if err != nil && seen && begun.Sub(last.at) < UnsureFor {
		m.Log.Warn("members cannot be read; they count as they were", zap.Error(err))
		return last.all, nil
	}
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changes != changes {
		return all, nil
	}
	if m.latest == nil || len(m.latest) >= mostMemberships {
		m.latest = map[string]seenMemberships{}
	}
	m.latest[personID] = seenMemberships{all, begun}
	return all, nil
}

// Forget lets the person's memberships be read again.
func (m *Memberships) Forget(personID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	delete(m.latest, personID)
}
