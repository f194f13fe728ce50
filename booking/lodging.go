package booking

import "time"

// What a reservation's people may decide depends on where it stands. Each of
// these returns nil or an *Error that says why not.

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

// MayCancelStay: the customer may cancel until check-in. A reservation that
// nobody has confirmed yet may be cancelled at any time.
func MayCancelStay(s Status, now, checkIn time.Time) error {
	if err := MayCancel(s); err != nil {
		return err
	}
	if s == Confirmed && !now.Before(checkIn) {
		return Errorf(AlreadyCheckedIn, "check-in was at %s: it can no longer be cancelled", checkIn.Format(time.RFC3339))
	}
	return nil
}

// MayCheckOut: guests check out early only after they have checked in.
func MayCheckOut(s Status, now, checkIn time.Time) error {
	if s != Confirmed {
		return ended(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	if now.Before(checkIn) {
		return Errorf(NotCheckedIn, "check-in is at %s: nobody can have checked out yet", checkIn.Format(time.RFC3339))
	}
	return nil
}
