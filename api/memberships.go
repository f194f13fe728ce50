package api

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// membershipsFor is how long a membership counts that another process has ended.
	membershipsFor = 5 * time.Second
	// mostMemberships is of how many callers memberships are remembered.
	mostMemberships = 10_000
)

// memberships remembers for a moment of which organisations callers are members, so
// that not every request looks for that.
type memberships struct {
	members Members
	now     func() time.Time
	log     *zap.Logger

	mu     sync.Mutex
	latest map[string]seenMemberships
	// changes counts what was forgotten: what was read before a change is not kept.
	changes int
}

type seenMemberships struct {
	all []booking.Membership
	at  time.Time
}

// of lists the organisations of the person. While they cannot be read it lists what
// was read last, if that was not too long ago.
func (m *memberships) of(ctx context.Context, personID string) ([]booking.Membership, error) {
	m.mu.Lock()
	last, seen := m.latest[personID]
	changes := m.changes
	m.mu.Unlock()
	begun := m.now()
	if seen && begun.Sub(last.at) < membershipsFor {
		return last.all, nil
	}
	all, err := m.members.Memberships(ctx, personID)
	if err != nil && seen && begun.Sub(last.at) < unsureFor {
		m.log.Warn("members cannot be read; they count as they were", zap.Error(err))
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

// forget lets the person's memberships be read again.
func (m *memberships) forget(personID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	delete(m.latest, personID)
}
