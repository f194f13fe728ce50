package identity

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/yeyak/yeyak/booking"
)

// Options are what callers are known by. IssuerName and Now may be left out.
type Options struct {
	Tokens *Verifier
	// IssuerName stands for the issuer in what is kept of its subjects, "" for its URL.
	IssuerName string

	People   People
	Keys     Keys
	Carriers []Carrier
	Now      func() time.Time
}

// Callers knows the callers of requests by what these present.
type Callers struct {
	Options
	ids  *lru.Cache[Person, string]
	keys *lru.Cache[string, heldKey]
	// unknown are ids of keys that there were not, with the time of the look.
	unknown *lru.Cache[string, time.Time]
	// looks has room for the looks for keys that are not known.
	looks chan struct{}
}

// heldKey is a key as it was read at a time.
type heldKey struct {
	Key
	at time.Time
}

const (
	// remembered is how many persons and keys are known without the database.
	remembered = 10_000
	// keyFor is how long a key counts as it was read: one that was revoked is
	// refused after that. It is how long a key counts as unknown, too.
	keyFor = 5 * time.Second
	// looksAtOnce is how many look-ups of unknown keys are under way at the same time.
	// Anybody can send keys that do not exist, and all requests share a few connections.
	looksAtOnce = 2
)

// New makes the Callers.
func New(o Options) *Callers {
	if o.Now == nil {
		o.Now = time.Now
	}
	ids, _ := lru.New[Person, string](remembered) // fails only for sizes that are none
	keys, _ := lru.New[string, heldKey](remembered)
	unknown, _ := lru.New[string, time.Time](remembered)
	return &Callers{Options: o, ids: ids, keys: keys, unknown: unknown, looks: make(chan struct{}, looksAtOnce)}
}

// Caller is the caller who presents the access token or API key. Unauthenticated:
// it is not valid. Unavailable: it is not known whether it is.
func (c *Callers) Caller(ctx context.Context, credential string) (booking.Caller, error) {
	if strings.HasPrefix(credential, keyPrefix) {
		return c.program(ctx, credential)
	}
	s, err := c.Tokens.Verify(ctx, credential)
	if err != nil {
		return booking.Caller{}, err
	}
	return c.person(ctx, s)
}

// person is the caller that a token names. One without a role is a customer, as
// everybody is for an issuer that knows no roles, or a service if the token is a
// program's. Scopes count for operators and services only: many issuers grant a scope
// to any client that asks for it, in the name of any person.
func (c *Callers) person(ctx context.Context, s Subject) (caller booking.Caller, err error) {
	caller = booking.Caller{Name: s.Name, Roles: s.Roles, Scopes: s.Scopes}
	issuer := cmp.Or(c.IssuerName, s.Issuer)
	switch {
	case len(caller.Roles) > 0:
	case s.Program:
		caller.Roles = []booking.Role{booking.ServiceRole}
	default:
		caller.Roles = []booking.Role{booking.CustomerRole}
	}
	switch {
	case caller.Is(booking.OperatorRole):
		caller.Scopes = booking.Scopes()
	case !caller.Is(booking.ServiceRole):
		caller.Scopes = nil
	}
	if caller.ID, err = c.id(ctx, Person{issuer, s.ID, CustomerKind}, s.Former); err != nil {
		return booking.Caller{}, err
	}
	if !caller.Is(booking.OwnerRole) {
		return caller, nil
	}
	owner, err := c.id(ctx, Person{issuer, s.ID, OwnerKind}, s.Former)
	if err != nil {
		return booking.Caller{}, err
	}
	caller.Memberships = []booking.Membership{{OwnerID: owner, Level: booking.OwnerLevel, Founded: true}}
	return caller, nil
}

// ownIssuer stands for the issuer of API keys.
const ownIssuer = "yeyak:keys"

// program is the caller that an API key names.
func (c *Callers) program(ctx context.Context, text string) (caller booking.Caller, err error) {
	parts := keyText.FindStringSubmatch(text)
	if parts == nil {
		return booking.Caller{}, refuseKey()
	}
	k, err := c.key(ctx, parts[1])
	if err != nil {
		return booking.Caller{}, err
	}
	if !k.is(parts[2]) || !k.Live(c.Now()) {
		return booking.Caller{}, refuseKey()
	}
	caller = booking.Caller{Name: k.Name, Roles: []booking.Role{booking.ServiceRole}, Scopes: k.Scopes}
	if caller.ID, err = c.id(ctx, Person{ownIssuer, k.Name, ServiceKind}, ""); err != nil {
		return booking.Caller{}, err
	}
	if k.OwnerID != "" {
		caller.Memberships = []booking.Membership{{OwnerID: k.OwnerID, Level: booking.OwnerLevel, Founded: true}}
	}
	return caller, nil
}

func refuseKey() error { return booking.Errorf(booking.Unauthenticated, "the API key is not valid") }

// key reads the key with the id, unless it has just done so.
func (c *Callers) key(ctx context.Context, id string) (Key, error) {
	now := c.Now()
	held, known := c.keys.Get(id)
	if known && now.Sub(held.at) < keyFor {
		return held.Key, nil
	}
	read, err := c.look(ctx, id, known)
	switch {
	case err == nil:
		c.keys.Add(id, heldKey{read, now})
		return read, nil
	case errors.Is(err, &booking.Error{Code: booking.NotFound}):
		c.keys.Remove(id)
		c.unknown.Add(id, now)
		return Key{}, refuseKey()
	case known && now.Sub(held.at) < UnsureFor && errors.Is(err, &booking.Error{Code: booking.Unavailable}):
		return held.Key, nil
	default:
		return Key{}, err
	}
}

// look reads the key with the id. One that is not known was not there a moment ago, or
// waits until fewer such keys are looked up. One that is known waits for no other.
func (c *Callers) look(ctx context.Context, id string, known bool) (Key, error) {
	if known {
		return c.Keys.Key(ctx, id)
	}
	if at, unknown := c.unknown.Get(id); unknown && c.Now().Sub(at) < keyFor {
		return Key{}, booking.Errorf(booking.NotFound, "there is no such key")
	}
	select {
	case c.looks <- struct{}{}:
		defer func() { <-c.looks }()
		return c.Keys.Key(ctx, id)
	case <-ctx.Done():
		return Key{}, booking.Errorf(booking.Unavailable, "too many API keys are looked up at the moment").Because(ctx.Err())
	}
}

// id is the one by which Yeyak knows the person, from now on if it did not yet. Builds
// that knew no callers may have known them by the name former.
func (c *Callers) id(ctx context.Context, p Person, former string) (string, error) {
	if id, known := c.ids.Get(p); known {
		return id, nil
	}
	id, err := c.People.Find(ctx, p)
	if err == nil && id == "" {
		id, err = c.meet(ctx, p, former)
	}
	if err != nil {
		return "", err
	}
	c.ids.Add(p, id)
	return id, nil
}
