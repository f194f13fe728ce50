package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func newMessage(recipient, id string, at time.Time) booking.Message {
	return booking.Message{
		Key: recipient + "/" + id, OrderID: "order of " + recipient, RecipientID: recipient,
		Type: "reservation_placed", Text: "예약 'one' \\ ?", At: at,
	}
}

func testNotifications(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "notifications")
	outbox := store.NewNotifications(db)

	messages := func(t *testing.T) []booking.Message {
		t.Helper()
		all, next, err := outbox.Messages(t.Context(), t.Name(), booking.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		return all
	}
	send := func(t *testing.T, m booking.Message, want booking.Outcome) {
		t.Helper()
		got, err := outbox.Send(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	withdraw := func(t *testing.T, key string, m booking.Message, acted bool) {
		t.Helper()
		got, err := outbox.Withdraw(t.Context(), key, m, booking.ByCustomer)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: acted}, got)
	}

	run(t, "SendOnce", func(t *testing.T) {
		m := newMessage(t.Name(), "a", christmas)
		send(t, m, done)
		send(t, m, done)
		m.At = m.At.UTC()
		require.Equal(t, []booking.Message{m}, messages(t))
	})

	run(t, "Withdraw", func(t *testing.T) {
		m, off := newMessage(t.Name(), "a", christmas.UTC()), newMessage(t.Name(), "off", christmas.UTC())
		send(t, m, done)
		withdraw(t, m.Key, off, true)
		withdraw(t, m.Key, off, true)
		send(t, m, undone)
		require.Equal(t, []booking.Message{off, m}, messages(t))
	})

	run(t, "KeepsWhatIsSaid", func(t *testing.T) {
		m, off := newMessage(t.Name(), "a", christmas.UTC()), newMessage(t.Name(), "off", christmas.UTC())
		m.Type, m.Text = booking.ReservationToDecideMessage, ""
		m.Data = booking.MessageData{
			Kind: booking.Lodging, For: booking.ForOwner, Item: "예약 'one' \\ ?", Quantity: 2, CustomerID: "alice",
			From: day(24), To: day(26), ConfirmWithin: booking.Duration(90 * time.Minute),
		}
		off.Type, off.Text, off.Reason = booking.ReservationCancelledMessage, "", booking.OwnerTimeout
		off.Data = booking.MessageData{
			Kind: booking.Cleaning, For: booking.ForCleaner, CustomerID: "alice", Cleaner: "민준", Date: day(24),
		}
		send(t, m, done)
		withdraw(t, m.Key, off, true)
		require.Equal(t, []booking.Message{off, m}, messages(t))
	})

	run(t, "ReadsWhatAnEarlierBuildWrote", func(t *testing.T) {
		m := newMessage(t.Name(), "a", christmas.UTC())
		_, err := db.SQL().ExecContext(t.Context(), "INSERT INTO messages (key, order_id, recipient_id, type, text, state, why, at) VALUES ('"+
			m.Key+"', 'order of '||'"+m.RecipientID+"', '"+m.RecipientID+"', 'reservation_placed', '예약 ''one'' \\ ?', 'sent', '', '"+
			m.At.Format("2006-01-02 15:04:05.999999-07:00")+"')")
		require.NoError(t, err)
		require.Equal(t, []booking.Message{m}, messages(t))
	})

	run(t, "WithdrawByASagaThatForgotTheRecipient", func(t *testing.T) {
		m, off := newMessage(t.Name(), "a", christmas.UTC()), newMessage(t.Name(), "off", christmas.UTC())
		send(t, m, done)
		forgotten := off
		forgotten.RecipientID = ""
		withdraw(t, m.Key, forgotten, true)
		require.Equal(t, []booking.Message{off, m}, messages(t), "it goes to the recipient of what it withdraws")
	})

	run(t, "WithdrawBeforeSend", func(t *testing.T) {
		m, off := newMessage(t.Name(), "a", christmas), newMessage(t.Name(), "off", christmas)
		withdraw(t, m.Key, off, false)
		withdraw(t, m.Key, off, false)
		send(t, m, undone)
		require.Empty(t, messages(t))
	})

	run(t, "SendAndWithdrawRace", func(t *testing.T) {
		m, off := newMessage(t.Name(), "a", christmas), newMessage(t.Name(), "off", christmas)
		together(t, 10, func(i int) (struct{}, error) {
			if i%2 == 0 {
				_, err := outbox.Send(t.Context(), m)
				return struct{}{}, err
			}
			_, err := outbox.Withdraw(t.Context(), m.Key, off, booking.ByCustomer)
			return struct{}{}, err
		})
		send(t, m, undone)
		require.Contains(t, []int{0, 2}, len(messages(t)), "both messages or neither")
	})

	run(t, "NewestFirst", func(t *testing.T) {
		var want []string
		for i := range 7 {
			m := newMessage(t.Name(), key(i), christmas.Add(time.Duration(i/2)*100*time.Millisecond))
			send(t, m, done)
			want = append([]string{m.Key}, want...)
		}
		send(t, newMessage(t.Name()+" other", "a", christmas), done)
		var got []string
		page := booking.Page{Limit: 3}
		for {
			part, next, err := outbox.Messages(t.Context(), t.Name(), page)
			require.NoError(t, err)
			for _, m := range part {
				got = append(got, m.Key)
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		require.Equal(t, want, got)
	})

	run(t, "BadCursor", func(t *testing.T) {
		_, _, err := outbox.Messages(t.Context(), t.Name(), booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})
}
