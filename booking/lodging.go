package booking

import "time"

// What a lodging reservation's people may decide depends on where it stands.
// Each of these returns nil or an *Error that says why not.

// Standing is where an order stands for one who wants to decide: what has been
// decided counts, though it may not have been carried out yet. why is set once
// the order is given up, taken once something else was decided.
func Standing(s Status, why Reason, taken Status) Status {
	switch {
	case s.Final():
		return s
	case why != "":
		return Cancelling
	case taken != "":
		return taken
	default:
		return s
	}
}

// MayConfirm: the owner confirms or rejects once, while the reservation waits
// for it.
func MayConfirm(s Status) error {
	switch s {
	case AwaitingOwner:
		return nil
	case Confirmed:
		return Errorf(AlreadyConfirmed, "the reservation is confirmed already")
	default:
		return ended(s, Errorf(NotAwaitingOwner, "the reservation does not wait for its owner: it is %s", s))
	}
}

// MayCancel: the customer may cancel until check-in. A reservation that nobody
// has confirmed yet may be cancelled at any time.
func MayCancel(s Status, now, checkIn time.Time) error {
	if err := ended(s, nil); err != nil && s != Cancelling {
		return err
	}
	if s == Confirmed && !now.Before(checkIn) {
		return Errorf(AlreadyCheckedIn, "check-in was at %s: it can no longer be cancelled", checkIn.Format(time.RFC3339))
	}
	return nil
}

// MayComplete: guests check out early only after they have checked in.
func MayComplete(s Status, now, checkIn time.Time) error {
	if s != Confirmed {
		return ended(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	if now.Before(checkIn) {
		return Errorf(NotCheckedIn, "check-in is at %s: nobody can have checked out yet", checkIn.Format(time.RFC3339))
	}
	return nil
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
	case Completed:
		return Errorf(AlreadyCompleted, "the order is completed")
	}
	if otherwise == nil {
		return nil
	}
	return otherwise
}
