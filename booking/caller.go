package booking

import "slices"

// Caller is the person or program behind a request. The zero value is a caller without an
// identity, which may only do public actions.
type Caller struct {
	// Unchecked is set while authentication is off: the caller may do everything.
	Unchecked bool
	// ID is the number by which Yeyak knows the caller, as text: "1024". It contains
	// nothing about the person; workflows, events and logs carry it.
	ID string
	// Name is the caller's name according to the token's issuer or the API key. It is for
	// people to read, and is stored in no order, event or log.
	Name        string
	Roles       []Role
	Scopes      []Scope
	Memberships []Membership
	// Incomplete: the caller may have further memberships that could not be read.
	Incomplete bool
}

// SystemID belongs to no person: it is the id of decisions by `yeyak`'s own commands that
// name no other caller.
const SystemID = "system"

// Role is the part of a caller in the business.
type Role string

// The roles. An owner is a member of an owner's organisation, a service is a program with
// an API key.
const (
	CustomerRole Role = "customer"
	OwnerRole    Role = "owner"
	CourierRole  Role = "courier"
	CleanerRole  Role = "cleaner"
	OperatorRole Role = "operator"
	ServiceRole  Role = "service"
)

// Roles lists all roles, those of people first.
func Roles() []Role {
	return []Role{CustomerRole, OwnerRole, CourierRole, CleanerRole, OperatorRole, ServiceRole}
}

// Scope is a permission beyond the relations to an order.
type Scope string

// The scopes.
const (
	// AnyOrder lets a caller act for any customer, owner, courier or cleaner.
	AnyOrder Scope = "orders:any"
	// AllEvents lets a caller read the whole feed of events, of all orders.
	AllEvents Scope = "events:read"
	// AnyCatalogue lets a caller change places, menus, drinks and stock of any owner.
	AnyCatalogue Scope = "catalogue:write"
	// AnyResolution lets a caller record that a refund of any order was paid by hand.
	AnyResolution Scope = "orders:resolve"
	// AnyRefund lets a caller refund a part of what was paid for any order.
	AnyRefund Scope = "orders:refund"
)

// Scopes are all scopes.
func Scopes() []Scope { return []Scope{AnyOrder, AllEvents, AnyCatalogue, AnyResolution, AnyRefund} }

// Membership is a caller's membership of an owner's organisation.
type Membership struct {
	// OwnerID is the organisation's number.
	OwnerID string
	// Place is the one place, menu or drink that the membership is for, "" for everything
	// that the organisation has.
	Place string
	Level MemberLevel
	// Founded: the organisation was created for the caller, or the caller's API key is made
	// for it, so no member of an organisation has added the caller. The organisation may be
	// empty.
	Founded bool
}

// MemberLevel is what a member may do for the organisation.
type MemberLevel string

// The levels of members.
const (
	OwnerLevel MemberLevel = "owner"
	StaffLevel MemberLevel = "staff"
)

// Known reports whether the caller has an identity.
func (c Caller) Known() bool { return c.ID != "" }

// Is reports whether the caller has the role.
func (c Caller) Is(r Role) bool { return slices.Contains(c.Roles, r) }

// HasScope reports whether the caller has the scope.
func (c Caller) HasScope(s Scope) bool { return slices.Contains(c.Scopes, s) }
