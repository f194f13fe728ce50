package api

import (
	"github.com/yeyak/yeyak/booking"
)

// Lists and changes of places, menus and drinks share these.

// Selection is embedded in the inputs of lists of what an owner sells. (Huma
// finds parameters in embedded structs only if these are exported.)
type Selection struct {
	OwnerID   name `query:"ownerId" doc:"Only items that this owner sells" example:"olivia"`
	Withdrawn bool `query:"withdrawn" doc:"true: only withdrawn items; by default only items that are not withdrawn"`
}

func (s Selection) filter() booking.CatalogueFilter {
	return booking.CatalogueFilter{OwnerID: string(s.OwnerID), Withdrawn: s.Withdrawn}
}
