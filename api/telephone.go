package api

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/telephones"
)

// DefaultTelRegion is where a telephone number without + and a country's
// code belongs to, unless a server is told otherwise.
const DefaultTelRegion = "KR"

// readTelephone reads a telephone number the way people write it, and leaves it
// as what can be dialled from anywhere: E.164 and, where there is one, the
// extension as in a tel: URI (RFC 3966), +8221234567;ext=12.
func (f *faults) readTelephone(location string, tel *booking.Personal, region string) {
	if *tel == "" {
		return // the schema has complained
	}
	number, ok := telephones.Read(string(*tel), region)
	if !ok {
		f.add(location, "is not a telephone number: it begins with + and the country's code, or is one of %s", region)
		return
	}
	*tel = number
}
