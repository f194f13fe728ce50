package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/demo"
	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telemetry"
)

// devAccess identifies the callers of `yeyak dev`: with an issuer of its own, unless
// another one is configured or authentication is off.
type devAccess struct{ issuer *devissuer.Issuer }

// newDevAccess starts the issuer, and sets it in the configuration.
func newDevAccess(cfg *config.Config, log *zap.Logger) (devAccess, error) {
	if cfg.Auth.Off() || cfg.Auth.Issuer != "" {
		return devAccess{}, nil
	}
	issuer, err := devissuer.Start(cfg.Dev.DataDir, cfg.Auth.Audience, telemetry.ServerLog(log))
	if err != nil {
		return devAccess{}, err
	}
	cfg.Auth.Issuer, cfg.Auth.Claims = config.URL(issuer.URL()), nil // the accounts' ids are their names: see admit
	if !cfg.Pages.Off() {
		cfg.Pages.Client = devissuer.PagesClient
	}
	return devAccess{issuer}, nil
}

func (d devAccess) stop() {
	if d.issuer != nil {
		d.issuer.Stop()
	}
}

// name replaces the issuer's URL in what is stored about its accounts.
func (d devAccess) name() string {
	if d.issuer == nil {
		return ""
	}
	return devissuer.Name
}

// admit stores the demonstration accounts' names as their ids, and the key that
// marketing and the messages' subscriber read from the data folder. Both stay in the
// database from the first start on.
func (d devAccess) admit(ctx context.Context, db *store.DB) error {
	if d.issuer == nil {
		return nil
	}
	if err := admitAccounts(ctx, store.NewPeople(db)); err != nil {
		return fmt.Errorf("the demonstration accounts: %w", err)
	}
	keys := store.NewKeys(db)
	_, err := keys.Key(ctx, d.issuer.APIKey.ID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		err = keys.AddKey(ctx, d.issuer.APIKey)
	}
	if err != nil {
		return fmt.Errorf("the services' API key: %w", err)
	}
	return nil
}

// admitAccounts gives the accounts their names as ids, as the README and orders of
// earlier builds use them, before any request comes.
func admitAccounts(ctx context.Context, people identity.People) error {
	for _, account := range devissuer.Accounts() {
		kinds := []identity.Kind{identity.CustomerKind}
		if account.Role == booking.OwnerRole {
			kinds = append(kinds, identity.OwnerKind)
		}
		for _, kind := range kinds {
			if _, err := people.Add(ctx, identity.Person{Issuer: devissuer.Name, Subject: account.ID, Kind: kind}, account.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// settings are NAME=VALUE, for programs that read them.
func (d devAccess) settings() []string {
	if d.issuer == nil {
		return nil
	}
	return []string{"YEYAK_ISSUER=" + d.issuer.URL(), "YEYAK_API_KEY=" + d.issuer.APIKeyText}
}

// DevToken returns an access token of a demonstration account, from the issuer of the
// `yeyak dev` that runs on the folder.
func DevToken(ctx context.Context, dir, account string) (string, error) {
	announced := devserver.Announced(dir)
	switch {
	case announced == nil:
		return "", fmt.Errorf("yeyak dev does not run on %s: start it, or name its data folder (YEYAK_DATA_DIR)", dir)
	case announced["YEYAK_ISSUER"] == "":
		return "", fmt.Errorf("the yeyak dev on %s has no issuer of its own: it uses another, or --auth=off", dir)
	}
	return devissuer.Token(ctx, dir, announced["YEYAK_ISSUER"], account)
}

// demoByPage are the settings of a demonstration that a page starts.
var demoByPage = demo.Settings{Seed: 1, PerMinute: 60, Failing: 15 * time.Second}

// demonstration lets pages start demonstrations with the accounts; nil if there are
// none.
func (d devAccess) demonstration(dir string, by demo.Settings, say func(string, ...any)) *Demonstration {
	if d.issuer == nil {
		return nil
	}
	return &Demonstration{Say: say, Settings: by, Token: func(ctx context.Context, account string) (string, error) {
		return devissuer.Token(ctx, dir, d.issuer.URL(), account)
	}}
}

// present returns the beginning of the greeting's commands, and the header of their
// requests: nothing if authentication is off.
func (d devAccess) present(folder string) (first, header string) {
	if d.issuer == nil {
		return "", ""
	}
	return fmt.Sprintf("  TOKEN=$('%s' token --data-dir '%s' olga)\n", os.Args[0], filepath.Clean(folder)), ` -H "Authorization: Bearer $TOKEN"`
}
