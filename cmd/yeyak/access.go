package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/identity"
)

type (
	token struct {
		config.Token
		Account string `arg:"" help:"Account: alice or minho (customers), bora or cora (owners), dana (courier), kim (cleaner), olga (operator)."`
	}
	keys struct {
		Create createKey `cmd:"" help:"Create a key and print it. It is printed only once, since only its hash is stored."`
		List   listKeys  `cmd:"" help:"List all keys, without their secrets."`
		Revoke revokeKey `cmd:"" help:"Revoke a key at once."`
	}
	createKey struct {
		config.KeyCreation
		Name string `arg:"" help:"Name of the program. A name has at most two valid keys: the one in use, and its replacement."`
	}
	listKeys  struct{ config.Keys }
	revokeKey struct {
		config.KeyRevocation
		ID string `arg:"" help:"Id of the key, as listed."`
	}
)

// Run implements the command.
func (c token) Run(ctx context.Context) error {
	text, err := app.DevToken(ctx, c.Data.Dir, c.Account)
	if err != nil {
		return err
	}
	_, err = fmt.Println(text)
	return err
}

// Run implements the command.
func (c createKey) Run(ctx context.Context) error {
	if !booking.IsName(c.Name) {
		return fmt.Errorf("%q cannot be the name of a program: want letters, digits and . _ @ : + - only", c.Name)
	}
	var scopes []booking.Scope
	for _, s := range c.Scopes {
		scopes = append(scopes, booking.Scope(s))
	}
	key, text := identity.NewKey(c.Name, scopes, c.Owner, time.Now(), c.Lives)
	key.CreatedBy = c.As.ID
	err := changeKeys(ctx, c.Keys, c.As, func(all identity.Keys, log *zap.Logger) error {
		err := all.AddKey(ctx, key)
		if err == nil {
			log.Info("API key is made", zap.String("key", key.ID))
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Key %s of %s, until %s. It is shown this once:\n", key.ID, key.Name, key.EndsAt.UTC().Format(time.DateTime))
	_, err = fmt.Println(text)
	return err
}

// Run implements the command.
func (c listKeys) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := newLogger(cfg.Log)
	defer sync(log)
	var found []identity.Key
	err := app.OnKeys(ctx, app.Options{Config: cfg, Log: log}, func(all identity.Keys) (err error) {
		found, err = all.AllKeys(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return writeKeys(os.Stdout, found, time.Now())
}

func writeKeys(to io.Writer, all []identity.Key, now time.Time) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tSTATE\tENDS\tOWNER\tMADE BY\tREVOKED BY\tSCOPES")
	for _, k := range all {
		state := "live"
		switch {
		case !k.RevokedAt.IsZero():
			state = "revoked"
		case !k.Live(now):
			state = "ended"
		}
		scopes := make([]string, len(k.Scopes))
		for i, s := range k.Scopes {
			scopes[i] = string(s)
		}
		fmt.Fprintln(table, strings.Join([]string{
			k.ID, k.Name, state, k.EndsAt.UTC().Format(time.DateTime), k.OwnerID, k.CreatedBy, k.RevokedBy, strings.Join(scopes, " "),
		}, "\t"))
	}
	return table.Flush()
}

// Run implements the command.
func (c revokeKey) Run(ctx context.Context) error {
	return c.revoke(ctx, os.Stdout)
}

// revoke writes the result: a key that was revoked before keeps its time and caller.
func (c revokeKey) revoke(ctx context.Context, to io.Writer) error {
	said := fmt.Sprintf("Key %s is revoked. Processes that have just used it refuse it within seconds.", c.ID)
	err := changeKeys(ctx, c.Keys, c.As, func(all identity.Keys, log *zap.Logger) error {
		earlier, err := all.RevokeKey(ctx, c.ID, c.As.ID, time.Now())
		switch {
		case err != nil:
			return err
		case earlier.ID == "":
			log.Info("API key is revoked", zap.String("key", c.ID))
			return nil
		}
		log.Info("API key was revoked before", zap.String("key", c.ID), zap.String("revokedBy", earlier.RevokedBy), zap.Time("revokedAt", earlier.RevokedAt))
		said = fmt.Sprintf("Key %s was revoked before, by %s at %s. Nothing is changed.",
			c.ID, cmp.Or(earlier.RevokedBy, "an unknown caller"), earlier.RevokedAt.UTC().Format(time.DateTime))
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(to, said)
	return err
}

// changeKeys calls change with the keys and a log for its changes.
func changeKeys(ctx context.Context, c config.Keys, as config.As, change func(identity.Keys, *zap.Logger) error) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, as)
	defer sync(log)
	return app.OnKeys(ctx, app.Options{Config: cfg, Log: log}, func(all identity.Keys) error { return change(all, log) })
}
