package identity_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/rig/issuer"
)

// memory is a database that can be down. carried are the names that records carry as
// ids.
type memory struct {
	mu      sync.Mutex
	away    bool
	ids     map[identity.Person]string
	last    int
	keys    map[string]identity.Key
	carried map[identity.Kind][]string
}

var errAway = booking.Errorf(booking.Unavailable, "a part that this needs is away").WithCause(errors.New("refused"))

func (m *memory) do(f func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errAway
	}
	f()
	return nil
}

func (m *memory) Find(_ context.Context, p identity.Person) (id string, err error) {
	err = m.do(func() { id = m.ids[p] })
	return id, err
}

func (m *memory) Add(_ context.Context, p identity.Person, id string) (is string, err error) {
	err = m.do(func() {
		for other, has := range m.ids {
			if other.Kind == p.Kind && has == id {
				return
			}
		}
		if m.ids[p] == "" {
			m.ids[p] = id
		}
		is = m.ids[p]
	})
	return is, err
}

func (m *memory) Next(context.Context) (id string, err error) {
	err = m.do(func() { m.last++; id = strconv.Itoa(m.last) })
	return id, err
}

func (m *memory) InUse(_ context.Context, kind identity.Kind, id string) (carried bool, err error) {
	err = m.do(func() { carried = slices.Contains(m.carried[kind], id) })
	return carried, err
}

func (m *memory) AddKey(_ context.Context, k identity.Key) error {
	return m.do(func() { m.keys[k.ID] = k })
}

func (m *memory) Key(_ context.Context, id string) (k identity.Key, err error) {
	found := false
	if err := m.do(func() { k, found = m.keys[id] }); err != nil {
		return k, err
	}
	if !found {
		return k, booking.Errorf(booking.NotFound, "there is none")
	}
	return k, nil
}

func (m *memory) AllKeys(context.Context) ([]identity.Key, error) { panic("not called") }

func (m *memory) RevokeKey(_ context.Context, id, by string, at time.Time) (identity.Key, error) {
	return identity.Key{}, m.do(func() {
		k := m.keys[id]
		k.RevokedAt, k.RevokedBy = at, by
		m.keys[id] = k
	})
}

func (m *memory) setAway(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

// door are the sources by which callers are identified.
type door struct {
	*bundle
	*identity.Callers
	memory *memory
}

func newDoor(t *testing.T, names ...identity.Claims) door {
	b := setup(t, names...)
	m := &memory{last: 1023, ids: map[identity.Person]string{}, keys: map[string]identity.Key{}, carried: map[identity.Kind][]string{}}
	return door{b, b.door(m), m}
}

// door is another process with the same database.
func (b *bundle) door(m *memory) *identity.Callers {
	return identity.New(identity.Options{Tokens: b.Verifier, People: m, Keys: m, Carriers: []identity.IDs{m}, Now: b.clock.now})
}

func (d door) caller(credential string) booking.Caller {
	d.Helper()
	c, err := d.Caller(d.Context(), credential)
	require.NoError(d, err)
	return c
}

// TestCaller_ASubjectBecomesANumber: an owner gets two, and another process finds the
// same ones.
func TestCaller_ASubjectBecomesANumber(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	alice := d.caller(d.Token(claims{"name": "Alice"}))
	require.Equal(t, booking.Caller{ID: "1024", Name: "Alice", Roles: []booking.Role{booking.CustomerRole}}, alice)
	bora := d.caller(d.Token(claims{"sub": "o'brien@example.com", "roles": []string{"owner"}}))
	require.Equal(t, booking.Caller{
		ID: "1025", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "1026", Level: booking.OwnerLevel, Founded: true}},
	}, bora)
	olga := d.caller(d.Token(claims{"sub": "olga", "roles": []string{"operator"}}))
	require.Equal(t, booking.Scopes(), olga.Scopes)
	require.Equal(t, "1024", d.caller(d.Token(nil)).ID)
	other := door{d.bundle, d.door(d.memory), d.memory}
	require.Equal(t, "1024", other.caller(d.Token(nil)).ID)
}

// bySub lists for each subject the records that carry its name.
var bySub = identity.Claims{Names: "sub"}

// TestCaller_OfTheTimeBefore: orders and places from before tokens stay with the person
// whose id they carry, and no other person gets that id.
func TestCaller_OfTheTimeBefore(t *testing.T) {
	t.Parallel()
	d := newDoor(t, bySub)
	d.memory.carried[identity.CustomerKind] = []string{"alice", "1024", "1026"}
	d.memory.carried[identity.OwnerKind] = []string{"bora", "alice"}
	require.Equal(t, "alice", d.caller(d.Token(nil)).ID)
	bora := d.caller(d.Token(claims{"sub": "bora", "roles": []string{"owner"}}))
	require.Equal(t, "1025", bora.ID, "as a customer bora is new, and the order of 1024 is another customer's")
	require.Equal(t, "bora", bora.Memberships[0].OwnerID)
	require.Equal(t, "1027", d.caller(d.Token(claims{"sub": "minho"})).ID)
	require.Equal(t, "1026", d.caller(d.Token(claims{"sub": "1026"})).ID, "a person keeps the id that they had before")
	require.Equal(t, "1028", d.caller(d.Token(claims{"sub": "1025"})).ID, "a number of ours is no other person's name")
	shop := d.caller(d.Token(claims{"roles": []string{"owner"}}))
	require.Equal(t, []string{"alice", "alice"}, []string{shop.ID, shop.Memberships[0].OwnerID}, "two of the same name, each with their own")
}

// TestCaller_NamesAreReserved: a subject gets old records of its name only if a
// claim is configured to hold these names, and no subject gets the system's.
func TestCaller_NamesAreReserved(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.memory.carried[identity.CustomerKind] = []string{"alice"}
	require.Equal(t, "1024", d.caller(d.Token(nil)).ID)

	d = newDoor(t, identity.Claims{Names: "nick"})
	d.memory.carried[identity.CustomerKind] = []string{"alice", booking.SystemID}
	d.memory.carried[identity.OwnerKind] = []string{booking.SystemID}
	require.Equal(t, "1024", d.caller(d.Token(nil)).ID, "the name is another claim's")
	require.Equal(t, "alice", d.caller(d.Token(claims{"sub": "5f7c8ec7", "nick": "alice"})).ID)
	system := d.caller(d.Token(claims{"sub": booking.SystemID, "nick": booking.SystemID, "roles": []string{"owner"}}))
	require.Equal(t, "1025", system.ID)
	require.Equal(t, "1026", system.Memberships[0].OwnerID)
}

// TestCaller_Scopes: a token's scopes count for programs, and operators have all scopes.
// An issuer may grant scopes to any client, in the name of any person.
func TestCaller_Scopes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, roles := range [][]string{nil, {"customer"}, {"owner"}, {"courier"}, {"cleaner"}} {
		require.Empty(t, d.caller(d.Token(claims{"roles": roles, "scope": "orders:any events:read catalogue:write orders:resolve orders:refund"})).Scopes, roles)
	}
	require.Empty(t, d.caller(d.Token(claims{"client_id": "shop", "scope": "orders:any"})).Scopes, "a person, at a client")
	require.Equal(t, booking.Scopes(), d.caller(d.Token(claims{"roles": []string{"operator"}})).Scopes)
	program := d.caller(d.Token(claims{"sub": "reports", "client_id": "reports", "scope": "events:read"}))
	require.Equal(t, []booking.Role{booking.ServiceRole}, program.Roles)
	require.Equal(t, []booking.Scope{booking.AllEvents}, program.Scopes)
	require.Empty(t, d.caller(d.Token(claims{"sub": "reports", "client_id": "reports", "scope": "events:read", "roles": []string{"courier"}})).Scopes)
}

// TestCaller_OtherIssuersSubjectIsAnother: a name belongs to one subject only.
func TestCaller_OtherIssuersSubjectIsAnother(t *testing.T) {
	t.Parallel()
	d := newDoor(t, bySub)
	d.memory.carried[identity.CustomerKind] = []string{"alice"}
	require.Equal(t, "alice", d.caller(d.Token(nil)).ID)
	other := issuer.Start(t)
	otherIssuer := identity.New(identity.Options{
		Tokens: identity.NewVerifier(identity.VerifierOptions{Issuer: other.URL(), Audience: issuer.Audience, Claims: bySub}),
		People: d.memory, Keys: d.memory, Carriers: []identity.IDs{d.memory},
	})
	c, err := otherIssuer.Caller(t.Context(), other.Token(nil))
	require.NoError(t, err)
	require.Equal(t, "1024", c.ID)
}

// TestCaller_DatabaseAway: known callers are served; for others the answer is Unavailable.
func TestCaller_DatabaseAway(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	known := d.Token(nil)
	key, text := identity.NewKey("till", nil, "", d.clock.now(), time.Hour)
	require.NoError(t, d.memory.AddKey(t.Context(), key))
	d.caller(known)
	d.caller(text)
	d.memory.setAway(true)
	require.Equal(t, "1024", d.caller(known).ID)
	d.clock.forward(time.Minute)
	require.Equal(t, "till", d.caller(text).Name)
	_, err := d.Caller(t.Context(), d.Token(claims{"sub": "minho"}))
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	d.clock.forward(20 * time.Minute)
	_, err = d.Caller(t.Context(), text)
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable}, "it may have been revoked")
}

// TestRefusalOf: each reason is found in the error that really occurs.
func TestRefusalOf(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	refused := func(want identity.Refusal, credential string) {
		t.Helper()
		_, err := d.Caller(t.Context(), credential)
		require.Error(t, err)
		require.Equal(t, want, identity.RefusalOf(credential, err))
		require.Contains(t, identity.Refusals(), want)
	}
	key, text := identity.NewKey("till", nil, "", d.clock.now(), time.Hour)
	_, stranger := identity.NewKey("till", nil, "", d.clock.now(), time.Hour)
	require.NoError(t, d.memory.AddKey(t.Context(), key))
	known := d.Token(nil)
	d.caller(known)
	refused(identity.InvalidToken, changed(known))
	refused(identity.InvalidToken, "z")
	refused(identity.InvalidToken, d.Token(claims{"aud": "another"}))
	refused(identity.InvalidKey, stranger)
	refused(identity.InvalidKey, "yeyak_")
	d.memory.setAway(true)
	refused(identity.DatabaseAway, text)
	refused(identity.DatabaseAway, d.Token(claims{"sub": "minho"}))
	d.Rotate()
	d.Stop()
	d.clock.forward(time.Minute)
	refused(identity.IssuerAway, d.Token(nil))
}

func TestCaller_Keys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	refused := func(text string) {
		t.Helper()
		_, err := d.Caller(t.Context(), text)
		require.ErrorIs(t, err, &booking.Error{Code: booking.Unauthenticated})
	}
	key, text := identity.NewKey("till", []booking.Scope{booking.AllEvents}, "1025", d.clock.now(), time.Hour)
	require.NotContains(t, key.Hash, strings.Split(text, "_")[2], "the secret is not kept")
	require.NoError(t, d.memory.AddKey(t.Context(), key))
	till := d.caller(text)
	require.Equal(t, booking.Caller{
		ID: "1024", Name: "till", Roles: []booking.Role{booking.ServiceRole}, Scopes: []booking.Scope{booking.AllEvents},
		Memberships: []booking.Membership{{OwnerID: "1025", Level: booking.OwnerLevel, Founded: true}},
	}, till)
	next, nextText := identity.NewKey("till", nil, "", d.clock.now(), 3*time.Hour)
	require.NoError(t, d.memory.AddKey(t.Context(), next))
	require.Equal(t, till.ID, d.caller(nextText).ID, "the same caller")

	_, stranger := identity.NewKey("till", nil, "", d.clock.now(), time.Hour)
	for _, wrong := range []string{
		"yeyak_", "yeyak_x", stranger, text[:len(text)-1], text + "0", strings.ToUpper(text),
		strings.Join([]string{"yeyak", key.ID, strings.Split(stranger, "_")[2]}, "_"), // the secret of another key
	} {
		refused(wrong)
	}
	_, err := d.memory.RevokeKey(t.Context(), next.ID, booking.SystemID, d.clock.now())
	require.NoError(t, err)
	d.clock.forward(10 * time.Second)
	refused(nextText)
	d.clock.forward(time.Hour)
	refused(text)
}
