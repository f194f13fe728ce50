package config

import (
	"slices"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Token holds the settings of `yeyak token`, besides the account.
type Token struct {
	Data Data `embed:""`
}

// Keys holds the settings of `yeyak keys`: where the keys are.
type Keys struct {
	Log       Log       `embed:""`
	Databases Databases `embed:""`
	Data      Data      `embed:""`
}

// Settings is the Config of the commands.
func (c Keys) Settings() Config {
	return Config{Log: c.Log, Databases: c.Databases, Dev: DevServer{DataDir: c.Data.Dir}}
}

// KeyCreation holds the settings of `yeyak keys create`, besides the name.
type KeyCreation struct {
	Keys   `embed:""`
	As     As            `embed:""`
	Scopes []string      `name:"scopes" env:"YEYAK_KEY_SCOPES" help:"What the program may do besides what its owner's staff may do: orders:any (act for any caller), events:read (the whole feed), catalogue:write (change what any owner offers), orders:refund (refund a part of the payment for any order), orders:resolve (record that a refund was paid by hand)."`
	Owner  string        `name:"owner" env:"YEYAK_KEY_OWNER" help:"Id of the owner that the program belongs to, for example the owner of a till."`
	Lives  time.Duration `name:"lives" env:"YEYAK_KEY_LIVES" default:"8760h" help:"How long the key is valid."`
}

// KeyRevocation holds the settings of `yeyak keys revoke`, besides the key.
type KeyRevocation struct {
	Keys `embed:""`
	As   As `embed:""`
}

// longestKey is two years: of an older key it is often not known which program has it.
const longestKey = 2 * 365 * 24 * time.Hour

func (c *KeyCreation) check(m mistakes) {
	m.upTo("lives", c.Lives, longestKey)
	if c.Owner != "" && !booking.IsName(c.Owner) {
		m.add("owner", c.Owner, "the id of an owner")
	}
	known := make([]string, 0, len(booking.Scopes()))
	for _, s := range booking.Scopes() {
		known = append(known, string(s))
	}
	if slices.ContainsFunc(c.Scopes, func(s string) bool { return !slices.Contains(known, s) }) {
		m.add("scopes", strings.Join(c.Scopes, ","), "a list of "+strings.Join(known, ", "))
	}
}
