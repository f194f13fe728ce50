package api

import (
	"context"

	"github.com/yeyak/yeyak/internal/orders"
)

// callerOf is the caller of a request. Only a new order names one, in its body:
// see placing.
func callerOf(context.Context) orders.Caller { return orders.Caller{} }
