package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// temporalCommand runs a command of the Temporal CLI, as an operator would.
func (s *system) temporalCommand(args ...string) (out string, ok bool) {
	s.Helper()
	cmd := limitedCommand(s, temporalCLI(), append([]string{"--command-timeout", "60s"}, args...)...)
	cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+s.options.TemporalAddress, "TEMPORAL_NAMESPACE="+s.namespace)
	raw, err := cmd.CombinedOutput()
	return string(raw), err == nil
}

// inFile writes what is too long for a command line into a file.
func (s *system) inFile(text string) string {
	s.Helper()
	file := filepath.Join(s.TempDir(), "input.json")
	require.NoError(s, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// starts starts a workflow by the CLI, and returns the outcome.
func (s *system) starts(workflow, input string, args ...string) (out string, ok bool) {
	s.Helper()
	args = append([]string{"workflow", "execute", "--type", workflow, "--task-queue", contract.SagasQueue}, args...)
	if input != "" {
		args = append(args, "--input-file", s.inFile(input))
	}
	return s.temporalCommand(args...)
}

// spoilt is a changed workflow input as JSON.
func (s *system) spoilt(in any, change func(map[string]any)) string {
	s.Helper()
	raw, err := json.Marshal(in)
	require.NoError(s, err)
	var doc map[string]any
	require.NoError(s, json.Unmarshal(raw, &doc))
	change(doc)
	raw, err = json.Marshal(doc)
	require.NoError(s, err)
	return string(raw)
}

// TestGarbage: invalid inputs, updates and signals, sent with the real CLI, are refused
// by name or have no effect; their orders go on, new ones are accepted, and the audit
// finds nothing.
func TestGarbage(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	t.Run("Starts", func(t *testing.T) { garbledStarts(t, a) })
	t.Run("Updates", func(t *testing.T) { garbledUpdates(t, a) })
	t.Run("Signals", func(t *testing.T) { garbledSignals(t, a) })
	t.Run("Beside", func(t *testing.T) { garbledBeside(t, a) })
	order := a.order(a.menu()).with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.Delivering)
	a.requireClean()
	a.eventually(func() bool {
		code, out, logs := a.command(nil, "audit")
		require.NotEqual(t, 1, code, "%s%s", out, logs)
		return code == 0 // otherwise it could not check some order, on a busy machine
	})
}

func garbledStarts(t *testing.T, a *audited) {
	meal := a.newMeal()
	id := func(o string) []string { return []string{"--workflow-id", o} }
	for name, c := range map[string]struct {
		workflow, input, says string
		args                  []string
	}{
		"Nothing":          {contract.FoodWorkflow, "", "orderId: ", nil},
		"NothingForRooms":  {contract.LodgingWorkflow, "", "orderId: ", nil},
		"NothingForADrink": {contract.CafeWorkflow, "{}", "orderId: ", nil},
		"NothingToClean":   {contract.CleaningWorkflow, "null", "orderId: ", nil},
		"WrongType":        {contract.FoodWorkflow, `{"orderId":"food-1","quantity":"two"}`, "unable to decode", id("food-1")},
		"NoObject":         {contract.FoodWorkflow, `[1]`, "unable to decode", id("food-1")},
		"AnotherID":        {contract.FoodWorkflow, a.spoilt(meal, func(map[string]any) {}), "the workflow's id must be the order's", id("food-another")},
		"Negative": {contract.FoodWorkflow, a.spoilt(meal, func(m map[string]any) {
			m["amount"] = object{"amount": -24000, "currency": "KRW"}
		}), "amount: must be at least 0", id(meal.OrderID)},
		"HugeText": {contract.FoodWorkflow, a.spoilt(meal, func(m map[string]any) {
			m["address"] = strings.Repeat("x", 1_900_000)
		}), "address: is longer than 200 characters", id(meal.OrderID)},
		"NoCustomer":     {contract.FoodWorkflow, a.spoilt(meal, func(m map[string]any) { m["customerId"] = "" }), "customerId: ", id(meal.OrderID)},
		"TimesOut":       {contract.FoodWorkflow, a.spoilt(meal, func(map[string]any) {}), "has no time-out", append(id(meal.OrderID), "--run-timeout", "1h")},
		"SettlesNothing": {contract.FoodWorkflow, a.spoilt(meal, func(m map[string]any) { m["settle"] = object{} }), "settle.status: ", id(meal.OrderID)},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := a.starts(c.workflow, c.input, c.args...)
			require.False(t, ok, out)
			require.Contains(t, out, c.says)
		})
	}
	out, ok := a.starts("Pizza", "", "--workflow-id", "pizza", "--run-timeout", "3s")
	require.False(t, ok, out)
	require.Empty(t, a.get("/v1/mypages?customerId=alice").with(t, http.StatusOK).body.Items, "no order was placed")
	require.Zero(t, a.audit().Payments)
}

func garbledUpdates(t *testing.T, a *audited) {
	order := a.reserve(a.place(1, byOwner)).with(t, http.StatusCreated).body.ID
	for name, c := range map[string]struct{ update, input, says string }{
		"Huge":        {contract.CancelUpdate, `{"note":"` + strings.Repeat("x", 3_000_000) + `"}`, "of which at most 65536 are accepted"},
		"AsMuchAsAny": {contract.ConfirmUpdate, `{"note":"` + strings.Repeat("x", 4_190_000) + `"}`, "of which at most 65536 are accepted"},
		"HugeUnknown": {contract.CancelUpdate, `{"more":"` + strings.Repeat("x", 1_900_000) + `"}`, "of which at most 65536 are accepted"},
		"Long":        {contract.CancelUpdate, `{"note":"` + strings.Repeat("x", 501) + `"}`, "note: is longer than 500 characters"},
		"Control":     {contract.CancelUpdate, `{"note":"\u001b[2J"}`, "note: contains control characters"},
		"WrongType":   {contract.CancelUpdate, `{"note":5}`, "note: contains control characters"},
		"NoObject":    {contract.CancelUpdate, `"note"`, "unable to decode the input"},
		"NoWord":      {contract.RejectUpdate, `{}`, "note: is missing"},
		"Unknown":     {"eat", `{}`, "unknown update eat"},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := a.temporalCommand("workflow", "update", "execute", "--workflow-id", order, "--name", c.update, "--input-file", a.inFile(c.input))
			require.False(t, ok, out)
			require.Contains(t, out, c.says)
			require.Less(t, len(out), 2000)
		})
	}
	header := "x=" + `"` + strings.Repeat("x", 100_000) + `"`
	out, ok := a.temporalCommand("workflow", "update", "execute", "--workflow-id", order, "--name", contract.CancelUpdate, "--headers", header)
	require.False(t, ok, out)
	require.Equal(t, booking.AwaitingOwner, a.page(order).Status)
	d, err := a.temporal.DescribeWorkflowExecution(t.Context(), order, "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.WorkflowExecutionInfo.Status)
	require.Less(t, d.WorkflowExecutionInfo.HistorySizeBytes, int64(100_000))
	a.decide(order, "confirm").with(t, http.StatusOK)
	a.decide(order, "cancel").with(t, http.StatusOK)
}

func garbledSignals(t *testing.T, a *audited) {
	cup := a.orderCup(a.drink(1)).with(t, http.StatusCreated).body.ID
	call := a.call().with(t, http.StatusCreated).body.ID
	a.becomes(cup, booking.InProduction)
	a.becomes(call, booking.Calling)
	for _, input := range []string{`{}`, `null`, `"whatever"`, `"customer"`, `5`, `{"name":"Nobody"}`, `{"id":5}`, `{"id":"a b","name":"x"}`, `{"id":"c","name":"` + strings.Repeat("x", 1_000_000) + `"}`} {
		for order, signal := range map[string]string{cup: contract.ForceCancelSignal, call: contract.AssignedSignal} {
			out, ok := a.temporalCommand("workflow", "signal", "--workflow-id", order, "--name", signal, "--input-file", a.inFile(input))
			require.True(t, ok, out)
			out, ok = a.temporalCommand("workflow", "signal", "--workflow-id", order, "--name", "unknown")
			require.True(t, ok, out)
		}
	}
	out, ok := a.temporalCommand("workflow", "query", "--workflow-id", cup, "--name", "unknown")
	require.False(t, ok, out)
	out, ok = a.temporalCommand("workflow", "query", "--workflow-id", cup, "--name", contract.ViewQuery, "--input", `{"garbage":1}`)
	require.True(t, ok, out)
	require.Contains(t, out, string(booking.InProduction))
	a.eventually(func() bool {
		ignored := 0
		for _, line := range a.logged() {
			if strings.HasPrefix(line, "signal ignored") {
				ignored++
			}
		}
		return ignored >= 2*4
	})
	require.Equal(t, booking.Calling, a.page(call).Status)
	require.Nil(t, a.page(call).Cleaner())
	kim := a.cleaner("Kim")
	a.becomes(call, booking.Assigned)
	require.Equal(t, kim, a.page(call).Cleaner().ID)
	a.decideAt(productions+"/"+cup, "complete").with(t, http.StatusOK)
}

// garbledBeside: workflows that are started beside the orders end, and do no harm.
func garbledBeside(t *testing.T, a *audited) {
	for _, input := range []string{"", "{}", `{"pages":-1}`, `{"page":"Z2FyYmFnZQ==","pages":0,"healed":-4}`} {
		out, ok := a.starts(contract.RepairWorkflow, input)
		require.True(t, ok, out)
	}
	place := a.place(1)
	for input, says := range map[string]string{
		"": "drinkId: ", `{"drinkId":"a b"}`: "drinkId: ", `{"drinkId":5}`: "unable to decode",
		`{"drinkId":"drink-nowhere"}`: "there is no drink", `{"drinkId":"` + place + `"}`: "there is no drink",
	} {
		out, ok := a.starts(contract.DrinkDeletionWorkflow, input)
		require.False(t, ok, out)
		require.Contains(t, out, says)
	}
	a.reserve(place).with(t, http.StatusCreated)
	drink := a.drink(1)
	out, ok := a.starts(contract.DrinkDeletionWorkflow, `{"drinkId":"`+drink+`","closed":true,"passes":-5,"batch":-1}`)
	require.True(t, ok, out)
	a.orderCup(drink).with(t, http.StatusConflict)
}

// TestGarbage_LeftByEarlierBuilds: rows of an order without an id, which a start
// without input once left, and an unreadable row are findings, each time; the audit
// goes on, and finds nothing once they are gone.
func TestGarbage_LeftByEarlierBuilds(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.order(a.menu()).with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.Delivering)
	a.finished(order)
	for table, without := range map[string]string{
		"payments": `{"order_id":"","key":"/charge"}`, "sandbox_charges": `{"order_id":"","key":"/charge"}`, "jobs": `{"order_id":""}`,
	} {
		a.exec("INSERT INTO "+table+" SELECT (jsonb_populate_record(had, '"+without+"')).* FROM "+table+" AS had WHERE order_id = $1", order)
	}
	for range 2 {
		report := a.judged()
		require.Len(t, report.Findings, 2, "%+v", report)
		for _, f := range report.Findings {
			require.Empty(t, f.OrderID)
			require.Contains(t, f.Says, "an order without an id: no order knows of this: ")
		}
	}
	_, out, _ := a.command(nil, "audit")
	require.Contains(t, out, "(no id)")

	a.exec(`UPDATE orders SET view = '{"quantity":"two"}' WHERE id = $1`, order)
	out, ok := a.starts(contract.RepairWorkflow, "", "--workflow-id", "typed", "--search-attribute", `OrderKind="pizza"`)
	require.True(t, ok, out)
	a.eventually(func() bool { return slices.Contains(a.search("OrderKind = 'pizza'"), "typed") })
	unreadable := map[string]string{}
	for _, f := range a.judged().Findings {
		if f.Kind == audit.Unreadable {
			unreadable[f.OrderID] = f.Says
		}
	}
	require.Len(t, unreadable, 2)
	require.Contains(t, unreadable[order], "cannot be read: view of order "+order)
	require.Contains(t, unreadable["typed"], "the workflow does not return an order's view")
}

// TestGarbage_InTheFeed: an unreadable event does not block later ones. It is logged,
// counted and found by the audit.
func TestGarbage_InTheFeed(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.order(a.menu()).with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.Delivering)
	a.finished(order)
	var published []string
	a.eventually(func() bool { published = a.events(order); return len(published) == 3 }) // placed, paid, its delivery started
	first := `key = (SELECT key FROM events WHERE order_id = $1 ORDER BY tx, seq LIMIT 1)`
	a.exec(`UPDATE events SET data = '[]' WHERE `+first, order)

	left := a.events(order)
	require.GreaterOrEqual(t, len(left), len(published)-1)
	require.Equal(t, published[1:], left[:len(published)-1])
	require.Positive(t, a.counted("yeyak_events_unreadable_total"))
	require.NotEmpty(t, a.log.FilterMessage("an event of the feed cannot be read and is skipped").All())
	findings := a.judged().Findings
	require.Len(t, findings, 1, "%+v", findings)
	require.Equal(t, []string{string(audit.Unreadable), order}, []string{string(findings[0].Kind), findings[0].OrderID})
	require.Contains(t, findings[0].Says, "cannot be read: event "+order+"/")

	a.exec(`DELETE FROM events WHERE `+first, order)
	a.requireClean()
}

// judged is the command's result once it could check everything: on a busy machine it
// may not, and is repeated.
func (a *audited) judged() (report audit.Report) {
	a.Helper()
	a.eventually(func() bool {
		code, out, logs := a.command(nil, "audit", "--json")
		require.Equal(a, 1, code, logs)
		report = audit.Report{}
		require.NoError(a, json.Unmarshal([]byte(out), &report))
		return report.NotJudged+report.InMotion == 0
	})
	return report
}
