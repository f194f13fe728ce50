package web

import (
	"net/http"

	"golang.org/x/text/language"

	"github.com/yeyak/yeyak/booking"
)

// languageCookie holds the language that a person has chosen.
const languageCookie = "yeyak_language"

// tags are the languages of the pages, the default first.
var tags = []language.Tag{language.English, language.Korean}

var spoken = []booking.Language{booking.English, booking.Korean}

var matcher = language.NewMatcher(tags)

// languageOf is the chosen language or, without a choice, the one that the browser prefers.
func languageOf(r *http.Request) booking.Language {
	chosen := ""
	if cookie, err := r.Cookie(languageCookie); err == nil {
		chosen = cookie.Value
	}
	_, at := language.MatchStrings(matcher, chosen, r.Header.Get("Accept-Language"))
	return spoken[at]
}

// yearLong is how long the choice is stored, in seconds.
const yearLong = 365 * 24 * 60 * 60

// chooseLanguage stores the language and shows the page again on which it was chosen.
func (p *Pages) chooseLanguage(v *visit) error {
	for _, l := range spoken {
		if v.field("language") == string(l) {
			http.SetCookie(v.c.Writer, v.cookie(languageCookie, string(l), yearLong))
		}
	}
	return v.goTo(ownPath(v.field("back")))
}
