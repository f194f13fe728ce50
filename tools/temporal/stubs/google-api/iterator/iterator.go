// Package iterator stands in for what ends Google's lists.
package iterator

import "errors"

// Done would end a list.
var Done = errors.New("no more items")
