package e2e

import (
	"slices"
	"strings"
	"testing"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// appearances are the browsers' options: both languages, telephone and desktop.
var appearances = []chromium.Options{
	{Language: "ko", Width: 390}, {Language: "ko", Width: 1280},
	{Language: "en", Width: 390}, {Language: "en", Width: 1280},
}

// others are options without scripts, and with dark colours.
var others = []chromium.Options{
	{Language: "ko", Width: 390, NoScript: true}, {Language: "en", Width: 1280, Dark: true},
}

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
	all := slices.Concat(appearances, others)
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
			{"Errors", alice, appearances, (*pages).explainsErrors},
			{"Desk", cora, all, (*pages).desk},
			{"Offers", cora, appearances, (*pages).offers},
			{"Deliveries", dana, appearances, (*pages).deliveries},
			{"Kitchen", cora, appearances, (*pages).kitchen},
			{"Today", bora, appearances, (*pages).today},
			{"Operator", olga, appearances[1:3], (*pages).operates},
			{"Keyboard", "", []chromium.Options{{Language: "en"}, {Language: "ko", Width: 390, NoScript: true}}, (*pages).keyboard},
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

// word is a text of the page in its language.
func (v *visitor) word(en, ko string) string {
	if v.Language == "ko" {
		return ko
	}
	return en
}

// keep checks the page, and saves a screenshot with the options in its name.
func (v *visitor) keep(name string) {
	v.Helper()
	v.Check(name + "-" + v.String())
}

// kindAt is the business of the order at the address.
func kindAt(address string) string {
	_, order, _ := strings.Cut(address, "/orders/")
	kind, _, _ := strings.Cut(order, "-")
	return kind
}
