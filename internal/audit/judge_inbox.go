package audit

import "time"

// untaken is how long an order may stay in the inbox, and a decision may wait, before a
// process tries to settle it.
const untaken = 5 * time.Minute

// inInbox checks an order whose saga is not started yet.
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
	case taken.After(now): // a dispatcher has leased it
		return nil
	case f.life != unknown && f.life != forgotten && k.Withdrawal == nil:
		return f.finds(Inbox, "it is settled when an API runs", "its saga was started, and it still waits in the inbox")
	case now.Sub(taken) > untaken:
		return f.finds(Inbox, "start an API: each dispatches the inbox", "no dispatcher has taken it out of the inbox since %s", taken.UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// undelivered finds decisions on the order that no process delivers. Later ones wait
// for the first.
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
