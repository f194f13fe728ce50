package identity

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// MembershipsFor is how long a membership still counts after another process ended it.
	MembershipsFor = 5 * time.Second
	// StaleFor is how long the last known rights of a caller count while they cannot be
	// read again: the streams they may follow, the memberships of a person, the scopes of
	// an API key.
	StaleFor = 10 * time.Minute
	// mostMemberships is for how many callers memberships are kept in memory.
	mostMemberships = 10_000
)

// Members reads the members of owners' organisations.
type Members interface {
	// Memberships lists the organisations that a person is a member of.
	Memberships(ctx context.Context, personID string) ([]booking.Membership, error)
}

// Memberships caches the memberships of callers for MembershipsFor, so that not every
// request reads them. Its fields must not change once it is used.
type Memberships struct {
	Members Members
	Now     func() time.Time
	Log     *zap.Logger

	mu     sync.Mutex
	latest map[string]seenMemberships
	// changes counts calls of Forget: a result that was read before one is not kept.
	changes int
}

type seenMemberships struct {
	all []booking.Membership
	at  time.Time
}

// Memberships lists the organisations of the person. While they cannot be read it
// returns what was last read, for up to StaleFor.
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
	if err != nil && seen && begun.Sub(last.at) < StaleFor {
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

// Forget drops the person's memberships, which are then read again.
func (m *Memberships) Forget(personID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	delete(m.latest, personID)
}
