package activities

import "context"

// RecordDecision does nothing. Being scheduled is what it is for: it makes the
// engine record the workflow task in which a decision came, before the saga
// acts on the decision.
func RecordDecision(context.Context) error { return nil }
