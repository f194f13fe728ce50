package api

import (
	"strings"

	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Yeyak-After names to a process which version of an order another process has shown to
// the client (see orders.List).

// Following is embedded in the inputs of lists of orders. (Huma finds
// parameters in embedded structs only if these are exported.)
type Following struct {
	After string `header:"Yeyak-After" maxLength:"100" pattern:"^[A-Za-z0-9_-]+@[0-9]{1,18}$" patternDescription:"the Yeyak-As-Of of an answer" doc:"The Yeyak-As-Of of an answer, perhaps from another process: the list waits until it shows that answer, half a second at most" example:"food-06gzvfahhdv2qeq77vmrpjqcg8@1764316800000000"`
}

// Behind is embedded in the outputs of lists of orders.
type Behind struct {
	Behind string `header:"Yeyak-Behind" doc:"Ids, with commas between them, of orders whose latest answer the list does not show yet; absent if there are none"`
}

func behind(ids []string) Behind { return Behind{strings.Join(ids, ", ")} }

// asOf names a version of an order.
func asOf(v contract.View) string { return orders.SeenIn(v).String() }

// seen is the order and version that After names, nil for none.
func (in Following) seen() *orders.Seen { return orders.ParseSeen(in.After) }
