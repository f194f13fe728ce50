package store

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/internal/identity"
)

// People are the subjects of tokens and their ids in Yeyak, in the read model's
// database. It implements identity.People.
type People struct{ db *DB }

// NewPeople stores people in db, the read model's database.
func NewPeople(db *DB) *People { return &People{db} }

// Find implements identity.People.
func (p *People) Find(ctx context.Context, who identity.Person) (id string, err error) {
	err = p.db.run(ctx, "find person", func(ctx context.Context, q bun.IDB) error {
		id, err = findPerson(ctx, q, who)
		return err
	})
	return id, err
}

func findPerson(ctx context.Context, q bun.IDB, who identity.Person) (string, error) {
	var ids []string
	err := q.NewRaw("SELECT id FROM people WHERE issuer = ? AND subject = ? AND kind = ?", who.Issuer, who.Subject, who.Kind).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// Add implements identity.People. Of two processes that add the same person
// concurrently, both return the id that was written first.
func (p *People) Add(ctx context.Context, who identity.Person, id string) (is string, err error) {
	err = p.db.run(ctx, "add person", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO people (issuer, subject, kind, id, seen_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			who.Issuer, who.Subject, who.Kind, id, now()).Exec(ctx)
		if err != nil {
			return err
		}
		is, err = findPerson(ctx, q, who)
		return err
	})
	return is, err
}

// Next implements identity.People.
func (p *People) Next(ctx context.Context) (id string, err error) {
	err = p.db.run(ctx, "take number of person", func(ctx context.Context, q bun.IDB) error {
		var n int64
		err := q.NewRaw("UPDATE people_numbers SET last = last + 1 RETURNING last").Scan(ctx, &n)
		id = strconv.FormatInt(n, 10)
		return err
	})
	return id, err
}

// Known reports whether a person or program with the id has called before.
func (p *People) Known(ctx context.Context, id string) (known bool, err error) {
	err = p.db.run(ctx, "find caller", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT EXISTS (SELECT 1 FROM people WHERE kind IN (?, ?) AND id = ?)",
			identity.CustomerKind, identity.ServiceKind, id).Scan(ctx, &known)
	})
	return known, err
}

// InUse reports whether orders have the id as their customer's or their owner's. It
// implements identity.IDs.
func (m *Mypage) InUse(ctx context.Context, kind identity.Kind, id string) (carried bool, err error) {
	statement := map[identity.Kind]string{ // to use the indexes of their lists
		identity.CustomerKind: `SELECT EXISTS (SELECT 1 FROM orders WHERE customer_id = ?0 AND listed)
			OR EXISTS (SELECT 1 FROM orders WHERE customer_id = ?0 AND NOT listed)`,
		identity.OwnerKind: "SELECT EXISTS (SELECT 1 FROM orders WHERE owner_id = ? AND paid)",
	}[kind]
	if statement == "" {
		return false, nil
	}
	err = m.db.run(ctx, "find orders of person", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(statement, id).Scan(ctx, &carried)
	})
	return carried, err
}

// InUse reports whether the owner with the id has places, menus or drinks. It
// implements identity.IDs.
func (c *Catalogue) InUse(ctx context.Context, kind identity.Kind, id string) (carried bool, err error) {
	if kind != identity.OwnerKind {
		return false, nil
	}
	err = c.db.run(ctx, "find offers of owner", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT EXISTS (SELECT 1 FROM places WHERE owner_id = ?0) OR EXISTS (SELECT 1 FROM menus WHERE owner_id = ?0)
			OR EXISTS (SELECT 1 FROM drinks WHERE owner_id = ?0 AND NOT deleted)`, id).Scan(ctx, &carried)
	})
	return carried, err
}

// InUse reports whether a cleaner is the person with the id. It implements
// identity.IDs.
func (c *Crew) InUse(ctx context.Context, kind identity.Kind, id string) (carried bool, err error) {
	if kind != identity.CustomerKind {
		return false, nil
	}
	err = c.db.run(ctx, "find cleaner", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT EXISTS (SELECT 1 FROM cleaners WHERE id = ?)", id).Scan(ctx, &carried)
	})
	return carried, err
}
