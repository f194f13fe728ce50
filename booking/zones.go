package booking

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Time zones come from this package only: the system's own may be of another year, and
// contains names that are no zone of any place. They are those of the tz database that Go
// carries; zones.txt lists their names.
//
//go:generate go run ../tools/zones
var (
	//go:embed zones.txt
	zoneIndex string
	//go:embed zones.dat
	zoneData string
)

// extent is the position of a zone's data in zoneData.
type extent struct{ offset, length int }

var zoneExtents = sync.OnceValue(func() map[string]extent {
	extents := map[string]extent{}
	for line := range strings.Lines(zoneIndex) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] == "#" {
			continue
		}
		offset, _ := strconv.Atoi(fields[1])
		length, _ := strconv.Atoi(fields[2])
		extents[fields[0]] = extent{offset, length}
	}
	return extents
})

// Zone is the time zone of the name. Fails if zones.txt does not list it.
func Zone(name string) (*time.Location, error) {
	e, known := zoneExtents()[name]
	if !known {
		return nil, fmt.Errorf("%q is not the name of a time zone such as Asia/Seoul", name)
	}
	return time.LoadLocationFromTZData(name, []byte(zoneData[e.offset:e.offset+e.length]))
}

// zoneOrUTC is the time zone of the name, UTC if there is none. Fault excludes such names
// for what is sold.
func zoneOrUTC(name string) *time.Location {
	loc, err := Zone(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// firstInstant is the first instant at which the clocks of loc show wall or later; wall is
// what they show, written as UTC. A skipped time becomes the end of the gap; of a time that
// they show twice the first counts. A later wall never gives an earlier instant.
func firstInstant(wall time.Time, loc *time.Location) time.Time {
	// No clock is a day ahead of UTC. Below, every instant before t shows less than wall.
	t := wall.Add(-24 * time.Hour).In(loc)
	for {
		_, until := t.ZoneBounds()
		if !until.IsZero() && !until.After(t) { // in leap years, bounds at the year's end are a day short
			until = t.Add(time.Hour)
		}
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		switch {
		case at.Before(t): // the change at t has skipped it
			return t
		case until.IsZero() || at.Before(until):
			return at
		}
		t = until
	}
}
