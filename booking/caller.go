package booking

import "slices"

// Caller is the person or the program behind a request. The zero value is a
// caller without an identity, which may do what is public and nothing else.
type Caller struct {
	// Unchecked is set while authentication is off: the caller may do everything.
	Unchecked bool
	// ID is the number by which Yeyak knows the caller, as text: "1024". It says
	// nothing about the person, and is what workflows, events and logs carry.
	ID string
	// Name is how the issuer of the token, or the API key, calls them. It is for
	// people to read, and is kept in no order, event or log.
	Name        string
	Roles       []Role
	Scopes      []Scope
	Memberships []Membership
	// Incomplete: the caller may have more memberships, which could not be read.
	Incomplete bool
}

// SystemID is the id of no person: of what `yeyak`'s own commands decide unless they are
// told whose decision it is.
const SystemID = "system"

// Role is what a caller is to the business.
type Role string

// The roles. An owner is a member of an owner's organisation, a service is a
// program with an API key.
const (
	CustomerRole Role = "customer"
	OwnerRole    Role = "owner"
	CourierRole  Role = "courier"
	CleanerRole  Role = "cleaner"
	OperatorRole Role = "operator"
	ServiceRole  Role = "service"
)

// Roles are all roles, those of people first.
func Roles() []Role {
	return []Role{CustomerRole, OwnerRole, CourierRole, CleanerRole, OperatorRole, ServiceRole}
}

// Scope is a permission that no relation to an order gives.
type Scope string

// The scopes.
const (
	// AnyOrder lets a caller act for any customer, owner, courier or cleaner.
	AnyOrder Scope = "orders:any"
	// AllEvents is the whole feed of events, of everybody's orders.
	AllEvents Scope = "events:read"
	// AnyCatalogue lets a caller change places, menus, drinks and stock of any owner.
	AnyCatalogue Scope = "catalogue:write"
	// AnyResolution lets a caller say that a refund of any order was paid by hand.
	AnyResolution Scope = "orders:resolve"
	// AnyRefund lets a caller give back a part of what was paid for any order.
	AnyRefund Scope = "orders:refund"
)

// Scopes are all scopes.
func Scopes() []Scope { return []Scope{AnyOrder, AllEvents, AnyCatalogue, AnyResolution, AnyRefund} }

// Membership is the part that a caller has in an owner's organisation.
type Membership struct {
	// OwnerID is the organisation's number.
	OwnerID string
	// Place is the one place, menu or drink that the membership is for, "" for all
	// that the organisation has.
	Place string
	Level MemberLevel
	// Founded: the organisation began with the caller, or the caller's API key is made
	// for it: no other organisation's doing. It may have nothing.
	Founded bool
}

// MemberLevel is what a member may do for their organisation.
type MemberLevel string

// The levels of members.
const (
	OwnerLevel MemberLevel = "owner"
	StaffLevel MemberLevel = "staff"
)

// Known tells whether the caller has an identity.
func (c Caller) Known() bool { return c.ID != "" }

// Is tells whether the caller has the role.
func (c Caller) Is(r Role) bool { return slices.Contains(c.Roles, r) }

// HasScope tells whether the caller has the scope.
func (c Caller) HasScope(s Scope) bool { return slices.Contains(c.Scopes, s) }
