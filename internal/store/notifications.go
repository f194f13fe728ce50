package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Notifications stores the messages to people. It implements activities.Messages.
type Notifications struct{ db *DB }

// NewNotifications stores messages in db.
func NewNotifications(db *DB) *Notifications { return &Notifications{db} }

// States of a message.
const (
	sent      = "sent"
	withdrawn = "withdrawn" // by a later message; it can still be read
	prevented = "prevented" // withdrawn before it was sent; it is never shown
)

type messageRow struct {
	bun.BaseModel `bun:"table:messages"`

	Key         string `bun:",pk"`
	OrderID     string
	RecipientID string
	Type        booking.MessageType
	Text        string // of a message without data
	State       string
	Why         booking.Reason // why it was withdrawn or prevented
	At          time.Time
	Data        *string        // JSON
	Reason      booking.Reason // why it withdraws another one
}

func newMessageRow(key, state string, m booking.Message) (*messageRow, error) {
	row := &messageRow{
		Key: key, OrderID: m.OrderID, RecipientID: m.RecipientID,
		Type: m.Type, Text: m.Text, State: state, At: micros(m.At), Reason: m.Reason,
	}
	if m.Data == (booking.MessageData{}) {
		return row, nil
	}
	text, err := json.Marshal(m.Data)
	if err != nil {
		return nil, fmt.Errorf("write data of message %s as JSON: %w", key, err)
	}
	data := string(text)
	row.Data = &data
	return row, nil
}

func (r messageRow) message() (booking.Message, error) {
	m := booking.Message{
		Key: r.Key, OrderID: r.OrderID, RecipientID: r.RecipientID,
		Type: r.Type, Reason: r.Reason, Text: r.Text, At: r.At.UTC(),
	}
	if r.Data != nil {
		if err := json.Unmarshal([]byte(*r.Data), &m.Data); err != nil {
			return booking.Message{}, fmt.Errorf("data of message %s: %w", r.Key, err)
		}
	}
	return m, nil
}

// Send stores the message under its key, once. Undone, with the reason: it was
// withdrawn, possibly before.
func (n *Notifications) Send(ctx context.Context, m booking.Message) (booking.Outcome, error) {
	outcome := booking.Outcome{Result: booking.Done}
	row, err := newMessageRow(m.Key, sent, m)
	if err != nil {
		return booking.Outcome{}, err
	}
	err = n.db.run(ctx, "send message", func(ctx context.Context, q bun.IDB) error {
		stored, _, err := keep(ctx, q, row)
		if stored.State != sent {
			outcome = booking.Outcome{Result: booking.Undone, Reason: stored.Why}
		}
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// keep writes the message unless its key is taken, and returns the stored one and
// whether it is this one.
func keep(ctx context.Context, q bun.IDB, row *messageRow) (stored *messageRow, first bool, err error) {
	inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
	if err != nil || inserted == 1 {
		return row, err == nil, err
	}
	stored = new(messageRow)
	err = q.NewSelect().Model(stored).Where("key = ?", row.Key).Scan(ctx)
	return stored, false, err
}

// Withdraw sends m, which withdraws the message under key. If there is no message under
// key, nothing is sent, and a later Send returns Undone with the first reason.
// Repeating it returns the same. m's recipient is that of the withdrawn message: a
// restarted saga may not know them.
func (n *Notifications) Withdraw(ctx context.Context, key string, m booking.Message, reason booking.Reason) (booking.Undo, error) {
	var undo booking.Undo
	err := n.db.inTx(ctx, "withdraw message", func(ctx context.Context, q bun.IDB) error {
		undo = booking.Undo{}
		never := &messageRow{Key: key, OrderID: m.OrderID, State: prevented, Why: reason, At: micros(m.At)}
		stored, first, err := keep(ctx, q, never)
		if err != nil || first || stored.State == prevented {
			return err
		}
		undo.Acted, m.RecipientID = true, stored.RecipientID
		_, err = q.NewRaw("UPDATE messages SET state = ?, why = ? WHERE key = ? AND state = ?",
			withdrawn, reason, key, sent).Exec(ctx)
		if err != nil {
			return err
		}
		off, err := newMessageRow(m.Key, sent, m)
		if err != nil {
			return err
		}
		_, _, err = keep(ctx, q, off)
		return err
	})
	return undo, err
}

// messageList is the name of the list in its cursors.
const messageList = "messages"

// Messages lists the recipient's messages, newest first. It returns InvalidCursor for a
// cursor of another list.
func (n *Notifications) Messages(ctx context.Context, recipientID string, p booking.Page) (_ []booking.Message, next string, err error) {
	var after moment
	if p.Cursor != "" {
		if after, err = decodeMoment(messageList, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	size := pageSize(p.Limit)
	var rows []messageRow
	err = n.db.list(ctx, "list messages", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		query := q.NewSelect().Model(&rows).
			Where("recipient_id = ? AND state <> 'prevented'", recipientID).
			OrderExpr("at DESC, key DESC").Limit(size + 1)
		if p.Cursor != "" {
			query.Where("(at, key) < (?, ?)", after.at, after.id)
		}
		return query.Scan(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last messageRow) string { return moment{last.At, last.Key}.cursor(messageList) })
	messages := make([]booking.Message, len(rows))
	for i, row := range rows {
		if messages[i], err = row.message(); err != nil {
			return nil, "", err
		}
	}
	return messages, next, nil
}
