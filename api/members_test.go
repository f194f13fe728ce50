package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

func (m *memory) Memberships(_ context.Context, personID string) (found []booking.Membership, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.members {
		if one.PersonID == personID {
			found = append(found, one.Membership)
		}
	}
	return found, m.away
}

func (m *memory) Members(_ context.Context, ownerID string, page booking.Page) ([]booking.Member, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.page = page
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	return slices.DeleteFunc(slices.Clone(m.members), func(one booking.Member) bool { return one.OwnerID != ownerID }), "", m.away
}

func (m *memory) PutMember(ctx context.Context, ownerID, personID string, parts []booking.Member) error {
	err := m.RemoveMember(ctx, ownerID, personID)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = append(m.members, parts...)
	return err
}

// Known accepts all numbers but one.
func (m *memory) Known(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return id != freeNumber, m.away
}

// freeNumber is a number without a person: the next new caller gets it.
const freeNumber = "1099"

func (m *memory) RemoveMember(_ context.Context, ownerID, personID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = slices.DeleteFunc(m.members, func(one booking.Member) bool { return one.OwnerID == ownerID && one.PersonID == personID })
	return m.away
}

// bora owns olivia's organisation; cora owns one of her own.
var (
	bora = booking.Caller{ID: "1025", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "olivia", Level: booking.OwnerLevel}}}
	cora = booking.Caller{ID: "1026", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "1027", Level: booking.OwnerLevel}}}
)

func members(d *testDeps) { d.Callers = credentials{"bora": bora, "cora": cora, "alice": alice} }

// as sends a request as a caller.
func (b *bundle) as(token, method, target, body string) answer {
	b.t.Helper()
	return b.do(method, target, body, "Authorization", "Bearer "+token)
}

const oliviasMembers = "/v1/owners/olivia/members"

// TestMembers: an owner makes a person a member for one place. The member can do what
// members may do there, until they are removed.
func TestMembers(t *testing.T) {
	t.Parallel()
	b := setup(t, members)
	const stock, rooms = placesPath + "/place-seaside/stock", `{"from":"2026-12-24","to":"2026-12-26","rooms":5}`
	b.problem(b.as("cora", "PUT", stock, rooms), http.StatusForbidden, booking.NotAllowed)
	b.problem(b.as("cora", "GET", oliviasMembers, ""), http.StatusNotFound, booking.NotFound)

	a := b.as("bora", "PUT", oliviasMembers+"/1026", `{"parts":[{"level":"staff","place":"place-seaside"}]}`)
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, []memberView{{PersonID: "1026", Place: "place-seaside", Level: booking.StaffLevel, By: "1025", At: today}},
		decode[part[memberView]](t, a).Items)
	require.Equal(t, http.StatusOK, b.as("cora", "PUT", stock, rooms).StatusCode)
	b.problem(b.as("cora", "PATCH", placesPath+"/place-seaside", `{"name":"Mine"}`), http.StatusForbidden, booking.NotAllowed)
	b.problem(b.as("cora", "PUT", oliviasMembers+"/1024", `{"parts":[{"level":"owner"}]}`), http.StatusNotFound, booking.NotFound)
	self := decode[selfView](t, b.as("cora", "GET", "/v1/self", ""))
	require.Equal(t, "1026", self.ID)
	require.Equal(t, []membershipView{
		{OwnerID: "1027", Level: booking.OwnerLevel}, {OwnerID: "olivia", Place: "place-seaside", Level: booking.StaffLevel},
	}, self.Memberships)

	b.puts("1026", `{"level":"owner","place":"place-seaside"}`)
	require.Equal(t, http.StatusOK, b.as("cora", "PATCH", placesPath+"/place-seaside", `{"name":"Seaside Inn 2","ownerId":"olivia"}`).StatusCode)
	require.Len(t, decode[part[memberView]](t, b.as("bora", "GET", oliviasMembers, "")).Items, 1)

	require.Equal(t, http.StatusNoContent, b.as("bora", "DELETE", oliviasMembers+"/1026", "").StatusCode)
	b.problem(b.as("cora", "PUT", stock, rooms), http.StatusForbidden, booking.NotAllowed)
	require.Empty(t, decode[part[memberView]](t, b.as("bora", "GET", oliviasMembers, "")).Items)
}

// puts sets the parts of a member of olivia's organisation, as bora.
func (b *bundle) puts(person, parts string) {
	b.t.Helper()
	a := b.as("bora", "PUT", oliviasMembers+"/"+person, `{"parts":[`+parts+`]}`)
	require.Equal(b.t, http.StatusOK, a.StatusCode, a.text)
}

// TestMembers_Replaced: a member's new parts replace all former ones: a member that
// becomes staff is no longer an owner, and one of several places can be removed.
func TestMembers_Replaced(t *testing.T) {
	t.Parallel()
	b := setup(t, members)
	is := func(want ...membershipView) {
		t.Helper()
		own := membershipView{OwnerID: "1027", Level: booking.OwnerLevel}
		require.Equal(t, append([]membershipView{own}, want...), decode[selfView](t, b.as("cora", "GET", "/v1/self", "")).Memberships)
	}
	rename := func() int {
		return b.as("cora", "PATCH", placesPath+"/place-seaside", `{"name":"Inn"}`).StatusCode
	}
	b.puts("1026", `{"level":"owner"}`)
	is(membershipView{OwnerID: "olivia", Level: booking.OwnerLevel})
	require.Equal(t, http.StatusOK, rename())
	b.puts("1026", `{"level":"staff","place":"place-seaside"},{"level":"staff","place":"place-other"}`)
	is(membershipView{OwnerID: "olivia", Place: "place-seaside", Level: booking.StaffLevel},
		membershipView{OwnerID: "olivia", Place: "place-other", Level: booking.StaffLevel})
	require.Equal(t, http.StatusForbidden, rename())
	b.puts("1026", `{"level":"staff","place":"place-other"}`)
	is(membershipView{OwnerID: "olivia", Place: "place-other", Level: booking.StaffLevel})
	require.Len(t, decode[part[memberView]](t, b.as("bora", "GET", oliviasMembers, "")).Items, 1)
}

// TestMembers_TransferNoPlace: an owner of one place cannot move it to another
// organisation, not even to their own, nor move a place in. A member that acts for both
// whole organisations can.
func TestMembers_TransferNoPlace(t *testing.T) {
	t.Parallel()
	b := setup(t, members)
	for item, path := range map[string]string{"place-seaside": placesPath, "menu-bibimbap": menusPath} {
		transfer := func(to string) answer { return b.as("cora", "PATCH", path+"/"+item, `{"ownerId":"`+to+`"}`) }
		b.store.menus["menu-bibimbap"] = booking.Menu{ID: "menu-bibimbap", Name: "Bibimbap", OwnerID: "olivia", Price: bibimbap().Price}
		b.puts("1026", `{"level":"owner","place":"`+item+`"}`)
		require.Equal(t, http.StatusOK, transfer("olivia").StatusCode, "it is hers already")
		for _, to := range []string{"1027", "minho"} {
			b.problem(transfer(to), http.StatusForbidden, booking.NotAllowed)
		}
		b.puts("1026", `{"level":"owner"}`)
		b.problem(transfer("minho"), http.StatusForbidden, booking.NotAllowed)
		require.Equal(t, http.StatusOK, transfer("1027").StatusCode)
		b.puts("1026", `{"level":"owner","place":"`+item+`"}`)
		b.problem(transfer("olivia"), http.StatusForbidden, booking.NotAllowed)
	}
}

// TestPersons_ThatNeverCalled: a number without a person cannot become a member or a
// cleaner: the next new caller would get it. If authentication is off, every number is
// accepted.
func TestPersons_ThatNeverCalled(t *testing.T) {
	t.Parallel()
	olga := booking.Caller{ID: "1040", Roles: []booking.Role{booking.OperatorRole}}
	b := setup(t, func(d *testDeps) { d.Callers = credentials{"bora": bora, "olga": olga} })
	member := func() answer {
		return b.as("bora", "PUT", oliviasMembers+"/"+freeNumber, `{"parts":[{"level":"staff"}]}`)
	}
	cleaner := func() answer { return b.as("olga", "POST", cleanersPath, `{"name":"Kim","personId":"`+freeNumber+`"}`) }
	for _, add := range []func() answer{member, cleaner} {
		require.Equal(t, []string{"personId"}, fields(b.problem(add(), 422, booking.Invalid)))
	}
	b.store.fail(errAway)
	for _, add := range []func() answer{member, cleaner} {
		b.problem(add(), http.StatusServiceUnavailable, booking.Unavailable)
	}
	b.store.fail(nil)
	require.Empty(t, b.store.members)
	require.Empty(t, b.store.cleaners)
	require.Equal(t, http.StatusCreated, b.as("olga", "POST", cleanersPath, `{"name":"Kim","personId":"1041"}`).StatusCode)
	require.Equal(t, http.StatusCreated, b.as("olga", "POST", cleanersPath, `{"name":"Kim"}`).StatusCode)

	off := setup(t, func(d *testDeps) { d.People = nil })
	require.Equal(t, http.StatusCreated, off.do("POST", cleanersPath, `{"name":"Kim","personId":"`+freeNumber+`"}`).StatusCode)
}

// TestMembers_Invalid: bad input names its field and changes nothing.
func TestMembers_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t, members)
	var many []string
	for n := range 51 {
		many = append(many, fmt.Sprintf(`{"level":"staff","place":"p%d"}`, n))
	}
	for body, field := range map[string]string{
		`{}`: "parts", `{"parts":[]}`: "parts", `{"parts":null}`: "parts", `{"parts":{"level":"staff"}}`: "parts",
		`{"parts":[{}]}`: "parts[0].level", `{"parts":[{"level":"boss"}]}`: "parts[0].level", `{"parts":["staff"]}`: "parts[0]",
		`{"parts":[{"level":"staff"},{"level":"staff","place":"no place"}]}`:                        "parts[1].place",
		`{"parts":[{"level":"staff","since":1}]}`:                                                   "parts[0].since",
		`{"parts":[{"level":"staff"},{"level":"owner"}]}`:                                           "parts[1].place",
		`{"parts":[{"level":"staff","place":"a"},{"level":"staff"},{"level":"owner","place":"a"}]}`: "parts[2].place",
		`{"parts":[` + strings.Join(many, ",") + `]}`:                                               "parts",
	} {
		require.Equal(t, []string{field}, fields(b.problem(b.as("bora", "PUT", oliviasMembers+"/1026", body), 422, booking.Invalid)), body)
	}
	b.problem(b.as("bora", "PUT", oliviasMembers+"/no%20body", `{"parts":[{"level":"staff"}]}`), 422, booking.Invalid)
	b.problem(b.as("bora", "GET", oliviasMembers+"?cursor=bad", ""), 422, booking.InvalidCursor)
	require.Empty(t, b.store.members)
}

// TestMembers_Away: while members cannot be read, an owner acts for the token's
// organisation, and members that were read before keep their rights. A program without
// a known membership gets Unavailable.
func TestMembers_Away(t *testing.T) {
	t.Parallel()
	now := today
	till := booking.Caller{ID: "1030", Roles: []booking.Role{booking.ServiceRole}}
	b := setup(t, func(d *testDeps) {
		d.Callers = credentials{"bora": bora, "cora": cora, "till": till}
		d.Now = func() time.Time { return now }
	})
	b.store.members = []booking.Member{{PersonID: "1026", Membership: booking.Membership{OwnerID: "olivia", Level: booking.StaffLevel}}}
	self := func(token string) []membershipView {
		a := b.as(token, "GET", "/v1/self", "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		return decode[selfView](t, a).Memberships
	}
	require.Len(t, self("cora"), 2)
	b.store.fail(errAway)
	now = now.Add(time.Minute)
	require.Len(t, self("cora"), 2)
	require.Len(t, self("bora"), 1)
	now = now.Add(identity.StaleFor)
	require.Len(t, self("cora"), 1, "what was read is too old")
	b.problem(b.as("cora", "GET", oliviasMembers, ""), http.StatusServiceUnavailable, booking.Unavailable) // a member may
	b.problem(b.as("cora", "GET", "/v1/orders?ownerId=olivia", ""), http.StatusServiceUnavailable, booking.Unavailable)
	b.problem(b.as("cora", "GET", "/v1/mypages?customerId=1024", ""), http.StatusForbidden, booking.NotAllowed) // not even a member may
	b.problem(b.as("till", "GET", "/v1/self", ""), http.StatusServiceUnavailable, booking.Unavailable)
	b.store.fail(nil)
	b.store.members = nil // changed by another process
	require.Len(t, self("cora"), 1)
	require.Empty(t, self("till"))
}

// TestOwnOrders: a request without a customer, owner or recipient means the caller.
func TestOwnOrders(t *testing.T) {
	t.Parallel()
	b := setup(t, members)
	for token, target := range map[string]string{"alice": "/v1/mypages", "bora": "/v1/orders"} {
		require.Equal(t, http.StatusOK, b.as(token, "GET", target, "").StatusCode, target)
	}
	b.as("alice", "GET", "/v1/mypages", "")
	require.Equal(t, booking.OrderFilter{CustomerID: "1024"}, b.store.filter)
	b.as("bora", "GET", "/v1/orders?itemId=place-seaside", "")
	require.Equal(t, booking.OrderFilter{OwnerID: "olivia", ItemID: "place-seaside"}, b.store.filter)
	require.Equal(t, []string{"kind"}, fields(b.problem(b.as("bora", "GET", "/v1/orders?itemId=place-seaside&kind=lodging", ""), 422, booking.Invalid)))
	require.Equal(t, http.StatusOK, b.as("alice", "GET", "/v1/messages", "").StatusCode)
	require.Equal(t, []string{"customerId"}, fields(b.problem(b.as("bora", "GET", "/v1/mypages", ""), 422, booking.Invalid)))
	require.Equal(t, []string{"ownerId"}, fields(b.problem(b.as("alice", "GET", "/v1/orders", ""), 422, booking.Invalid)))
	b.decides(booking.Confirmed, "")
	a := b.as("alice", "POST", reservationsPath, `{"placeId":"place-seaside","checkIn":"2026-12-24","checkOut":"2026-12-26","rooms":1}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	b.problem(b.as("alice", "POST", reservationsPath, reservation), http.StatusForbidden, booking.NotAllowed) // it names another customer
}

// TestOwnOrders_OfStaff: for staff, a list is that of their shop, as long as they have
// nothing of their own. What they register is the shop's only if they name it.
func TestOwnOrders_OfStaff(t *testing.T) {
	t.Parallel()
	staff := booking.Caller{ID: "1026", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{
		{OwnerID: "1027", Level: booking.OwnerLevel, Founded: true},
	}}
	b := setup(t, func(d *testDeps) { d.Callers = credentials{"staff": staff} })
	b.store.members = []booking.Member{{PersonID: "1026", Membership: booking.Membership{OwnerID: "olivia", Level: booking.OwnerLevel}}}
	lists := map[string]string{"/v1/orders": "ownerId", deliveriesPath: "ownerId", "/v1/messages": "recipientId"}
	for target := range lists {
		a := b.as("staff", "GET", target, "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	}
	require.Equal(t, booking.OrderFilter{OwnerID: "olivia"}, b.store.filter)
	require.Equal(t, booking.JobFilter{OwnerID: "olivia"}, b.store.deliveries.filter)

	const inn = `{"name":"Inn","price":{"amount":1,"currency":"KRW"},"confirmation":"auto"}`
	require.Equal(t, []string{"ownerId"}, fields(b.problem(b.as("staff", "POST", placesPath, inn), 422, booking.Invalid)))
	a := b.as("staff", "POST", placesPath, strings.Replace(inn, `{`, `{"ownerId":"1027",`, 1))
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	for target := range lists { // now they have something of their own
		require.Equal(t, http.StatusOK, b.as("staff", "GET", target, "").StatusCode, target)
	}
	require.Equal(t, booking.OrderFilter{OwnerID: "1027"}, b.store.filter)
	a = b.as("staff", "POST", placesPath, inn)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.Equal(t, "1027", decode[placeView](t, a).OwnerID)
}

// TestOwnOrders_UnwantedMemberships: memberships that other organisations add do not
// change the default owner: an owner's own organisation if it has anything, or that of
// an API key. A member can end each membership.
func TestOwnOrders_UnwantedMemberships(t *testing.T) {
	t.Parallel()
	caller := func(id, ownerID string, role booking.Role) booking.Caller {
		return booking.Caller{ID: id, Roles: []booking.Role{role}, Memberships: []booking.Membership{
			{OwnerID: ownerID, Level: booking.OwnerLevel, Founded: true},
		}}
	}
	b := setup(t, func(d *testDeps) {
		d.Callers = credentials{"owner": caller("1026", "olivia", booking.OwnerRole), "till": caller("1030", "1027", booking.ServiceRole), "alice": alice}
	})
	for _, person := range []string{"1026", "1030", alice.ID} {
		for _, by := range []string{"1050", "1051"} {
			b.store.members = append(b.store.members, booking.Member{PersonID: person, Membership: booking.Membership{OwnerID: by, Level: booking.StaffLevel}})
		}
	}
	for token, own := range map[string]string{"owner": "olivia", "till": "1027"} {
		a := b.as(token, "GET", "/v1/orders", "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		require.Equal(t, booking.OrderFilter{OwnerID: own}, b.store.filter)
	}
	a := b.as("owner", "POST", menusPath, `{"name":"Bibimbap","price":{"amount":1,"currency":"KRW"}}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.Equal(t, "olivia", decode[menuView](t, a).OwnerID)

	b.problem(b.as("alice", "DELETE", "/v1/owners/1050/members/1026", ""), http.StatusNotFound, booking.NotFound)
	for token, number := range map[string]string{"owner": "1026", "till": "1030", "alice": alice.ID} {
		require.Equal(t, http.StatusNoContent, b.as(token, "DELETE", "/v1/owners/1050/members/"+number, "").StatusCode, token)
	}
	require.Len(t, b.store.members, 3, "those of the other organisation")
}

// TestMembers_ForgottenAfterErrors: a change that failed may have been committed: the
// cache forgets the member.
func TestMembers_ForgottenAfterErrors(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { members(d); d.Members = putUnsure{d.Members.(*memory)} })
	require.Len(t, decode[selfView](t, b.as("cora", "GET", "/v1/self", "")).Memberships, 1)
	a := b.as("bora", "PUT", oliviasMembers+"/1026", `{"parts":[{"level":"staff"}]}`)
	require.Equal(t, http.StatusServiceUnavailable, a.StatusCode, a.text)
	require.Len(t, decode[selfView](t, b.as("cora", "GET", "/v1/self", "")).Memberships, 2)
}

// putUnsure makes a change and returns an error.
type putUnsure struct{ *memory }

func (p putUnsure) PutMember(ctx context.Context, ownerID, personID string, parts []booking.Member) error {
	_ = p.memory.PutMember(ctx, ownerID, personID, parts)
	return errAway
}

// TestOwnOrders_Away: while members cannot be read, a list without an owner is that of
// the caller's own organisation, or Unavailable if that has nothing.
func TestOwnOrders_Away(t *testing.T) {
	t.Parallel()
	owner := func(id, ownerID string) booking.Caller {
		return booking.Caller{ID: id, Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{
			{OwnerID: ownerID, Level: booking.OwnerLevel, Founded: true},
		}}
	}
	b := setup(t, func(d *testDeps) {
		d.Callers, d.Members = credentials{"bora": owner("1025", "olivia"), "cora": owner("1026", "1027")}, membersAway{d.Members.(*memory)}
	})
	require.Equal(t, http.StatusOK, b.as("bora", "GET", "/v1/orders", "").StatusCode)
	require.Equal(t, booking.OrderFilter{OwnerID: "olivia"}, b.store.filter)
	b.problem(b.as("cora", "GET", "/v1/orders", ""), http.StatusServiceUnavailable, booking.Unavailable)
}

// membersAway are members that cannot be read.
type membersAway struct{ *memory }

func (membersAway) Memberships(context.Context, string) ([]booking.Membership, error) {
	return nil, errAway
}

// TestMessages_OfOneIDInTwoRoles: a customer and an owner with the same id have different
// messages.
func TestMessages_OfOneIDInTwoRoles(t *testing.T) {
	t.Parallel()
	same := booking.Caller{ID: "1024", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "1024", Level: booking.OwnerLevel}}}
	b := setup(t, func(d *testDeps) { d.Callers = credentials{"customer": alice, "owner": same} })
	for token, key := range map[string]string{"customer": "2", "owner": "1"} {
		b.store.messages = []booking.Message{
			{Key: "1", RecipientID: "1024", Type: booking.OrderPlacedMessage, Data: booking.MessageData{Kind: booking.Food, For: booking.ForOwner}},
			{Key: "2", RecipientID: "1024", Type: booking.OrderCancelledMessage, Data: booking.MessageData{Kind: booking.Food, For: booking.ForCustomer}},
		}
		items := decode[part[messageView]](t, b.as(token, "GET", "/v1/messages?recipientId=1024", "")).Items
		require.Len(t, items, 1, token)
		require.Equal(t, key, items[0].ID)
	}
	// The keys of messages of early builds distinguish them.
	for token, keys := range map[string][]string{
		"customer": {"cafe-1/payment-deferred/withdrawal", "cleaning-1/confirmation", "cleaning-1/assignment"},
		"owner":    {"cafe-1/notice", "cafe-1/notice/withdrawal"},
	} {
		b.store.messages = nil
		for _, key := range []string{
			"cafe-1/notice", "cafe-1/notice/withdrawal", "cafe-1/payment-deferred/withdrawal",
			"cleaning-1/confirmation", "cleaning-1/assignment", "cleaning-1/cleaner", "cafe-1/unheard-of",
		} {
			order, _, _ := strings.Cut(key, "/")
			b.store.messages = append(b.store.messages, booking.Message{Key: key, OrderID: order, RecipientID: "1024", Type: booking.OrderCancelledMessage, Text: "old"})
		}
		items := decode[part[messageView]](t, b.as(token, "GET", "/v1/messages?recipientId=1024", "")).Items
		require.Equal(t, keys, each(items, func(m messageView) string { return m.ID }), token)
	}
}
