package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

func testPeople(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	people := store.NewPeople(db)
	person := func(t *testing.T, kind identity.Kind) identity.Person {
		return identity.Person{Issuer: "https://id.example.com", Subject: "auth0|김철수'; " + t.Name(), Kind: kind}
	}

	run(t, "OnePerIssuerSubjectAndKind", func(t *testing.T) {
		p := person(t, identity.CustomerKind)
		id, err := people.Find(t.Context(), p)
		require.NoError(t, err)
		require.Empty(t, id)
		others := []identity.Person{p, {Issuer: "https://other.example", Subject: p.Subject, Kind: p.Kind}, {Issuer: p.Issuer, Subject: p.Subject + " ", Kind: p.Kind}, person(t, identity.OwnerKind)}
		for i, other := range others {
			is, err := people.Add(t.Context(), other, fmt.Sprint(t.Name(), i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(t.Name(), i), is)
		}
		for i, other := range others {
			is, err := people.Find(t.Context(), other)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(t.Name(), i), is)
		}
		is, err := people.Add(t.Context(), p, "another")
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(t.Name(), 0), is, "a known person stays known by the first id")
	})

	run(t, "AnIdIsOnePersonsOfItsKind", func(t *testing.T) {
		one := person(t, identity.CustomerKind)
		_, err := people.Add(t.Context(), one, t.Name())
		require.NoError(t, err)
		other := one
		other.Subject += "2"
		is, err := people.Add(t.Context(), other, t.Name())
		require.NoError(t, err)
		require.Empty(t, is)
		owner := one
		owner.Kind = identity.OwnerKind
		is, err = people.Add(t.Context(), owner, t.Name())
		require.NoError(t, err)
		require.Equal(t, t.Name(), is, "a customer and an owner of the time before there were tokens may be called the same")
	})

	run(t, "Known", func(t *testing.T) {
		for _, kind := range []identity.Kind{identity.CustomerKind, identity.OwnerKind, identity.ServiceKind} {
			id := fmt.Sprint(t.Name(), kind)
			known, err := people.Known(t.Context(), id)
			require.NoError(t, err)
			require.False(t, known)
			_, err = people.Add(t.Context(), person(t, kind), id)
			require.NoError(t, err)
			known, err = people.Known(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, kind != identity.OwnerKind, known, "%s: an organisation calls by its members", kind)
		}
	})

	run(t, "AtTheSameTime", func(t *testing.T) {
		p := person(t, identity.CustomerKind)
		ids := together(t, 8, func(int) (string, error) {
			n, err := people.Next(t.Context())
			if err != nil {
				return "", err
			}
			return people.Add(t.Context(), p, n)
		})
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(ids))), 1, "%v", ids)
	})

	run(t, "Numbers", func(t *testing.T) {
		numbers := together(t, 8, func(int) (string, error) { return people.Next(t.Context()) })
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(numbers))), 8)
		for _, n := range numbers {
			require.Regexp(t, `^[1-9]\d{3,}$`, n)
		}
	})
}

// testCarriers: orders and offers know whose ids are in use.
func testCarriers(t *testing.T, fresh newURL) {
	mypage := store.NewMypage(setup(t, fresh, "mypage"))
	catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
	placed := newView("lodging-1", "alice", 1, booking.Confirmed)
	placed.OwnerID, placed.Placed = "bora", true
	require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: placed}))
	refused := newView("lodging-2", "minho", 1, booking.Cancelled)
	require.False(t, refused.Listed())
	require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: refused}))
	require.NoError(t, catalogue.AddPlace(t.Context(), "1025", booking.Place{ID: "place-1", Name: "Seaside Inn", OwnerID: "cora"}))
	db := setup(t, fresh, "mypage")
	known(t, db, "1026")
	members, crew := store.NewMembers(db), store.NewCrew(setup(t, fresh, "fulfilment"))
	put(t, members, member("1026", "1031", "", booking.StaffLevel))
	_, err := crew.AddCleaner(t.Context(), "1025", booking.Cleaner{ID: "1032", Name: "Kim"})
	require.NoError(t, err)
	for _, tt := range []struct {
		carrier identity.IDs
		kind    identity.Kind
		id      string
		want    bool
	}{
		{mypage, identity.CustomerKind, "alice", true},
		{mypage, identity.CustomerKind, "minho", true},
		{mypage, identity.CustomerKind, "bora", false},
		{mypage, identity.OwnerKind, "bora", true},
		{mypage, identity.OwnerKind, "alice", false},
		{mypage, identity.ServiceKind, "alice", false},
		{catalogue, identity.OwnerKind, "cora", true},
		{catalogue, identity.OwnerKind, "bora", false},
		{catalogue, identity.CustomerKind, "cora", false},
		{members, identity.CustomerKind, "1031", true},
		{members, identity.OwnerKind, "1026", true},
		{members, identity.CustomerKind, "1026", false},
		{members, identity.OwnerKind, "1031", false},
		{members, identity.ServiceKind, "1031", false},
		{crew, identity.CustomerKind, "1032", true},
		{crew, identity.CustomerKind, "1031", false},
		{crew, identity.OwnerKind, "1032", false},
	} {
		carried, err := tt.carrier.InUse(t.Context(), tt.kind, tt.id)
		require.NoError(t, err)
		require.Equal(t, tt.want, carried, "%T %s %s", tt.carrier, tt.kind, tt.id)
	}
}

func testKeys(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	keys := store.NewKeys(db)
	_, err := store.NewPeople(db).Add(t.Context(), identity.Person{Issuer: "https://id.example.com", Subject: "bora", Kind: identity.OwnerKind}, "1025")
	require.NoError(t, err)
	now := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	revoke := func(t *testing.T, id, by string, at time.Time) {
		t.Helper()
		earlier, err := keys.RevokeKey(t.Context(), id, by, at)
		require.NoError(t, err)
		require.Zero(t, earlier)
	}
	add := func(t *testing.T, name string, at time.Time, lives time.Duration) (identity.Key, error) {
		k, _ := identity.NewKey(name, []booking.Scope{booking.AllEvents, booking.AnyOrder}, "1025", at, lives)
		k.CreatedBy = "1026"
		return k, keys.AddKey(t.Context(), k)
	}

	run(t, "RoundTrip", func(t *testing.T) {
		k, err := add(t, t.Name(), now, time.Hour)
		require.NoError(t, err)
		read, err := keys.Key(t.Context(), k.ID)
		require.NoError(t, err)
		require.Equal(t, k, read)
		_, err = keys.Key(t.Context(), "unknown")
		requireCode(t, booking.NotFound, err)
	})

	run(t, "OfAnOrganisationThatIsKnown", func(t *testing.T) {
		unknown, _ := identity.NewKey(t.Name(), nil, "1099", now, time.Hour)
		requireCode(t, booking.Invalid, keys.AddKey(t.Context(), unknown))
		_, err := keys.Key(t.Context(), unknown.ID)
		requireCode(t, booking.NotFound, err)
		v := newView("lodging-1", "alice", 1, booking.Confirmed)
		v.OwnerID, v.Placed = "cora", true // from before there were tokens
		require.NoError(t, store.NewMypage(db).Publish(t.Context(), contract.Publication{View: v}))
		coras, _ := identity.NewKey(t.Name(), nil, "cora", now, time.Hour)
		require.NoError(t, keys.AddKey(t.Context(), coras))
	})

	run(t, "OneNameIsOneOrganisations", func(t *testing.T) {
		k, err := add(t, t.Name(), now, time.Hour)
		require.NoError(t, err)
		others, _ := identity.NewKey(t.Name(), nil, "", now, time.Hour)
		requireCode(t, booking.Invalid, keys.AddKey(t.Context(), others))
		revoke(t, k.ID, "1027", now)
		requireCode(t, booking.Invalid, keys.AddKey(t.Context(), others))
		_, err = add(t, t.Name(), now, time.Hour)
		require.NoError(t, err)
	})

	run(t, "Revoked", func(t *testing.T) {
		k, err := add(t, t.Name(), now, time.Hour)
		require.NoError(t, err)
		revoke(t, k.ID, "1027", now.Add(time.Minute))
		earlier, err := keys.RevokeKey(t.Context(), k.ID, "1028", now.Add(2*time.Minute))
		require.NoError(t, err, "once more")
		read, err := keys.Key(t.Context(), k.ID)
		require.NoError(t, err)
		require.Equal(t, read, earlier)
		require.Equal(t, now.Add(time.Minute), read.RevokedAt)
		require.Equal(t, []string{"1026", "1027"}, []string{read.CreatedBy, read.RevokedBy})
		require.False(t, read.Live(now))
		_, err = keys.RevokeKey(t.Context(), "unknown", booking.SystemID, now)
		requireCode(t, booking.NotFound, err)
	})

	run(t, "TwoAreLive", func(t *testing.T) {
		first, err := add(t, t.Name(), now, time.Hour)
		require.NoError(t, err)
		_, err = add(t, t.Name(), now, 2*time.Hour)
		require.NoError(t, err)
		_, err = add(t, t.Name(), now, time.Hour)
		requireCode(t, booking.Invalid, err)
		_, err = add(t, t.Name()+"2", now, time.Hour)
		require.NoError(t, err, "of another program")
		_, err = add(t, t.Name(), now.Add(time.Hour), time.Hour)
		require.NoError(t, err, "the first one has ended")
		revoke(t, first.ID, booking.SystemID, now) // which it can still be

		all, err := keys.AllKeys(t.Context())
		require.NoError(t, err)
		mine := slices.DeleteFunc(all, func(k identity.Key) bool { return k.Name != t.Name() })
		require.Len(t, mine, 3)
		require.Equal(t, first.ID, mine[slices.IndexFunc(mine, func(k identity.Key) bool { return k.ID == first.ID })].ID)
	})

	run(t, "TwoAreLive_AtTheSameTime", func(t *testing.T) {
		added := together(t, 8, func(int) (bool, error) {
			_, err := add(t, t.Name(), now, time.Hour)
			if err != nil {
				return false, nil //nolint:nilerr // all but two are refused
			}
			return true, nil
		})
		slices.SortFunc(added, func(a, b bool) int { return map[bool]int{true: 0, false: 1}[a] - map[bool]int{true: 0, false: 1}[b] })
		require.Equal(t, []bool{true, true, false, false, false, false, false, false}, added)
	})
}
