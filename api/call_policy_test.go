package api

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestCallPolicy: operators set and remove the policy of calls as a whole, repeatedly.
// Everyone can read it.
func TestCallPolicy(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) {
		d.Callers = credentials{"olga": {ID: "1040", Roles: []booking.Role{booking.OperatorRole}}, "alice": alice}
	})
	const none, terms = `{"tiers":[]}`, `{"tiers":[{"within":"10m","percent":100},{"within":"1h30m","percent":50}]}`
	shows := func(want string) {
		t.Helper()
		require.JSONEq(t, want, b.as("alice", "GET", callPolicyPath, "").text)
	}
	shows(none)
	for _, body := range []string{terms, terms, none, none, terms} {
		a := b.as("olga", "PUT", callPolicyPath, body)
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		require.JSONEq(t, body, a.text)
		shows(body)
	}
	require.Equal(t, http.StatusForbidden, b.as("alice", "PUT", callPolicyPath, none).StatusCode)
	shows(terms)
}

// TestCallPolicy_Invalid: each fault names its field, and nothing is changed.
func TestCallPolicy_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string][]string{
		`{}`:                          {"tiers"},
		`{"tiers":null}`:              {"tiers"},
		`{"tiers":[{"percent":5}]}`:   {"tiers[0].within"},
		`{"tiers":[{"within":"1h"}]}`: {"tiers[0].percent"},
		`{"tiers":[{"within":"soon","percent":5},{"within":"later","percent":5}]}`: {"tiers[0].within", "tiers[1].within"},
		`{"tiers":[{"within":"-1h","percent":5}]}`:                                 {"tiers[0].within"},
		`{"tiers":[{"within":"1500ms","percent":5}]}`:                              {"tiers[0].within"},
		`{"tiers":[{"within":"1h","percent":101}]}`:                                {"tiers[0].percent"},
		`{"tiers":[{"within":"1h","percent":5},{"within":"1h","percent":5}]}`:      {"tiers[1].within"},
		`{"tiers":[{"within":"1h","percent":5},{"within":"2h","percent":6}]}`:      {"tiers[1].percent"},
		`{"tiers":[{"before":"1h","within":"1h","percent":5}]}`:                    {"tiers[0].before"},
		`{"tiers":[{"within":"1h","percent":5}],"fee":5}`:                          {"fee"},
	} {
		p := b.problem(b.do("PUT", callPolicyPath, body), 422, booking.Invalid)
		require.Equal(t, want, fields(p), body)
	}
	require.Nil(t, b.store.callPolicy)
}

// TestCallPolicy_CatalogueAway: the policy can be neither read nor set.
func TestCallPolicy_CatalogueAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.away = booking.Errorf(booking.Unavailable, "the catalogue is away")
	b.problem(b.do("GET", callPolicyPath, ""), 503, booking.Unavailable)
	b.problem(b.do("PUT", callPolicyPath, `{"tiers":[]}`), 503, booking.Unavailable)
	b.problem(b.do("POST", callsPath, call), 503, booking.Unavailable)
	b.store.away = errors.New("no such table")
	b.problem(b.do("GET", callPolicyPath, ""), 500, internalError)
}
