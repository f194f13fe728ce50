package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

var errUnavailable = &booking.Error{Code: booking.Unavailable}

// raises runs a statement that fails with the SQLSTATE.
func raises(t *testing.T, db *DB, sqlstate string) error {
	t.Helper()
	return db.run(t.Context(), "raise", func(ctx context.Context, q bun.IDB) error {
		_, err := q.ExecContext(ctx, fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '%s'; END $$", sqlstate))
		return err
	})
}

func TestTranslate_PostgreSQL(t *testing.T) {
	t.Parallel()
	db := openTable(t, pgtest.New(t))
	for sqlstate, want := range map[string]Failure{
		"08006": Unfit, "53300": Unfit, "57014": Unfit, "57P03": Unfit, "58030": Unfit,
		"53100": DiskFull, "42P01": Unprepared,
		"22021": Refuses, "23505": Refuses, "25006": Refuses, "42501": Refuses, "55P03": Refuses, "XX000": Refuses,
	} {
		t.Run(sqlstate, func(t *testing.T) {
			t.Parallel()
			err := raises(t, db, sqlstate)
			failure, code := db.Failure(err)
			require.Equal(t, want, failure)
			require.Equal(t, sqlstate, code)
			cause, kept := errors.AsType[pgdriver.Error](err)
			require.True(t, kept, "for logs")
			require.Equal(t, sqlstate, cause.Field('C'))
			require.ErrorContains(t, err, "raise: ")
			require.Equal(t, want != Refuses, errors.Is(err, errUnavailable), err)
			require.Equal(t, want == Unprepared, errors.Is(err, booking.ErrNotPrepared), err)
		})
	}
}

// lite is an error of SQLite with an extended result code.
type lite int

func (l lite) Error() string { return map[lite]string{1: "no such table: secret"}[l] }
func (l lite) Code() int     { return int(l) | 1<<8 }

func TestTranslate_SQLite(t *testing.T) {
	t.Parallel()
	db := openTable(t, "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	for code, want := range map[lite]Failure{
		5: Busy, 6: Busy, 9: Busy, 13: DiskFull, 10: Unfit, 11: Unfit, 14: Unfit, 1: Unprepared, 8: Refuses, 19: Refuses,
	} {
		t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
			t.Parallel()
			err := db.translate("read", fmt.Errorf("row: %w", code))
			failure, said := db.Failure(err)
			require.Equal(t, want, failure)
			require.Equal(t, fmt.Sprint("SQLite ", int(code)), said)
			require.ErrorIs(t, err, code, "for logs")
			require.ErrorContains(t, err, "read: ")
			require.Equal(t, want != Refuses, errors.Is(err, errUnavailable), err)
			require.Equal(t, want == Unprepared, errors.Is(err, booking.ErrNotPrepared), err)
		})
	}
}

// TestTranslate_Both: the errors that callers get, on both databases.
func TestTranslate_Both(t *testing.T) {
	t.Parallel()
	onEachTable(t, func(t *testing.T, db *DB) {
		_, err := NewCatalogue(db).Place(t.Context(), "p1") // before any migration
		require.ErrorIs(t, err, errUnavailable)
		require.ErrorIs(t, err, booking.ErrNotPrepared)
		said, _ := errors.AsType[*booking.Error](err)
		require.Equal(t, "a part that this needs is not set up yet", said.Message)

		late, cancel := context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		err = put(late, db, 2)
		require.ErrorIs(t, err, errUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded, "for logs")
		require.ErrorIs(t, err, booking.ErrNothingDone)
		require.NotErrorIs(t, err, booking.ErrNotPrepared)
		said, _ = errors.AsType[*booking.Error](err)
		require.Equal(t, "a part that this needs is away at the moment", said.Message)

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, put(cancelled, db, 2), errUnavailable)

		require.NoError(t, put(t.Context(), db, 2))
		err = put(t.Context(), db, 2)
		require.NotErrorIs(t, err, errUnavailable, "the statement is at fault")
		_, public := errors.AsType[*booking.Error](err)
		require.False(t, public, "what is internal stays inside")
	})
}

func TestTranslate_Away(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), "postgres://user@127.0.0.1:1/db?sslmode=disable", Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	err = db.Ping(t.Context())
	require.ErrorIs(t, err, errUnavailable)
	_, kept := errors.AsType[net.Error](err)
	require.True(t, kept, "for logs")
	failure, code := db.Failure(err)
	require.Equal(t, Away, failure)
	require.Empty(t, code)
}
