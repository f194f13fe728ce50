package audit

import "time"

// untaken is for how long an order may be in the inbox without a dispatcher that
// tries to start it.
const untaken = 5 * time.Minute

// inInbox tells what is wrong with an order whose saga is still to be started.
func (f *facts) inInbox(now time.Time) []Finding {
	k := f.kept
	if k == nil {
		return nil
	}
	taken := k.ReceivedAt
	if k.LeasedUntil.After(taken) {
		taken = k.LeasedUntil
	}
	switch {
	case taken.After(now): // a dispatcher is about to settle it
		return nil
	case f.life != unknown && f.life != forgotten && k.Withdrawal == nil:
		return f.finds(Inbox, "it is settled when an API runs", "its saga was started, and it still waits in the inbox")
	case now.Sub(taken) > untaken:
		return f.finds(Inbox, "start an API: each dispatches the inbox", "no dispatcher has taken it out of the inbox since %s", taken.UTC().Format(time.RFC3339))
	default:
		return nil
	}
}
