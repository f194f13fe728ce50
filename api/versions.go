package api

import (
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/workflows/contract"
)

// Conditional is embedded in the inputs of decisions that may depend on the version of
// the order that the caller has seen. (Huma finds parameters in embedded structs only
// if these are exported.)
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"30" pattern:"^(\\*|\"[0-9]{1,18}\")$" patternDescription:"the ETag of an answer, or *" doc:"The ETag of the order as the caller has seen it: if it has changed since, nothing is done (412). Such a decision is not kept for an order that cannot be reached" example:"\"1764316800000000\""`
}

// seenVersion is the required version of the order, 0 for any.
func (in Conditional) seenVersion() int64 {
	version, err := strconv.ParseInt(strings.Trim(in.IfMatch, `"`), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// etag names the version of an order.
func etag(v contract.View) string { return strconv.Quote(strconv.FormatInt(v.Version, 10)) }
