package booking

import (
	"slices"
	"time"
)

// Member is a person with a level in an owner's organisation. The owner for whom the
// organisation was created is a member without being listed.
type Member struct {
	PersonID string
	Membership
	// By is the caller that gave them this level, At when.
	By string
	At time.Time
}

// MemberLevels are all levels.
func MemberLevels() []MemberLevel { return []MemberLevel{OwnerLevel, StaffLevel} }

// Organisation is the one organisation that the caller is a member of, "" if there is none
// or more than one.
func (c Caller) Organisation() string { return only(c.Memberships) }

// Founded is the organisation created for the caller, or the one that its API key is for,
// "" if there is none or more than one.
func (c Caller) Founded() string { return only(c.memberships(true)) }

// Joined is the one organisation that the caller was added to, "" if there is none or more
// than one.
func (c Caller) Joined() string { return only(c.memberships(false)) }

func (c Caller) memberships(founded bool) []Membership {
	return slices.DeleteFunc(slices.Clone(c.Memberships), func(m Membership) bool { return m.Founded != founded })
}

// only is the organisation of all memberships, "" if there is none or more than one.
func only(memberships []Membership) (ownerID string) {
	for _, m := range memberships {
		if ownerID != "" && m.OwnerID != ownerID {
			return ""
		}
		ownerID = m.OwnerID
	}
	return ownerID
}
