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
	// refused after that.
	keyFor = 5 * time.Second
	// keyAway is for how long it does while the database is away.
	keyAway = 10 * time.Minute
)

// New makes the Callers.
func New(o Options) *Callers {
	if o.Now == nil {
		o.Now = time.Now
	}
	ids, _ := lru.New[Person, string](remembered) // fails only for sizes that are none
	keys, _ := lru.New[string, heldKey](remembered)
	return &Callers{Options: o, ids: ids, keys: keys}
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
// everybody is for an issuer that knows no roles.
func (c *Callers) person(ctx context.Context, s Subject) (caller booking.Caller, err error) {
	caller = booking.Caller{Name: s.Name, Roles: s.Roles, Scopes: s.Scopes}
	issuer := cmp.Or(c.IssuerName, s.Issuer)
	if len(caller.Roles) == 0 {
		caller.Roles = []booking.Role{booking.CustomerRole}
	}
	if caller.Is(booking.OperatorRole) {
		caller.Scopes = booking.Scopes()
	}
	if caller.ID, err = c.id(ctx, Person{issuer, s.ID, CustomerKind}); err != nil {
		return booking.Caller{}, err
	}
	if !caller.Is(booking.OwnerRole) {
		return caller, nil
	}
	owner, err := c.id(ctx, Person{issuer, s.ID, OwnerKind})
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
	if caller.ID, err = c.id(ctx, Person{ownIssuer, k.Name, ServiceKind}); err != nil {
		return booking.Caller{}, err
	}
	if k.OwnerID != "" {
		caller.Memberships = []booking.Membership{{OwnerID: k.OwnerID, Level: booking.OwnerLevel}}
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
	read, err := c.Keys.Key(ctx, id)
	switch {
	case err == nil:
		c.keys.Add(id, heldKey{read, now})
		return read, nil
	case errors.Is(err, &booking.Error{Code: booking.NotFound}):
		return Key{}, refuseKey()
	case known && now.Sub(held.at) < keyAway && errors.Is(err, &booking.Error{Code: booking.Unavailable}):
		return held.Key, nil
	default:
		return Key{}, err
	}
}

// id is the one by which Yeyak knows the person, from now on if it did not yet.
func (c *Callers) id(ctx context.Context, p Person) (string, error) {
	if id, known := c.ids.Get(p); known {
		return id, nil
	}
	id, err := c.People.Find(ctx, p)
	if err == nil && id == "" {
		id, err = c.meet(ctx, p)
	}
	if err != nil {
		return "", err
	}
	c.ids.Add(p, id)
	return id, nil
}
