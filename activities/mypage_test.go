package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// recorder is a ReadModel together with the requests that wait for it. It records the
// order of the calls.
type recorder struct {
	t    *testing.T
	want contract.Publication
	err  error

	happened []string
}

func (s *recorder) Publish(_ context.Context, p contract.Publication) error {
	require.Equal(s.t, s.want, p)
	s.happened = append(s.happened, "publish")
	return s.err
}

func (s *recorder) Publishing(v contract.View) {
	require.Equal(s.t, s.want.View, v)
	s.happened = append(s.happened, "publishing")
}

func (s *recorder) Wake(p contract.Publication) {
	require.Equal(s.t, s.want, p)
	s.happened = append(s.happened, "wake")
}

func (s *recorder) Announce(_ context.Context, orderID string) {
	s.happened = append(s.happened, "announce "+orderID)
}

// publish publishes, and returns the calls that were made.
func (s *recorder) publish(w way, m *activities.Mypage) ([]string, error) {
	s.happened = nil
	_, err := do(w, func(ctx context.Context) (struct{}, error) { return struct{}{}, m.PublishView(ctx, s.want) })
	return s.happened, err
}

func newRecorder(t *testing.T) *recorder {
	return &recorder{t: t, want: contract.Publication{
		View:   contract.View{ID: "o1", Status: booking.Confirmed, Version: 7},
		Events: []booking.Event{{Key: "o1/placed", Type: booking.ReservationPlaced}},
	}}
}

func TestPublishView_WakesBeforeAndAfter(t *testing.T) {
	t.Parallel()
	recorded := newRecorder(t)
	m := &activities.Mypage{Service: served(), ReadModel: recorded, Waiters: recorded}
	for _, w := range []way{inPlace, durably} {
		happened, err := recorded.publish(w, m)
		require.NoError(t, err)
		require.Equal(t, []string{"publishing", "wake", "publish", "wake", "announce o1"}, happened)
	}
}

// Waiting requests get their answer although the read model is away.
func TestPublishView_WakesWithoutTheReadModel(t *testing.T) {
	t.Parallel()
	recorded := newRecorder(t)
	recorded.err = errAway
	m := &activities.Mypage{Service: served(), ReadModel: recorded, Waiters: recorded}
	for range 3 {
		happened, err := recorded.publish(inPlace, m)
		require.ErrorIs(t, err, errAway, "it is still to be published")
		require.Equal(t, []string{"publishing", "wake", "publish"}, happened, "no other process is sent to read it")
	}
	happened, err := recorded.publish(inPlace, m)
	require.ErrorIs(t, err, gobreaker.ErrOpenState)
	require.Equal(t, []string{"publishing", "wake"}, happened)
}

func TestPublishView_WakesWhereItIsNotServed(t *testing.T) {
	t.Parallel()
	recorded := newRecorder(t)
	happened, err := recorded.publish(inPlace, &activities.Mypage{ReadModel: recorded, Waiters: recorded})
	var refusal *temporal.ApplicationError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, activities.NotServedType, refusal.Type())
	require.Equal(t, []string{"publishing", "wake"}, happened)
}

// clerk returns a number of waiting decisions.
type clerk struct {
	t     *testing.T
	want  activities.KeptQuestion
	waits int
	err   error
}

func (c clerk) Waits(_ context.Context, orderID string, before time.Time) (int, error) {
	got := activities.KeptQuestion{OrderID: orderID, Before: before}
	require.Equal(c.t, c.want, got)
	return c.waits, c.err
}

// TestKeptDecisions: the number of waiting decisions is returned; an unknown number is an error.
func TestKeptDecisions(t *testing.T) {
	t.Parallel()
	q := activities.KeptQuestion{OrderID: "o1", Before: time.Unix(1_700_000_000, 0)}
	for _, w := range []way{inPlace, durably} {
		m := &activities.Mypage{Service: served(), Decisions: clerk{t, q, 3, nil}}
		waits, err := do(w, func(ctx context.Context) (int, error) { return m.KeptDecisions(ctx, q) })
		require.NoError(t, err)
		require.Equal(t, 3, waits)
		m.Decisions = clerk{t, q, 0, errAway}
		_, err = do(w, func(ctx context.Context) (int, error) { return m.KeptDecisions(ctx, q) })
		require.ErrorIs(t, err, errAway)
	}
}

// marks are the rows of disputed orders.
type marks struct {
	view contract.View
	err  error
}

func (m marks) NoteDisputes(context.Context, string, []booking.Dispute) (contract.View, error) {
	return m.view, m.err
}

func (m marks) View(context.Context, string) (contract.View, error) { return m.view, m.err }

// TestNoteDisputes: an order that cannot be marked is retried; an order without a row and
// without a dispute is not.
func TestNoteDisputes(t *testing.T) {
	t.Parallel()
	open := []booking.Dispute{{ID: "du_1", State: booking.DisputeOpen}}
	noRow := booking.Errorf(booking.NotFound, "there is no such order")
	for name, test := range map[string]struct {
		marks marks
		open  []booking.Dispute
		want  activities.DisputedOrder
		fails bool
	}{
		"Marked":       {marks{view: contract.View{CustomerID: "alice", OwnerID: "bora", Item: booking.Item{ID: "thing"}}}, open, activities.DisputedOrder{CustomerID: "alice", OwnerID: "bora", ItemID: "thing"}, false},
		"NeverPlaced":  {marks{view: contract.View{CustomerID: "alice", Status: booking.Cancelled}}, nil, activities.DisputedOrder{CustomerID: "alice", NeverPlaced: true}, false},
		"NotYetPlaced": {marks{view: contract.View{ID: "o1", CustomerID: "alice", Status: booking.Cancelling}}, nil, activities.DisputedOrder{CustomerID: "alice", NotYetPlaced: true}, false},
		"Placed":       {marks{view: contract.View{ID: "o1", CustomerID: "alice", Status: booking.Cancelling, Placed: true}}, nil, activities.DisputedOrder{CustomerID: "alice"}, false},
		"NoRow":        {marks{err: noRow}, open, activities.DisputedOrder{}, true},
		"NoRowNoMark":  {marks{err: noRow}, nil, activities.DisputedOrder{}, false},
		"AwayAndNone":  {marks{err: errAway}, nil, activities.DisputedOrder{}, true},
		"AwayAndMarks": {marks{err: errAway}, open, activities.DisputedOrder{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorded := newRecorder(t)
			m := &activities.Mypage{Service: served(), Disputed: test.marks, Waiters: recorded}
			got, err := do(durably, func(ctx context.Context) (activities.DisputedOrder, error) {
				return m.NoteDisputes(ctx, activities.OpenDisputes{OrderID: "o1", Disputes: test.open})
			})
			if test.fails {
				require.Error(t, err)
				require.Empty(t, recorded.happened)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, []string{"announce o1"}, recorded.happened)
		})
	}
}
