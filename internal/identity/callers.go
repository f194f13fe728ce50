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

// Options are the sources by which callers are identified. IssuerName and Now are optional.
type Options struct {
	Tokens *Verifier
	// IssuerName identifies the issuer in stored subjects, "" for its URL.
	IssuerName string

	People   People
	Keys     Keys
	Carriers []IDs
	Now      func() time.Time
}

// Callers identifies the callers of requests by their credentials.
type Callers struct {
	Options
	ids  *lru.Cache[Person, string]
	keys *lru.Cache[string, heldKey]
	// unknown holds ids of keys that do not exist, with the time of the look-up.
	unknown *lru.Cache[string, time.Time]
	// lookups limits the concurrent look-ups of unknown keys.
	lookups chan struct{}
}

// heldKey is a key and when it was read.
type heldKey struct {
	Key
	at time.Time
}

const (
	// remembered is how many persons and keys are kept in memory.
	remembered = 10_000
	// keyFor is how long a key that was read stays valid without being read again: a
	// revoked key is refused after that. An unknown key stays unknown as long.
	keyFor = 5 * time.Second
	// lookupsAtOnce is how many unknown keys are looked up at the same time. Any client
	// can send keys that do not exist, and all requests share a few connections.
	lookupsAtOnce = 2
)

// New makes Callers.
func New(o Options) *Callers {
	if o.Now == nil {
		o.Now = time.Now
	}
	ids, _ := lru.New[Person, string](remembered) // fails only for a size below 1
	keys, _ := lru.New[string, heldKey](remembered)
	unknown, _ := lru.New[string, time.Time](remembered)
	return &Callers{Options: o, ids: ids, keys: keys, unknown: unknown, lookups: make(chan struct{}, lookupsAtOnce)}
}

// Caller returns the caller of the access token or API key. It returns
// Unauthenticated if that is not valid, and Unavailable if that cannot be found out.
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

// person returns the caller of a token. A person without a role is a customer, since many issuers
// know no roles; a program is a service. Scopes count for operators and services only: many
// issuers grant a scope to any client that requests it, in the name of any person.
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

// ownIssuer is the issuer of API keys.
const ownIssuer = "yeyak:keys"

// program returns the caller of an API key.
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

// key reads the key with the id, unless it was read within keyFor.
func (c *Callers) key(ctx context.Context, id string) (Key, error) {
	now := c.Now()
	held, known := c.keys.Get(id)
	if known && now.Sub(held.at) < keyFor {
		return held.Key, nil
	}
	read, err := c.lookUp(ctx, id, known)
	switch {
	case err == nil:
		c.keys.Add(id, heldKey{read, now})
		return read, nil
	case errors.Is(err, &booking.Error{Code: booking.NotFound}):
		c.keys.Remove(id)
		c.unknown.Add(id, now)
		return Key{}, refuseKey()
	case known && now.Sub(held.at) < StaleFor && errors.Is(err, &booking.Error{Code: booking.Unavailable}):
		return held.Key, nil
	default:
		return Key{}, err
	}
}

// lookUp reads the key with the id. A key that is not in memory waits for one of the
// limited look-ups, unless it was not found a moment ago. A key in memory does not wait.
func (c *Callers) lookUp(ctx context.Context, id string, known bool) (Key, error) {
	if known {
		return c.Keys.Key(ctx, id)
	}
	if at, unknown := c.unknown.Get(id); unknown && c.Now().Sub(at) < keyFor {
		return Key{}, booking.Errorf(booking.NotFound, "there is no such key")
	}
	select {
	case c.lookups <- struct{}{}:
		defer func() { <-c.lookups }()
		return c.Keys.Key(ctx, id)
	case <-ctx.Done():
		return Key{}, booking.Errorf(booking.Unavailable, "too many API keys are looked up at the moment").WithCause(ctx.Err())
	}
}

// id is Yeyak's id of the person. A person without an id gets one. former is the name
// under which builds without callers may have stored the person.
func (c *Callers) id(ctx context.Context, p Person, former string) (string, error) {
	if id, known := c.ids.Get(p); known {
		return id, nil
	}
	id, err := c.People.Find(ctx, p)
	if err == nil && id == "" {
		id, err = c.addPerson(ctx, p, former)
	}
	if err != nil {
		return "", err
	}
	c.ids.Add(p, id)
	return id, nil
}
