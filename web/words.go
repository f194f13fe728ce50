package web

import (
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"github.com/yeyak/yeyak/booking"
)

// entry is one word, phrase or sentence in each language. English may have a singular
// before a bar: "%d night|%d nights", chosen by the first value.
type entry struct{ en, ko string }

// entries is the catalogue: all texts of the pages that are our own words. Labels of
// statuses and the like are booking's.
var entries = func() map[string]entry {
	all := map[string]entry{}
	for _, of := range []map[string]entry{commonWords, problemWords, deskWords, catalogueWords, moneyWords, todayWords, offerWords, orderWords, changeWords, auditWords, monitorWords, actingWords, bulkWords, demoWords} {
		for name, words := range of {
			if _, twice := all[name]; twice {
				panic("two entries for " + name)
			}
			all[name] = words
		}
	}
	return all
}()

var printers = func() map[booking.Language]*message.Printer {
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for key, e := range entries {
		must(b.SetString(language.Korean, key, e.ko))
		one, many, counted := strings.Cut(e.en, "|")
		if counted {
			must(b.Set(language.English, key, plural.Selectf(1, "%d", plural.One, one, plural.Other, many)))
		} else {
			must(b.SetString(language.English, key, e.en))
		}
	}
	in := map[booking.Language]*message.Printer{}
	for i, l := range spoken {
		in[l] = message.NewPrinter(tags[i], message.Catalog(b))
	}
	return in
}()

// plain are the entries without values in each language: most texts of pages, which need no
// printer.
var plain = func() map[booking.Language]map[string]string {
	in := map[booking.Language]map[string]string{booking.English: {}, booking.Korean: {}}
	for key, e := range entries {
		if !strings.Contains(e.en, "%") {
			in[booking.English][key], in[booking.Korean][key] = e.en, e.ko
		}
	}
	return in
}()

// must panics on a mistake in the catalogue, which any test finds.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// words are the texts of a language.
type words struct {
	language booking.Language
	printer  *message.Printer
}

func wordsIn(l booking.Language) words { return words{l, printers[l]} }

// say is the entry's text with its values filled in.
func (w words) say(key string, values ...any) string {
	if text, known := plain[w.language][key]; known {
		return text
	}
	return w.printer.Sprintf(key, values...)
}
