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

// MaySayNoShow: from check-in on it may be said of a reservation that stands that
// its guests have not come.
func MaySayNoShow(s Status, now, checkIn time.Time) error {
	if s != Confirmed {
		return ended(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	if now.Before(checkIn) {
		return Errorf(NotCheckedIn, "check-in is at %s: the guests may still come", checkIn.Format(time.RFC3339))
	}
	return nil
}

// FirstFreeNight is the first night that guests who leave at left do not use.
// The night of a date begins when guests may come on it, at checkIn; a night
// that has begun is used, also by guests who leave before its end. So guests who
// leave in the morning do not use the night of that date, and guests who leave
// after midnight use the one before. The first night of a stay is always used:
// stays are from one date to another, and the result is after from and not
// after to.
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
