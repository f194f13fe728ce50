package booking

import "time"

// Decisions that are allowed on a reservation in its status. Each of these functions
// returns nil or an *Error with the reason for the refusal.

// MayConfirm: the owner may confirm or reject once, while the reservation waits for it.
func MayConfirm(s Status) error {
	switch s {
	case AwaitingOwner:
		return nil
	case Confirmed:
		return Errorf(AlreadyConfirmed, "the reservation is confirmed already")
	default:
		return refusalIfEnded(s, Errorf(NotAwaitingOwner, "the reservation does not wait for its owner: it is %s", s))
	}
}

// MayCancelStay: the customer may cancel until check-in. A reservation that is not
// confirmed yet may be cancelled at any time.
func MayCancelStay(s Status, now, checkIn time.Time) error {
	if err := MayCancel(s); err != nil {
		return err
	}
	if s == Confirmed && !now.Before(checkIn) {
		return Errorf(AlreadyCheckedIn, "check-in was at %s: it can no longer be cancelled", checkIn.Format(time.RFC3339))
	}
	return nil
}

// MayCheckOut: guests may check out early only after check-in.
func MayCheckOut(s Status, now, checkIn time.Time) error {
	if s != Confirmed {
		return refusalIfEnded(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	if now.Before(checkIn) {
		return Errorf(NotCheckedIn, "check-in is at %s: nobody can have checked out yet", checkIn.Format(time.RFC3339))
	}
	return nil
}

// MaySayNoShow: from check-in on, a confirmed reservation may be marked as a no-show.
func MaySayNoShow(s Status, now, checkIn time.Time) error {
	if s != Confirmed {
		return refusalIfEnded(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	if now.Before(checkIn) {
		return Errorf(NotCheckedIn, "check-in is at %s: the guests may still come", checkIn.Format(time.RFC3339))
	}
	return nil
}

// FirstFreeNight is the first night that guests who leave at left do not use. The night of
// a date begins at checkIn on that date; a night that has begun is used, even if the guests
// leave before its end. So guests who leave in the morning do not use the night of that
// date, and guests who leave after midnight use the one before. The first night of a stay
// is always used: stays last at least one night, so the result is after from and not after
// to.
func FirstFreeNight(from, to Date, checkIn Clock, left time.Time, loc *time.Location) Date {
	night := DateOf(left.In(loc))
	if !left.Before(night.At(checkIn, loc)) {
		night = night.AddDays(1)
	}
	switch {
	case !from.Before(night):
		return from.AddDays(1)
	case to.Before(night):
		return to
	default:
		return night
	}
}
