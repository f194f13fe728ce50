package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// organisations are the memberships of all persons. A test can run a function while
// they are read.
type organisations struct {
	all       []booking.Membership
	fails     error
	reads     int
	meanwhile func()
}

func (o *organisations) Memberships(context.Context, string) ([]booking.Membership, error) {
	o.reads++
	all := o.all
	if o.meanwhile != nil {
		o.meanwhile()
	}
	return all, o.fails
}

var ofOlivia = []booking.Membership{{OwnerID: "olivia", Level: booking.StaffLevel}}

// TestMemberships: memberships are read once in a while. While they cannot be read the
// last ones count, for a limited time.
func TestMemberships(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	read := &organisations{all: ofOlivia}
	m := &identity.Memberships{Members: read, Now: func() time.Time { return at }, Log: zap.NewNop()}
	of := func() []booking.Membership {
		all, err := m.Memberships(t.Context(), "1026")
		require.NoError(t, err)
		return all
	}
	require.Equal(t, ofOlivia, of())
	read.all = nil
	at = at.Add(identity.MembershipsFor - time.Nanosecond)
	require.Equal(t, ofOlivia, of())
	require.Equal(t, 1, read.reads)
	at = at.Add(time.Nanosecond)
	require.Empty(t, of())

	read.all = ofOlivia
	m.Forget("1026")
	require.Equal(t, ofOlivia, of())
	read.fails = errors.New("away")
	at = at.Add(identity.StaleFor - time.Nanosecond)
	require.Equal(t, ofOlivia, of())
	at = at.Add(time.Nanosecond)
	_, err := m.Memberships(t.Context(), "1026")
	require.ErrorIs(t, err, read.fails)
}

// TestMemberships_RemovedMeanwhile: memberships that were read before a member was
// removed are not used for a later request.
func TestMemberships_RemovedMeanwhile(t *testing.T) {
	t.Parallel()
	read := &organisations{all: ofOlivia}
	m := &identity.Memberships{Members: read, Now: time.Now, Log: zap.NewNop()}
	read.meanwhile = func() {
		read.all = nil
		m.Forget("1026")
	}
	_, err := m.Memberships(t.Context(), "1026")
	require.NoError(t, err)
	has, err := m.Memberships(t.Context(), "1026")
	require.NoError(t, err)
	require.Empty(t, has)
}
