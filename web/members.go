package web

import (
	"context"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// Members are the members of owners' organisations, without the owner for whom each was
// created.
type Members interface {
	// Memberships lists the organisations that a person is a member of.
	Memberships(ctx context.Context, personID string) ([]booking.Membership, error)
}

// withMemberships is the caller with the organisations that an owner is a member of. While
// they cannot be read, owners act for the organisation of their token, and the caller is
// Incomplete, as in the API.
func (p *Pages) withMemberships(ctx context.Context, caller booking.Caller) booking.Caller {
	if p.Members == nil || !caller.Known() || !caller.Is(booking.OwnerRole) {
		return caller
	}
	others, err := p.Members.Memberships(ctx, caller.ID)
	caller.Memberships = slices.Concat(caller.Memberships, others)
	caller.Incomplete = err != nil
	return caller
}

// part is what an owner's page is about: an organisation, or one place, menu or drink of
// it.
type part struct{ ownerID, itemID string }

// thing is the part as the object of an action.
func (p part) thing() booking.Thing { return booking.Thing{OwnerID: p.ownerID, ItemID: p.itemID} }

// mostParts is how many organisations and items a page shows lists of at once.
const mostParts = 20

// parts lists what the pages of an owner are about: everything that the caller is a member
// of. A caller that acts for every owner names one, as `owner`.
func (v *visit) parts() (parts []part) {
	if owner := v.field("owner"); booking.IsName(owner) && v.caller.AlwaysAllowed(booking.ListOrders) {
		return []part{{ownerID: owner}}
	}
	for _, m := range v.caller.Memberships {
		whole := slices.Contains(parts, part{ownerID: m.OwnerID})
		if p := (part{m.OwnerID, m.Place}); !whole && !slices.Contains(parts, p) && len(parts) < mostParts {
			parts = append(parts, p)
		}
	}
	return parts
}
