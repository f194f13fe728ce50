package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Labelled is embedded in the inputs of answers with words in them. (Huma finds
// parameters in embedded structs only if these are exported.)
type Labelled struct {
	AcceptLanguage string `header:"Accept-Language" doc:"Languages of labels by preference: ko or en; en by default" example:"ko"`
}

func (l Labelled) language() language { return preferred(l.AcceptLanguage) }

// Localized is embedded in the outputs with words in them.
type Localized struct {
	ContentLanguage string `header:"Content-Language"`
	Vary            string `header:"Vary"`
}

// language is the language of an answer.
type language booking.Language

func (l language) localized() Localized {
	return Localized{ContentLanguage: string(l), Vary: "Accept-Language"}
}

func (l language) describe(h http.Header) {
	h.Set("Content-Language", string(l))
	h.Set("Vary", "Accept-Language")
}

// preferred picks the language with the highest weight in an Accept-Language header,
// the first of equals (RFC 9110, 12.5.4). Elements that are not valid and languages
// without translation are ignored.
func preferred(header string) language {
	best, weight := language(booking.English), 0.0
	for _, part := range strings.Split(header, ",") {
		tag, params, _ := strings.Cut(part, ";")
		l, spoken := spokenLanguage(tag)
		if q := quality(params); spoken && q > weight {
			best, weight = l, q
		}
	}
	return best
}

func spokenLanguage(tag string) (language, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch l := booking.Language(primary); l {
	case booking.Korean, booking.English:
		return language(l), true
	case "*":
		return language(booking.English), true
	default:
		return "", false
	}
}

// quality parses the weight of a header element: 1 if it has none, 0 if it is not
// valid.
func quality(params string) float64 {
	for _, param := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
