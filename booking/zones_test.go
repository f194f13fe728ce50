package booking_test

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// zoneNames returns the names in zones.txt, each with its data.
func zoneNames(t *testing.T) (names []string) {
	t.Helper()
	index, err := os.ReadFile("zones.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(index)) {
		if name, _, _ := strings.Cut(line, " "); name != "#" {
			names = append(names, name)
		}
	}
	require.Greater(t, len(names), 500)
	return names
}

// distinct returns one zone for each distinct history: many names are only aliases.
func distinct(t *testing.T) (zones []*time.Location) {
	t.Helper()
	index, err := os.ReadFile("zones.txt")
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(index)) {
		name, where, _ := strings.Cut(line, " ")
		if name != "#" && !seen[where] {
			seen[where] = true
			zones = append(zones, zone(t, name))
		}
	}
	return zones
}

func TestZone_KnowsEveryName(t *testing.T) {
	t.Parallel()
	for _, name := range zoneNames(t) {
		require.Equal(t, name, zone(t, name).String())
	}
	for _, name := range []string{"Asia/Seoul", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "Asia/Kolkata", "Asia/Calcutta"} {
		require.Contains(t, zoneNames(t), name)
	}
}

func TestZone_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "Factory", "right/Asia/Seoul", "posix/Asia/Seoul", "posix/UTC",
		"asia/seoul", "Asia/seoul", " Asia/Seoul", "Asia", "Asia/", "../zoneinfo/UTC", "/etc/localtime", "zone.tab", "#",
		"Mars/Olympus_Mons", "KST", "UTC+9", "EST5",
	} {
		_, err := booking.Zone(name)
		require.ErrorContains(t, err, "is not the name of a time zone", name)
	}
}

// TestZones_AreCurrent: the committed data is Go's tz database. An older Go that builds
// this has older data; a newer one requires an update.
func TestZones_AreCurrent(t *testing.T) {
	t.Parallel()
	const remedy = "run `go generate ./booking`"
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	source := filepath.Join(strings.TrimSpace(string(root)), "lib", "time")
	script, err := os.ReadFile(filepath.Join(source, "update.bash"))
	require.NoError(t, err)
	theirs := regexp.MustCompile(`(?m)^DATA=(\w+)$`).FindStringSubmatch(string(script))[1]
	index, err := os.ReadFile("zones.txt")
	require.NoError(t, err)
	ours := regexp.MustCompile(`tz database (\w+):`).FindStringSubmatch(string(index))[1]
	require.GreaterOrEqual(t, ours, theirs, remedy)
	if ours > theirs {
		return
	}

	data, err := os.ReadFile("zones.dat")
	require.NoError(t, err)
	files, err := zip.OpenReader(filepath.Join(source, "zoneinfo.zip"))
	require.NoError(t, err)
	defer files.Close()
	var names []string
	for _, f := range files.File {
		if strings.HasSuffix(f.Name, "/") || f.Name == "Factory" {
			continue
		}
		names = append(names, f.Name)
		in, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		require.Contains(t, string(data), string(content), "%s: %s", f.Name, remedy)
		want, err := time.LoadLocationFromTZData(f.Name, content)
		require.NoError(t, err)
		require.Equal(t, want, zone(t, f.Name), "%s: %s", f.Name, remedy)
	}
	require.ElementsMatch(t, names, zoneNames(t), remedy)
}

// The ten years in which every change of every zone is checked.
var (
	firstDay = booking.Date{Year: 2026, Month: time.January, Day: 1}
	lastDay  = firstDay.AddYears(10)
)

// changes lists the instants at which the clocks of loc change in the ten years.
func changes(loc *time.Location) (at []time.Time) {
	const step = 6 * time.Hour
	offset := func(t time.Time) int { _, o := t.In(loc).Zone(); return o }
	end := time.Date(lastDay.Year, lastDay.Month, lastDay.Day, 0, 0, 0, 0, time.UTC)
	for from := time.Date(firstDay.Year, firstDay.Month, firstDay.Day, 0, 0, 0, 0, time.UTC); from.Before(end); from = from.Add(step) {
		low, high := from, from.Add(step)
		if offset(low) == offset(high) {
			continue
		}
		for high.Sub(low) > time.Second {
			if middle := low.Add(high.Sub(low) / 2).Truncate(time.Second); offset(middle) == offset(low) {
				low = middle
			} else {
				high = middle
			}
		}
		at = append(at, high)
	}
	return at
}

// shown is what clocks in loc show at t, written as UTC.
func shown(t time.Time, loc *time.Location) time.Time {
	_, offset := t.In(loc).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// TestDate_AtAroundEveryChange goes through every minute around every change of every zone,
// and compares At with the clocks read minute by minute.
func TestDate_AtAroundEveryChange(t *testing.T) {
	t.Parallel()
	const around = 5 * time.Hour
	count := 0
	for _, loc := range distinct(t) {
		for _, change := range changes(loc) {
			count++
			at := change.Add(-around - 26*time.Hour)
			first, last := shown(change, loc).Add(-around).Truncate(time.Minute), shown(change, loc).Add(around)
			for wall := first; wall.Before(last); wall = wall.Add(time.Minute) {
				for shown(at, loc).Before(wall) { // at never goes back: a later wall has no earlier instant
					at = at.Add(time.Minute)
				}
				day, clock := booking.DateOf(wall), booking.Clock{Hour: wall.Hour(), Minute: wall.Minute()}
				got := day.At(clock, loc)
				if !got.Equal(at) {
					require.Equal(t, at.In(loc), got, "%s %s in %s", day, clock, loc)
				}
				if on := booking.DateOf(got); on != day {
					require.Equal(t, day.Ends(loc), got, "%s %s in %s is on %s", day, clock, loc, on)
					require.Equal(t, change, got.UTC(), "%s %s in %s was not skipped", day, clock, loc)
				}
			}
		}
	}
	require.Greater(t, count, 1000)
}

// TestDate_EveryDayOfEveryZone: days follow each other without a gap, each begins and ends
// on its date, and times of day come in their order.
func TestDate_EveryDayOfEveryZone(t *testing.T) {
	t.Parallel()
	for _, loc := range distinct(t) {
		begins := firstDay.At(booking.Clock{}, loc)
		for day := firstDay; day.Before(lastDay); day = day.AddDays(1) {
			ends := day.Ends(loc)
			noon, lastMinute := day.At(booking.Clock{Hour: 12}, loc), day.At(booking.Clock{Hour: 23, Minute: 59}, loc)
			if booking.DateOf(begins) != day || booking.DateOf(ends.Add(-time.Nanosecond)) != day ||
				!begins.Before(noon) || !noon.Before(lastMinute) || lastMinute.After(ends) {
				require.Fail(t, "a day that is not one", "%s in %s: %s, %s, %s, %s", day, loc, begins, noon, lastMinute, ends)
			}
			begins = ends
		}
	}
}
