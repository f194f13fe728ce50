// Package retry stands in for what tells which errors of Amazon's pass by.
package retry

// Standard takes none for one that passes by.
type Standard struct{}

// NewStandard is a Standard.
func NewStandard() Standard { return Standard{} }

// IsErrorRetryable is false.
func (Standard) IsErrorRetryable(error) bool { return false }
