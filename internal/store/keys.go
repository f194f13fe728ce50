package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// Keys stores the API keys of programs, in the read model's database. It implements
// identity.Keys.
type Keys struct{ db *DB }

// NewKeys stores keys in db, the read model's database.
func NewKeys(db *DB) *Keys { return &Keys{db} }

type keyRow struct {
	bun.BaseModel `bun:"table:api_keys"`

	ID        string `bun:",pk"`
	Name      string
	Hash      string
	Scopes    string
	OwnerID   string
	CreatedAt time.Time
	EndsAt    time.Time
	RevokedAt *time.Time
	CreatedBy string
	RevokedBy string
}

func (r keyRow) key() identity.Key {
	k := identity.Key{
		ID: r.ID, Name: r.Name, Hash: r.Hash, OwnerID: r.OwnerID,
		CreatedAt: r.CreatedAt.UTC(), EndsAt: r.EndsAt.UTC(), CreatedBy: r.CreatedBy, RevokedBy: r.RevokedBy,
	}
	for _, scope := range strings.Fields(r.Scopes) {
		k.Scopes = append(k.Scopes, booking.Scope(scope))
	}
	if r.RevokedAt != nil {
		k.RevokedAt = r.RevokedAt.UTC()
	}
	return k
}

// AddKey implements identity.Keys. Keys of one name are added one after the other. It also
// returns Invalid for an unknown organisation. The number of a failed key may be used for another
// one.
func (k *Keys) AddKey(ctx context.Context, key identity.Key) error {
	scopes := make([]string, len(key.Scopes))
	for i, scope := range key.Scopes {
		scopes[i] = string(scope)
	}
	row := &keyRow{
		ID: key.ID, Name: key.Name, Hash: key.Hash, Scopes: strings.Join(scopes, " "), OwnerID: key.OwnerID,
		CreatedAt: micros(key.CreatedAt), EndsAt: micros(key.EndsAt), CreatedBy: key.CreatedBy,
	}
	return k.db.inTx(ctx, "add API key", func(ctx context.Context, q bun.IDB) error {
		if err := k.db.serialize(ctx, q, "API keys of "+key.Name); err != nil {
			return err
		}
		var live int
		err := q.NewRaw("SELECT count(*) FROM api_keys WHERE name = ? AND revoked_at IS NULL AND ends_at > ?", key.Name, row.CreatedAt).Scan(ctx, &live)
		switch {
		case err != nil:
			return err
		case live >= identity.MaxLive:
			return booking.Errorf(booking.Invalid, "%d keys named %q are live: revoke one of them first", live, key.Name)
		}
		if err = mustBeItsKey(ctx, q, key); err != nil {
			return err
		}
		if err = mustBeOrganisation(ctx, q, key.OwnerID); err != nil {
			return err
		}
		_, err = q.NewInsert().Model(row).Exec(ctx)
		return err
	})
}

// mustBeItsKey refuses a key if its name has, or had, a key of another organisation:
// keys of one name are one caller, with its memberships.
func mustBeItsKey(ctx context.Context, q bun.IDB, key identity.Key) error {
	var others bool
	err := q.NewRaw("SELECT EXISTS (SELECT 1 FROM api_keys WHERE name = ? AND owner_id <> ?)", key.Name, key.OwnerID).Scan(ctx, &others)
	if err == nil && others {
		err = booking.Errorf(booking.Invalid, "keys named %q are, or were, of another organisation: choose another name", key.Name)
	}
	return err
}

// mustBeOrganisation refuses the id of an owner that has neither called nor had an
// order; "" is none.
func mustBeOrganisation(ctx context.Context, q bun.IDB, ownerID string) error {
	if ownerID == "" {
		return nil
	}
	var known bool
	err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM people WHERE kind = ?0 AND id = ?1) OR EXISTS (SELECT 1 FROM orders WHERE owner_id = ?1 AND paid)`,
		identity.OwnerKind, ownerID).Scan(ctx, &known)
	if err == nil && !known {
		err = booking.Errorf(booking.Invalid, "%q is no organisation: its owner has to call once before (GET /v1/self has its number)", ownerID)
	}
	return err
}

// Key implements identity.Keys.
func (k *Keys) Key(ctx context.Context, id string) (identity.Key, error) {
	var row keyRow
	err := k.db.run(ctx, "read API key", func(ctx context.Context, q bun.IDB) error {
		row = keyRow{}
		return orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "API key", id)
	})
	if err != nil {
		return identity.Key{}, err
	}
	return row.key(), nil
}

// AllKeys implements identity.Keys.
func (k *Keys) AllKeys(ctx context.Context) (keys []identity.Key, err error) {
	var rows []keyRow
	err = k.db.run(ctx, "list API keys", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Order("name", "created_at", "id").Scan(ctx)
	})
	for _, row := range rows {
		keys = append(keys, row.key())
	}
	return keys, err
}

// RevokeKey implements identity.Keys.
func (k *Keys) RevokeKey(ctx context.Context, id, by string, at time.Time) (earlier identity.Key, err error) {
	var row keyRow
	err = k.db.inTx(ctx, "revoke API key", func(ctx context.Context, q bun.IDB) error {
		row = keyRow{}
		n, err := affected(q.NewRaw("UPDATE api_keys SET revoked_by = ?, revoked_at = ? WHERE id = ? AND revoked_at IS NULL", by, micros(at), id).Exec(ctx))
		if err != nil || n == 1 {
			return err
		}
		return orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "API key", id)
	})
	if err != nil || row.ID == "" {
		return identity.Key{}, err
	}
	return row.key(), nil
}
