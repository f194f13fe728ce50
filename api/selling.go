package api

import (
	"github.com/yeyak/yeyak/booking"
)

// Lists and changes of places, menus and drinks share these.

// Selection is embedded in the inputs of lists of what an owner sells. (Huma
// finds parameters in embedded structs only if these are exported.)
type Selection struct {
	OwnerID   name `query:"ownerId" doc:"Only what this owner sells" example:"olivia"`
	Withdrawn bool `query:"withdrawn" doc:"Only what was withdrawn; without it, only what was not"`
}

func (s Selection) filter() booking.CatalogueFilter {
	return booking.CatalogueFilter{OwnerID: string(s.OwnerID), Withdrawn: s.Withdrawn}
}
