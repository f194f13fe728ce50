package booking_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func date(t *testing.T, s string) booking.Date {
	t.Helper()
	d, err := booking.ParseDate(s)
	require.NoError(t, err)
	return d
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := booking.Zone(name)
	require.NoError(t, err)
	return loc
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	require.Equal(t, booking.Date{Year: 2026, Month: time.December, Day: 24}, date(t, "2026-12-24"))
	require.Equal(t, booking.Date{Year: 2028, Month: time.February, Day: 29}, date(t, "2028-02-29"))
	for _, s := range []string{
		"", "24.12.2026", "2026-12-24T00:00:00Z", "2026-1-2", " 2026-12-24", "2026-12-24 ",
		"2027-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
	} {
		_, err := booking.ParseDate(s)
		require.ErrorContains(t, err, "YYYY-MM-DD", s)
	}
}

func TestDateOf_IsTheDayInTheInstantsOwnZone(t *testing.T) {
	t.Parallel()
	evening := time.Date(2026, time.December, 24, 20, 0, 0, 0, time.UTC)
	require.Equal(t, date(t, "2026-12-24"), booking.DateOf(evening))
	require.Equal(t, date(t, "2026-12-25"), booking.DateOf(evening.In(zone(t, "Asia/Seoul"))))
	require.Equal(t, date(t, "2026-12-24"), booking.DateOf(evening.In(zone(t, "America/Los_Angeles"))))
}

func TestDate_Arithmetic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to string
		days     int
	}{
		{"2026-12-24", "2026-12-26", 2},
		{"2026-12-31", "2027-01-01", 1},
		{"2028-02-28", "2028-03-01", 2}, // a leap year
		{"2027-02-28", "2027-03-01", 1},
		{"2028-02-29", "2029-02-28", 365},
		{"2028-01-01", "2029-01-01", 366},
		{"2026-03-28", "2026-03-30", 2}, // Europe's clocks go forward on the 29th
		{"2026-10-24", "2026-10-26", 2}, // and back on the 25th
		{"2026-12-24", "2026-12-24", 0},
		{"2026-12-26", "2026-12-24", -2},
	} {
		from, to := date(t, tt.from), date(t, tt.to)
		require.Equal(t, tt.days, from.DaysUntil(to), "%s to %s", from, to)
		require.Equal(t, to, from.AddDays(tt.days), "%s + %d", from, tt.days)
		require.Equal(t, tt.days > 0, from.Before(to), "%s before %s", from, to)
	}
}

func TestDate_AddYears(t *testing.T) {
	t.Parallel()
	require.Equal(t, date(t, "2028-12-24"), date(t, "2026-12-24").AddYears(2))
	require.Equal(t, date(t, "2030-03-01"), date(t, "2028-02-29").AddYears(2))
}

func TestDate_EveryDayFollowsTheOneBefore(t *testing.T) {
	t.Parallel()
	first := date(t, "2026-01-01")
	for n := range 4 * 366 {
		day := first.AddDays(n)
		require.Equal(t, n, first.DaysUntil(day))
		require.True(t, day.Before(day.AddDays(1)))
		require.Equal(t, day, date(t, day.String()))
	}
}

func TestDate_At(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ day, clock, zone, want string }{
		"Seoul":         {"2026-12-24", "15:00", "Asia/Seoul", "2026-12-24T06:00:00Z"},
		"Summer":        {"2026-03-29", "15:00", "Europe/Berlin", "2026-03-29T13:00:00Z"},
		"BeforeSummer":  {"2026-03-28", "15:00", "Europe/Berlin", "2026-03-28T14:00:00Z"},
		"Winter":        {"2026-10-25", "11:00", "Europe/Berlin", "2026-10-25T10:00:00Z"},
		"BeforeWinter":  {"2026-10-24", "11:00", "Europe/Berlin", "2026-10-24T09:00:00Z"},
		"LeapDay":       {"2028-02-29", "00:00", "Asia/Seoul", "2028-02-28T15:00:00Z"},
		"HalfAnHourOff": {"2026-12-24", "23:59", "Asia/Kolkata", "2026-12-24T18:29:00Z"},
	} {
		clock, err := booking.ParseClock(tt.clock)
		require.NoError(t, err)
		got := date(t, tt.day).At(clock, zone(t, tt.zone))
		require.Equal(t, tt.want, got.UTC().Format(time.RFC3339), name)
	}
}

// A time of day that the clocks skip becomes the end of the gap; of one that they show
// twice, the first counts.
func TestDate_AtATimeThatDoesNotExist(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ day, clock, zone, want string }{
		"Gap":              {"2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T03:00:00+02:00"},
		"BeginningOfGap":   {"2026-03-29", "02:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00"},
		"EndOfGap":         {"2026-03-29", "03:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00"},
		"Midnight":         {"2027-09-05", "00:00", "America/Santiago", "2027-09-05T01:00:00-03:00"},
		"HalfPastMidnight": {"2027-09-05", "00:30", "America/Santiago", "2027-09-05T01:00:00-03:00"},
		"GapUntilMidnight": {"2027-03-27", "23:30", "America/Nuuk", "2027-03-28T00:00:00-01:00"},
		"Twice":            {"2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"},
		"MidnightTwice":    {"2026-11-01", "00:00", "America/Havana", "2026-11-01T00:00:00-04:00"},
		"BeforeMidnight":   {"2027-04-03", "23:30", "America/Santiago", "2027-04-03T23:30:00-03:00"},
		"HalfAnHourOnly":   {"2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"},
	} {
		clock, err := booking.ParseClock(tt.clock)
		require.NoError(t, err)
		require.Equal(t, tt.want, date(t, tt.day).At(clock, zone(t, tt.zone)).Format(time.RFC3339), name)
	}
	last := date(t, "2027-09-04").Ends(zone(t, "America/Santiago"))
	require.Equal(t, "2027-09-05T04:00:00Z", last.UTC().Format(time.RFC3339))
}

func TestDate_RoundTrip(t *testing.T) {
	t.Parallel()
	type stay struct {
		CheckIn booking.Date `json:"checkIn"`
	}
	for text, day := range map[string]booking.Date{
		`{"checkIn":"2028-02-29"}`: {Year: 2028, Month: time.February, Day: 29},
		`{"checkIn":"0987-06-05"}`: {Year: 987, Month: time.June, Day: 5},
		`{"checkIn":""}`:           {}, // never set
	} {
		written, err := json.Marshal(stay{day})
		require.NoError(t, err)
		require.JSONEq(t, text, string(written))
		read := stay{booking.Date{Year: 1, Month: 1, Day: 1}}
		require.NoError(t, json.Unmarshal(written, &read))
		require.Equal(t, day, read.CheckIn)
	}
	require.Error(t, json.Unmarshal([]byte(`{"checkIn":"2027-02-29"}`), &stay{}))
	require.True(t, booking.Date{}.IsZero())
	require.False(t, date(t, "2026-12-24").IsZero())
}

func TestClock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]booking.Clock{
		"00:00": {}, "09:05": {Hour: 9, Minute: 5}, "15:00": {Hour: 15}, "23:59": {Hour: 23, Minute: 59},
	} {
		c, err := booking.ParseClock(text)
		require.NoError(t, err)
		require.Equal(t, want, c)
		require.Equal(t, text, c.String())

		written, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, `"`+text+`"`, string(written))
		read := booking.Clock{Hour: 1, Minute: 1}
		require.NoError(t, json.Unmarshal(written, &read))
		require.Equal(t, want, read)
	}
	for _, text := range []string{"", "noon", "24:00", "12:60", "12:00:00", "3 PM", "12"} {
		_, err := booking.ParseClock(text)
		require.ErrorContains(t, err, "HH:MM", text)
		require.Error(t, new(booking.Clock).UnmarshalText([]byte(text)))
	}
	require.True(t, booking.Clock{Hour: 15}.After(booking.Clock{Hour: 11, Minute: 30}))
	require.True(t, booking.Clock{Hour: 15, Minute: 1}.After(booking.Clock{Hour: 15}))
	require.False(t, booking.Clock{Hour: 15}.After(booking.Clock{Hour: 15}))
	require.False(t, booking.Clock{Hour: 11, Minute: 59}.After(booking.Clock{Hour: 15}))
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		is      time.Duration
		written string
	}{
		"36h":     {36 * time.Hour, "36h"},
		"20h0m0s": {20 * time.Hour, "20h"},
		"90m":     {90 * time.Minute, "1h30m"},
		"1h30m0s": {90 * time.Minute, "1h30m"},
		"10m":     {10 * time.Minute, "10m"},
		"1h0m5s":  {time.Hour + 5*time.Second, "1h0m5s"},
		"10s":     {10 * time.Second, "10s"},
		"1.5s":    {1500 * time.Millisecond, "1.5s"},
		"0s":      {0, "0s"},
	} {
		var d booking.Duration
		require.NoError(t, d.UnmarshalText([]byte(text)))
		require.Equal(t, booking.Duration(want.is), d)

		written, err := json.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, `"`+want.written+`"`, string(written))
		var read booking.Duration
		require.NoError(t, json.Unmarshal(written, &read))
		require.Equal(t, d, read)
	}
	for _, text := range []string{"", "36", "a day", "1d"} {
		require.Error(t, new(booking.Duration).UnmarshalText([]byte(text)), text)
		require.Error(t, json.Unmarshal([]byte(strconv.Quote(text)), new(booking.Duration)), text)
	}
	for _, wrong := range []string{"1.5", "1e9", "99999999999999999999", "true", "{}", "[]"} {
		require.Error(t, json.Unmarshal([]byte(wrong), new(booking.Duration)), wrong)
	}
}

// TestDuration_Number: inputs of orders that an earlier build began hold nanoseconds.
func TestDuration_Number(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]time.Duration{"1800000000000": 30 * time.Minute, "0": 0, "-1000000000": -time.Second, "null": 0} {
		var d booking.Duration
		require.NoError(t, json.Unmarshal([]byte(number), &d))
		require.Equal(t, booking.Duration(want), d)
	}
}

// Stored data may break rules of today: it is never read as something else.
func TestFault(t *testing.T) {
	t.Parallel()
	place := booking.Place{TimeZone: "Asia/Seoul", Confirmation: booking.Manual}
	require.NoError(t, place.Fault())
	require.NoError(t, booking.Drink{TimeZone: "Asia/Seoul"}.Fault())
	for _, none := range []string{"", "Mars/Olympus_Mons", "Factory", "Local"} { // the machine may know these zones
		place.TimeZone = none
		require.ErrorContains(t, place.Fault(), "time zone \""+none+"\" is none that there is")
		require.ErrorContains(t, booking.Drink{TimeZone: none}.Fault(), "is none that there is")
	}
	require.ErrorContains(t, booking.Place{TimeZone: "UTC", Confirmation: "Manual"}.Fault(), `confirmation "Manual" is neither auto nor manual`)
}
