package booking

// Decisions that are allowed on an order of any kind. Each of these functions returns nil
// or an *Error with the reason for the refusal; rules of one kind are in its own file.

// EffectiveStatus is the status that a decision is checked against: earlier decisions count
// although they may not have been carried out. reason is set once the order compensates, accepted
// once another decision was made.
func EffectiveStatus(s Status, reason Reason, accepted Status) Status {
	switch {
	case s.Final() || s == Cancelling:
		return s
	case reason != "":
		return Cancelling
	case accepted != "":
		return accepted
	default:
		return s
	}
}

// MayCancel: the customer may cancel until the order has ended. Repeating a cancellation
// that is under way is no error.
func MayCancel(s Status) error {
	if s == Cancelling {
		return nil
	}
	return refusalIfEnded(s, nil)
}

// SupersededBy is the answer to a decision that was accepted and came too late all the same,
// because the order went to s meanwhile.
func SupersededBy(s Status) error {
	return refusalIfEnded(s, Errorf(Superseded, "another decision came first: the order is %s", s))
}

// refusalIfEnded returns the refusal for an order that has ended or is being undone, and otherwise
// the given error.
func refusalIfEnded(s Status, otherwise *Error) error {
	switch s {
	case Cancelled:
		return Errorf(AlreadyCancelled, "the order is cancelled already")
	case Cancelling:
		return Errorf(BeingCancelled, "the order is being cancelled")
	case Delivered:
		return Errorf(AlreadyDelivered, "the order has been delivered")
	case Completed:
		return Errorf(AlreadyCompleted, "the order is completed")
	}
	if otherwise == nil {
		return nil
	}
	return otherwise
}
