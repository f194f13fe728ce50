package booking

import "time"

// What a lodging reservation's people may decide depends on where it stands.
// Each of these returns nil or an *Error that says why not.

// MayConfirm and MayReject: the owner decides once, while the reservation
// waits for it.
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

// MayReject is MayConfirm: the two are one decision.
func MayReject(s Status) error { return MayConfirm(s) }

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
