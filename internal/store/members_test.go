package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func member(ownerID, personID, place string, level booking.MemberLevel) booking.Member {
	return booking.Member{
		PersonID: personID, Membership: booking.Membership{OwnerID: ownerID, Place: place, Level: level},
		By: "1025", At: received.UTC().Truncate(time.Microsecond),
	}
}

// testMembers: a person is a member for each place once, at the level that was given
// last, until they are removed.
func testMembers(t *testing.T, fresh newURL) {
	members := store.NewMembers(setup(t, fresh, "mypage"))
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
	for _, m := range []booking.Member{
		member("1026", "1031", "place-2", staff), member("1026", "1031", "", staff), member("1027", "1031", "", owner), member("1026", "1030", "", owner),
	} {
		require.NoError(t, members.PutMember(t.Context(), m))
		require.NoError(t, members.PutMember(t.Context(), m), "once more")
	}
	require.NoError(t, members.PutMember(t.Context(), member("1026", "1031", "place-2", owner)))
	require.Equal(t, []booking.Membership{
		{OwnerID: "1026", Level: staff}, {OwnerID: "1026", Place: "place-2", Level: owner}, {OwnerID: "1027", Level: owner},
	}, of("1031"))
	require.Equal(t, []booking.Member{
		member("1026", "1030", "", owner), member("1026", "1031", "", staff), member("1026", "1031", "place-2", owner),
	}, all("1026"))

	require.NoError(t, members.RemoveMember(t.Context(), "1026", "1031"))
	require.ErrorIs(t, members.RemoveMember(t.Context(), "1026", "1031"), &booking.Error{Code: booking.NotFound})
	require.Equal(t, []booking.Membership{{OwnerID: "1027", Level: owner}}, of("1031"))
	require.Len(t, all("1026"), 1)

	for n := range 5 {
		require.NoError(t, members.PutMember(t.Context(), member("1028", fmt.Sprint("member-", n), "", staff)))
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
	_, _, err := members.Members(t.Context(), "1028", booking.Page{Cursor: "bad"})
	require.ErrorIs(t, err, &booking.Error{Code: booking.InvalidCursor})
}
