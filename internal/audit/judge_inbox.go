package audit

import "time"

// undispatched is how long an order may stay in the inbox, and a decision may wait, before a
// process tries to deliver it.
const undispatched = 5 * time.Minute

// inInbox checks an order whose saga is not started yet.
func (f *facts) inInbox(now time.Time) []Finding {
	k := f.kept
	if k == nil {
		return nil
	}
	lastTried := k.ReceivedAt
	if k.LeasedUntil.After(lastTried) {
		lastTried = k.LeasedUntil
	}
	switch {
	case lastTried.After(now): // a dispatcher has leased it
		return nil
	case f.life != unknown && f.life != forgotten && k.Withdrawal == nil:
		return f.finds(Inbox, "start an API: each ends it", "its saga was started, and it still waits in the inbox")
	case now.Sub(lastTried) > undispatched:
		return f.finds(Inbox, "start an API: each dispatches the inbox", "no dispatcher has taken it out of the inbox since %s", lastTried.UTC().Format(time.RFC3339))
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
	lastTried := k.DecidedAt
	if k.LeasedUntil.After(lastTried) {
		lastTried = k.LeasedUntil
	}
	if now.Sub(lastTried) <= undispatched {
		return nil
	}
	return f.finds(Decision, "start an API: each delivers kept decisions", "its %s of %s waits to be delivered, and nothing has tried to since %s",
		k.Update, k.DecidedAt.UTC().Format(time.RFC3339), lastTried.UTC().Format(time.RFC3339))
}
