package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// Members stores the members of owners' organisations, in the read model's database. It
// implements the API's interface of that name.
type Members struct{ db *DB }

// NewMembers stores members in db, the read model's database.
func NewMembers(db *DB) *Members { return &Members{db} }

type memberRow struct {
	bun.BaseModel `bun:"table:members,alias:m"`

	OwnerID   string `bun:",pk"`
	PersonID  string `bun:",pk"`
	Place     string `bun:",pk"`
	Level     booking.MemberLevel
	ChangedBy string
	ChangedAt time.Time
}

func (r memberRow) member() booking.Member {
	return booking.Member{
		PersonID: r.PersonID, Membership: booking.Membership{OwnerID: r.OwnerID, Place: r.Place, Level: r.Level},
		By: r.ChangedBy, At: r.ChangedAt.UTC(),
	}
}

// Memberships lists the person's organisations, with the person's part in each.
func (m *Members) Memberships(ctx context.Context, personID string) ([]booking.Membership, error) {
	var rows []memberRow
	err := m.db.run(ctx, "list memberships of person", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("owner_id, place").Scan(ctx)
	})
	if err != nil {
		return nil, err
	}
	memberships := make([]booking.Membership, len(rows))
	for i, row := range rows {
		memberships[i] = row.member().Membership
	}
	return memberships, nil
}

// memberList is the name of the list in its cursors.
const memberList = "members"

// Members lists the members of the organisation, in the order of their ids. It returns
// InvalidCursor for a cursor of another list.
func (m *Members) Members(ctx context.Context, ownerID string, p booking.Page) (_ []booking.Member, next string, err error) {
	place := []string{"", ""}
	if p.Cursor != "" {
		if place, err = decodeCursor(memberList, p.Cursor, 2); err != nil {
			return nil, "", err
		}
	}
	size := pageSize(p.Limit)
	var rows []memberRow
	err = m.db.list(ctx, "list members", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("owner_id = ?", ownerID).Where("(person_id, place) > (?, ?)", place[0], place[1]).
			OrderExpr("person_id, place").Limit(size + 1).Scan(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last memberRow) string { return encodeCursor(memberList, last.PersonID, last.Place) })
	members := make([]booking.Member, len(rows))
	for i, row := range rows {
		members[i] = row.member()
	}
	return members, next, nil
}

// PutMember replaces all parts of a person in the organisation with at least one, in
// one transaction. Of concurrent changes the last one wins as a whole: those of one
// organisation run one after the other. Invalid: the organisation is unknown.
func (m *Members) PutMember(ctx context.Context, ownerID, personID string, parts []booking.Member) error {
	rows := make([]memberRow, len(parts))
	for i, is := range parts {
		rows[i] = memberRow{
			OwnerID: ownerID, PersonID: personID, Place: is.Place, Level: is.Level, ChangedBy: is.By, ChangedAt: micros(is.At),
		}
	}
	return m.db.inTx(ctx, "put member", func(ctx context.Context, q bun.IDB) error {
		if err := m.db.serialize(ctx, q, "members of "+ownerID); err != nil {
			return err
		}
		if err := mustBeOrganisation(ctx, q, ownerID); err != nil {
			return err
		}
		if _, err := removeMember(ctx, q, ownerID, personID); err != nil {
			return err
		}
		_, err := q.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
}

func removeMember(ctx context.Context, q bun.IDB, ownerID, personID string) (parts int64, err error) {
	return affected(q.NewRaw("DELETE FROM members WHERE owner_id = ? AND person_id = ?", ownerID, personID).Exec(ctx))
}

// RemoveMember removes all parts of a person in the organisation. NotFound: there are
// none.
func (m *Members) RemoveMember(ctx context.Context, ownerID, personID string) error {
	return m.db.run(ctx, "remove member", func(ctx context.Context, q bun.IDB) error {
		removed, err := removeMember(ctx, q, ownerID, personID)
		if err == nil && removed == 0 {
			return booking.Errorf(booking.NotFound, "%q is no member of %q", personID, ownerID)
		}
		return err
	})
}

// InUse reports whether the organisation with the id has members, or the person with
// the id is a member. It implements identity.IDs.
func (m *Members) InUse(ctx context.Context, kind identity.Kind, id string) (carried bool, err error) {
	statement := map[identity.Kind]string{
		identity.CustomerKind: "SELECT EXISTS (SELECT 1 FROM members WHERE person_id = ?)",
		identity.OwnerKind:    "SELECT EXISTS (SELECT 1 FROM members WHERE owner_id = ?)",
	}[kind]
	if statement == "" {
		return false, nil
	}
	err = m.db.run(ctx, "find members", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(statement, id).Scan(ctx, &carried)
	})
	return carried, err
}
