package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// Widths of windows, in pixels.
const (
	telephone = 390
	desktop   = 1280
)

// appearances are the browsers' options: both languages, telephone and desktop. A path is
// walked once with each of them; keep checks its pages with the other width, too.
var appearances = []chromium.Options{{Language: "ko", Width: telephone}, {Language: "en", Width: desktop}}

// withoutScripts are the options of users without scripts.
var withoutScripts = chromium.Options{Language: "ko", Width: telephone, NoScript: true}

// pages is a system with pages, and a browser.
type pages struct {
	*system
	browser *chromium.Browser
}

// TestPages_Browser: each role's paths in a browser. They share one system and one
// browser: both take longer to start than most paths.
func TestPages_Browser(t *testing.T) {
	t.Parallel()
	p := &pages{bootPages(t), chromium.New(t)}
	all := append(slices.Clone(appearances), withoutScripts)
	t.Run("Paths", func(t *testing.T) {
		for _, path := range []struct {
			name        string
			account     string // of the path; "" for a visitor that logs in later
			appearances []chromium.Options
			walk        func(*pages, *visitor)
		}{
			{"Login", "", appearances, (*pages).logsIn},
			{"Stay", alice, all, (*pages).stay},
			{"Change", alice, all, (*pages).change},
			{"Confirm", minho, appearances, (*pages).confirmsPayment},
			{"MealDrinkCleaning", minho, all, (*pages).mealDrinkCleaning},
			{"Cups", minho, []chromium.Options{{Language: "en", NoScript: true}, {Language: "ko", Width: 390}}, (*pages).changesCups},
			{"LongestNames", alice, appearances, (*pages).longestNames},
			{"Errors", alice, appearances, (*pages).explainsErrors},
			{"Desk", cora, all, (*pages).desk},
			{"Offers", cora, appearances, (*pages).offers},
			{"Deliveries", dana, appearances, (*pages).deliveries},
			{"Kitchen", cora, appearances, (*pages).kitchen},
			{"Today", bora, appearances, (*pages).today},
			{"Operator", olga, appearances, (*pages).operates},
			{"Keyboard", "", []chromium.Options{{Language: "en"}, withoutScripts}, (*pages).keyboard},
			{"KeyboardAtTheDesk", bora, []chromium.Options{{Language: "ko"}}, (*pages).keyboardAtTheDesk},
			{"Requests", alice, []chromium.Options{{}}, (*pages).requests},
			{"Live", alice, []chromium.Options{{Language: "ko", Width: 390}}, (*pages).showLiveUpdates},
		} {
			t.Run(path.name, func(t *testing.T) {
				t.Parallel()
				for _, appearance := range path.appearances {
					t.Run(appearance.String(), func(t *testing.T) {
						p := p.in(t)
						path.walk(p, p.enter(appearance, path.account))
					})
				}
			})
		}
	})
	t.Run("Markup", func(t *testing.T) { p.in(t).markup() })
}

// in is the same system for a subtest, with its own failures.
func (p *pages) in(t *testing.T) *pages {
	t.Helper()
	s := *p.system
	s.TB = t
	return &pages{&s, p.browser}
}

// Demonstration accounts, as the issuer's page names them.
const (
	alice = "Alice customer · 고객"
	minho = "Minho customer · 고객"
	bora  = "Bora owner · 사업자"
	cora  = "Cora owner · 사업자"
	olga  = "Olga operator · 운영자"
	dana  = "Dana courier · 배달원"
)

// visitor is a user with a window of their own.
type visitor struct {
	*chromium.Page
	site string
}

// enter opens a window on the first page; the account, if any, is logged in.
func (p *pages) enter(appearance chromium.Options, account string) *visitor {
	p.Helper()
	v := &visitor{p.browser.Page(p.TB, appearance), p.url}
	v.goTo("/")
	if account == "" {
		return v
	}
	v.goTo("/login")
	v.Click("button", account)
	v.Arrives(p.url)
	v.Sees(v.word("Log out", "로그아웃"))
	return v
}

// goTo opens a page of the site.
func (v *visitor) goTo(path string) {
	v.Helper()
	v.Open(v.site + path)
}

// comesTo waits until the page has a text, and opens it again meanwhile, as its reader would: a
// list may be a little behind, and without scripts a page stays as it is.
func (v *visitor) comesTo(text string) {
	v.Helper()
	end := time.Now().Add(waitLimit)
	for n := 1; !strings.Contains(v.Text(), text) && time.Now().Before(end); n++ {
		time.Sleep(100 * time.Millisecond)
		if n%20 == 0 {
			v.Open(v.Address())
		}
	}
	v.Sees(text)
}

// showsStatus waits until the page of an order shows a status.
func (v *visitor) showsStatus(status string) {
	v.Helper()
	v.comesTo(status)
	v.SeesIn("[role=status]", status)
}

// word is a text of the page in its language.
func (v *visitor) word(en, ko string) string {
	if v.Language == "ko" {
		return ko
	}
	return en
}

// keep checks the page, and saves screenshots with the options in their names. With scripts, it
// also checks the layout with the other width and, of an English page, the dark colours.
func (v *visitor) keep(name string) {
	v.Helper()
	named := func() string { return name + "-" + v.String() }
	v.Check(named())
	if v.NoScript {
		return
	}
	own := v.Options
	v.Appear(chromium.Options{Width: telephone + desktop - own.Width})
	v.CheckLayout(named())
	if v.Language == "en" {
		v.Appear(chromium.Options{Width: own.Width, Dark: true})
		v.CheckColours(named())
	}
	v.Appear(own)
	v.NoComplaint()
}

// kindAt is the business of the order at the address.
func kindAt(address string) string {
	_, order, _ := strings.Cut(address, "/orders/")
	kind, _, _ := strings.Cut(order, "-")
	return kind
}
