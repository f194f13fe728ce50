package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
)

func member(ownerID, personID, place string, level booking.MemberLevel) booking.Member {
	return booking.Member{
		PersonID: personID, Membership: booking.Membership{OwnerID: ownerID, Place: place, Level: level},
		By: "1025", At: received.UTC().Truncate(time.Microsecond),
	}
}

// put sets exactly these parts of each person.
func put(t *testing.T, members *store.Members, parts ...booking.Member) {
	t.Helper()
	require.NoError(t, members.PutMember(t.Context(), parts[0].OwnerID, parts[0].PersonID, parts))
}

// known registers calls of the owners of organisations with these ids.
func known(t *testing.T, db *store.DB, organisations ...string) {
	t.Helper()
	for _, id := range organisations {
		_, err := store.NewPeople(db).Add(t.Context(), identity.Person{Issuer: "https://id.example.com", Subject: id, Kind: identity.OwnerKind}, id)
		require.NoError(t, err)
	}
}

// testMembers: a person has exactly the parts that were set last, until they are
// removed.
func testMembers(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	members := store.NewMembers(db)
	requireCode(t, booking.Invalid, members.PutMember(t.Context(), "1029", "1031", []booking.Member{member("1029", "1031", "", booking.StaffLevel)}))
	known(t, db, "1026", "1027", "1028")
	staff, owner := booking.StaffLevel, booking.OwnerLevel
	all := func(ownerID string) []booking.Member {
		list, next, err := members.Members(t.Context(), ownerID, booking.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		return list
	}
	of := func(personID string) []booking.Membership {
		memberships, err := members.Memberships(t.Context(), personID)
		require.NoError(t, err)
		return memberships
	}
	require.Empty(t, of("1031"))
	for range 2 { // a repetition changes nothing
		put(t, members, member("1026", "1031", "place-2", staff), member("1026", "1031", "", staff))
		put(t, members, member("1027", "1031", "", owner))
		put(t, members, member("1026", "1030", "", owner))
	}
	put(t, members, member("1026", "1031", "place-2", owner), member("1026", "1031", "", staff))
	require.Equal(t, []booking.Membership{
		{OwnerID: "1026", Level: staff}, {OwnerID: "1026", Place: "place-2", Level: owner}, {OwnerID: "1027", Level: owner},
	}, of("1031"))
	require.Equal(t, []booking.Member{
		member("1026", "1030", "", owner), member("1026", "1031", "", staff), member("1026", "1031", "place-2", owner),
	}, all("1026"))

	put(t, members, member("1026", "1031", "place-3", staff))
	require.Equal(t, []booking.Membership{{OwnerID: "1026", Place: "place-3", Level: staff}, {OwnerID: "1027", Level: owner}}, of("1031"),
		"what they had before in this organisation is deleted, and nothing else is")
	require.Len(t, all("1026"), 2)

	require.NoError(t, members.RemoveMember(t.Context(), "1026", "1031"))
	require.ErrorIs(t, members.RemoveMember(t.Context(), "1026", "1031"), &booking.Error{Code: booking.NotFound})
	require.Equal(t, []booking.Membership{{OwnerID: "1027", Level: owner}}, of("1031"))
	require.Len(t, all("1026"), 1)

	for n := range 5 {
		put(t, members, member("1028", fmt.Sprint("member-", n), "", staff))
	}
	var paged []string
	for page := (booking.Page{Limit: 2}); ; {
		list, next, err := members.Members(t.Context(), "1028", page)
		require.NoError(t, err)
		for _, m := range list {
			paged = append(paged, m.PersonID)
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	require.Equal(t, []string{"member-0", "member-1", "member-2", "member-3", "member-4"}, paged)
	var many []booking.Member
	for n := range 1001 {
		many = append(many, member("1028", "1033", fmt.Sprint("place-", n), staff))
	}
	put(t, members, many...)
	require.Len(t, of("1033"), len(many), "none is left out")
	_, _, err := members.Members(t.Context(), "1028", booking.Page{Cursor: "bad"})
	require.ErrorIs(t, err, &booking.Error{Code: booking.InvalidCursor})
}

// testMembersAtOnce: of concurrent changes of one member, the last one wins as a whole,
// without parts of the others.
func testMembersAtOnce(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	known(t, db, "1026")
	members := store.NewMembers(db)
	for range 5 {
		together(t, 6, func(n int) (any, error) {
			place := fmt.Sprint("place-", n)
			return nil, members.PutMember(t.Context(), "1026", "1031", []booking.Member{
				member("1026", "1031", place, booking.StaffLevel), member("1026", "1031", place+"-too", booking.StaffLevel),
			})
		})
		has, err := members.Memberships(t.Context(), "1031")
		require.NoError(t, err)
		require.Len(t, has, 2)
		require.Equal(t, has[0].Place+"-too", has[1].Place)
	}
}
