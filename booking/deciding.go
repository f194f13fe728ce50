package booking

// What people may decide on an order of any kind. Each of these returns nil or
// an *Error that says why not; what is a kind's own stands in its own file.

// Standing is where an order stands for one who wants to decide: what has been
// decided counts, though it may not have been carried out yet. why is set once
// the order is given up, taken once something else was decided.
func Standing(s Status, why Reason, taken Status) Status {
	switch {
	case s.Final() || s == Cancelling:
		return s
	case why != "":
		return Cancelling
	case taken != "":
		return taken
	default:
		return s
	}
}

// MayCancel: the customer may cancel until the order is over. To ask for what
// is happening already is no mistake.
func MayCancel(s Status) error {
	if s == Cancelling {
		return nil
	}
	return ended(s, nil)
}

// Overtaken is for a decision that was taken and came too late all the same:
// the order went to s meanwhile.
func Overtaken(s Status) error {
	return ended(s, Errorf(Superseded, "another decision came first: the order is %s", s))
}

// ended answers for an order that is over or being undone, and otherwise
// with what the caller has to say.
func ended(s Status, otherwise *Error) error {
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
