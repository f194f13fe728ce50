package api

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/telephones"
)

// DefaultTelRegion is the country of telephone numbers without + and a country code,
// unless it is configured.
const DefaultTelRegion = "KR"

// readTelephone parses a telephone number and replaces it with E.164 and, if there is
// one, the extension as in a tel: URI (RFC 3966): +8221234567;ext=12.
func (f *faults) readTelephone(location string, tel *booking.Personal, region string) {
	if *tel == "" {
		return // the schema reports the fault
	}
	number, ok := telephones.Read(string(*tel), region)
	if !ok {
		f.add(location, "is not a telephone number: it begins with + and the country's code, or is one of %s", region)
		return
	}
	*tel = number
}
