package booking

import "time"

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
func (c Caller) Organisation() (ownerID string) {
	for _, m := range c.Memberships {
		if ownerID != "" && m.OwnerID != ownerID {
			return ""
		}
		ownerID = m.OwnerID
	}
	return ownerID
}
