package audit

import "time"

// untaken is for how long an order may be in the inbox, and a decision may wait,
// without a process that tries to settle it.
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

// undelivered tells of decisions on the order that nothing delivers. Those behind
// another one wait for that.
func (f *facts) undelivered(now time.Time) (found []Finding) {
	if len(f.decided) == 0 {
		return nil
	}
	k := f.decided[0]
	taken := k.DecidedAt
	if k.LeasedUntil.After(taken) {
		taken = k.LeasedUntil
	}
	if now.Sub(taken) <= untaken {
		return nil
	}
	return f.finds(Decision, "start an API: each delivers kept decisions", "its %s of %s waits to be delivered, and nothing has tried to since %s",
		k.Update, k.DecidedAt.UTC().Format(time.RFC3339), taken.UTC().Format(time.RFC3339))
}
