package booking

import (
	"slices"
	"time"
)

// Member is a person with their part in an owner's organisation. The owner with
// whom an organisation began is one without being listed.
type Member struct {
	PersonID string
	Membership
	// By is who gave them this part, At when.
	By string
	At time.Time
}

// MemberLevels are all levels.
func MemberLevels() []MemberLevel { return []MemberLevel{OwnerLevel, StaffLevel} }

// Organisation is the one organisation that the caller is a member of, "" if there
// is none or another one.
func (c Caller) Organisation() string { return only(c.Memberships) }

// Founded is the organisation that began with the caller, or that its API key is for, "" if none did.
func (c Caller) Founded() string { return only(c.memberships(true)) }

// Joined is the one organisation that the caller was made a member of, "" if there is
// none or another one.
func (c Caller) Joined() string { return only(c.memberships(false)) }

func (c Caller) memberships(founded bool) []Membership {
	return slices.DeleteFunc(slices.Clone(c.Memberships), func(m Membership) bool { return m.Founded != founded })
}

// only is the organisation that all memberships are of.
func only(memberships []Membership) (ownerID string) {
	for _, m := range memberships {
		if ownerID != "" && m.OwnerID != ownerID {
			return ""
		}
		ownerID = m.OwnerID
	}
	return ownerID
}
