package booking

import (
	"fmt"
	"time"
)

// Date is a calendar day such as 2026-12-24, without a time zone: the instant at which it
// begins depends on the place.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// DateOf is the calendar day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) midnightUTC() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

func (d Date) String() string { return d.midnightUTC().Format(time.DateOnly) }

// IsZero reports whether d was never set.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.midnightUTC().Before(e.midnightUTC()) }

// AddDays is the day n days after d.
func (d Date) AddDays(n int) Date { return DateOf(d.midnightUTC().AddDate(0, 0, n)) }

// DaysUntil counts the days from d to e: 2 from the 24th to the 26th.
func (d Date) DaysUntil(e Date) int {
	return int(e.midnightUTC().Sub(d.midnightUTC()) / (24 * time.Hour))
}

// AddYears is the same day n years after d, and March 1 for a February 29 that
// does not exist.
func (d Date) AddYears(n int) Date { return DateOf(d.midnightUTC().AddDate(n, 0, 0)) }

// At is the instant at which the clocks of loc show clock (a time of day, "15:00") on d,
// the first one if they show it twice. If they skip it, it is the first instant after the
// gap: on d, unless the gap ends with the day. Every date becomes an instant by At alone.
func (d Date) At(clock Clock, loc *time.Location) time.Time {
	wall := d.midnightUTC().Add(time.Duration(clock.Hour)*time.Hour + time.Duration(clock.Minute)*time.Minute)
	return firstInstant(wall, loc)
}

// Ends is the first instant of the next day in loc.
func (d Date) Ends(loc *time.Location) time.Time { return d.AddDays(1).At(Clock{}, loc) }

// MarshalText writes YYYY-MM-DD, and nothing for a date that was never set.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// Clock is a time of day to the minute.
type Clock struct{ Hour, Minute int }

// ParseClock reads HH:MM, 24 hours.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return Clock{}, fmt.Errorf("%q is not a time of day of the form HH:MM", s)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// After reports whether c comes later on a day than o.
func (c Clock) After(o Clock) bool { return c.Hour > o.Hour || c.Hour == o.Hour && c.Minute > o.Minute }

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// MarshalText writes HH:MM.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads HH:MM.
func (c *Clock) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClock(string(b))
	return err
}
