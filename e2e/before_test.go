package e2e

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// beforeIdentity contains orders of the last build without callers; its README says how
// they were made.
const beforeIdentity = "testdata/before-identity/"

// earlier is an order of that build. Its name was its Idempotency-Key.
type earlier struct {
	name, id, at string
	request      string
}

func (o earlier) of(customer string) bool {
	return strings.Contains(o.request, `"customerId":"`+customer+`"`)
}

// inInbox is the order that waited for an engine without an answer.
const inInbox = "meal-in-inbox"

// before is a `yeyak dev` of this build on that build's data.
type before struct {
	*dev
	orders                              map[string]earlier
	alice, minho, bora, cora, dana, kim person
}

// TestBefore_SQLite: the orders in a data folder of that build still belong to their
// customers and owners, go on, and pass the audit.
func TestBefore_SQLite(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	unpack(t, beforeIdentity+"sqlite.tar.gz", d.folder)
	ordersOfBefore(t, d)
}

// TestBefore_PostgreSQL: the same holds for a dump of that build's PostgreSQL database.
func TestBefore_PostgreSQL(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	unpack(t, beforeIdentity+"postgres.tar.gz", d.folder)
	database := pgtest.New(t)
	require.NoError(t, pgserver.Execute(t.Context(), database, string(unzipped(t, beforeIdentity+"postgres.sql.gz"))))
	d.env = append(d.env, "DATABASE_URL="+database)
	ordersOfBefore(t, d)
}

func ordersOfBefore(t *testing.T, d *dev) {
	t.Helper()
	b := &before{dev: d, orders: map[string]earlier{}}
	for line := range strings.Lines(read(t, filepath.Join(d.folder, "orders.tsv"))) {
		column := strings.Split(strings.TrimSpace(line), "\t")
		b.orders[column[0]] = earlier{column[0], column[1], column[2], column[3]}
	}
	d.run()
	for _, o := range b.orders { // the engine still assigns some of them to the killed process
		d.eventually(func() bool { return d.get("/v1/mypages/"+o.id+"?fresh=true").status == http.StatusOK })
	}
	kept := d.becomes(b.orders[inInbox].id, booking.Cancelled)
	require.Equal(t, booking.NotProcessed, kept.Reason, "its time had passed")
	b.introduce()
	b.requireTheirs()
	b.requireRepeats()
	b.goOn()
	b.requireNoPersonalData()
	b.requireAudited()
}

// introduce registers the issuer's accounts. Their ids are their names, as in the
// earlier orders and places.
func (b *before) introduce() {
	b.Helper()
	for account, is := range map[string]*person{
		"alice": &b.alice, "minho": &b.minho, "bora": &b.bora, "cora": &b.cora, "dana": &b.dana, "kim": &b.kim,
	} {
		*is = person{system: &b.system, token: b.tokenOf(account)}
		is.id = is.gets("/v1/self", http.StatusOK).ID
		require.Equal(b, account, is.id)
	}
	require.Contains(b, string(b.get("/v1/self", "Authorization", "Bearer "+b.bora.token).raw), `"ownerId":"bora"`)
}

// requireTheirs requires that each order is shown to its customer, its owner and
// operators, alone and in lists, and to no other customer or owner.
func (b *before) requireTheirs() {
	b.Helper()
	listed := map[string][]string{}
	for _, o := range b.orders {
		page, customer, other := "/v1/mypages/"+o.id, b.alice, b.minho
		if o.of("minho") {
			customer, other = other, customer
		}
		customer.gets(page, http.StatusOK)
		other.gets(page, http.StatusNotFound)
		b.cora.gets(page, http.StatusNotFound)
		b.get(page).with(b, http.StatusOK)
		if o.name != inInbox { // an order that was not accepted is in no list
			listed[customer.id] = append(listed[customer.id], o.id)
		}
		if o.at == calls {
			b.bora.gets(page, http.StatusNotFound)
			b.kim.gets(page, http.StatusNotFound)
			continue
		}
		b.bora.gets(page, http.StatusOK)
		if o.name != inInbox {
			listed["bora"] = append(listed["bora"], o.id)
		}
	}
	require.ElementsMatch(b, listed["alice"], ids(b.alice.gets("/v1/mypages", http.StatusOK)))
	require.ElementsMatch(b, listed["minho"], ids(b.minho.gets("/v1/mypages", http.StatusOK)))
	require.ElementsMatch(b, listed["bora"], ids(b.bora.gets("/v1/orders", http.StatusOK)))
}

// requireRepeats requires that requests with the earlier keys find their orders.
func (b *before) requireRepeats() {
	b.Helper()
	for _, o := range b.orders {
		if o.name == inInbox { // it never became an order: its key is free
			continue
		}
		customer := b.alice
		if o.of("minho") {
			customer = b.minho
		}
		again := func(request string) answer {
			return b.request(http.MethodPost, o.at, request, "Authorization", "Bearer "+customer.token, "Idempotency-Key", o.name)
		}
		require.Equal(b, o.id, again(o.request).with(b, http.StatusCreated).body.ID)
		another := strings.NewReplacer(`"rooms":1`, `"rooms":2`, `"quantity":1`, `"quantity":2`, "7 Hill", "8 Hill").Replace(o.request)
		require.Equal(b, "idempotency_key_reused", again(another).with(b, http.StatusUnprocessableEntity).body.Code)
	}
}

// goOn brings each order under way to its end, except a stay in 2028.
func (b *before) goOn() {
	b.Helper()
	of := func(name string) string { return b.orders[name].id }
	at := func(name string) string { return b.orders[name].at + "/" + of(name) }
	requireEnded := func(name string, want booking.Status, by string) {
		b.Helper()
		history := b.becomes(of(name), want).History
		require.Equal(b, by, history[len(history)-1].By, name)
	}

	b.ownerDecides(of("stay-awaiting"))
	b.minho.posts(at("stay-to-cancel")+"/cancel", nil, http.StatusOK)
	requireEnded("stay-to-cancel", booking.Cancelled, "minho")
	b.requireRefunded(of("stay-to-cancel"), 18000)
	requireEnded("stay-cancelled", booking.Cancelled, "")
	b.requireRefunded(of("stay-cancelled"), 18000)

	b.dana.posts(deliveries+"/"+of("meal-under-way")+"/complete", nil, http.StatusOK)
	requireEnded("meal-under-way", booking.Delivered, b.dana.id)
	b.minho.posts(at("meal-to-cancel")+"/cancel", nil, http.StatusOK)
	requireEnded("meal-to-cancel", booking.Cancelled, "minho")
	b.requireRefunded(of("meal-to-cancel"), 9000)
	requireEnded("meal-delivered", booking.Delivered, "")

	b.bora.posts(productions+"/"+of("cup-in-production")+"/complete", nil, http.StatusOK)
	requireEnded("cup-in-production", booking.Completed, b.bora.id)
	b.minho.posts(at("cup-to-cancel")+"/cancel", nil, http.StatusOK)
	requireEnded("cup-to-cancel", booking.Cancelled, "minho")
	b.requireRefunded(of("cup-to-cancel"), 9000)

	// The earlier cleaner is no person: operators complete their calls.
	b.kim.posts(at("call-assigned")+"/complete", nil, http.StatusNotFound)
	b.post(cleaners, object{"name": "Kim", "personId": b.kim.id}).with(b, http.StatusCreated)
	b.becomes(of("call-waiting"), booking.Assigned)
	b.kim.posts(at("call-waiting")+"/complete", nil, http.StatusOK)
	requireEnded("call-waiting", booking.Completed, b.kim.id)
	b.post(at("call-assigned")+"/complete", nil).with(b, http.StatusOK)
	b.becomes(of("call-assigned"), booking.Completed)

	stay := b.alice.gets("/v1/mypages/"+of("stay-confirmed")+"?fresh=true", http.StatusOK)
	require.Equal(b, booking.Confirmed, stay.Status)
}

// ownerDecides confirms a stay that waits for its owner, unless the owner's 30 days
// have passed: then this build must notice that.
func (b *before) ownerDecides(order string) {
	b.Helper()
	history := b.page(order).History
	last := history[len(history)-1]
	if last.Status != booking.AwaitingOwner || time.Since(last.At) > time.Duration(booking.LongestConfirmWithin) {
		require.Equal(b, booking.OwnerTimeout, b.becomes(order, booking.Cancelled).Reason)
		b.requireRefunded(order, 18000)
		return
	}
	b.cora.posts(reservations+"/"+order+"/confirm", nil, http.StatusNotFound)
	b.bora.posts(reservations+"/"+order+"/confirm", nil, http.StatusOK)
	require.Equal(b, booking.Confirmed, b.becomes(order, booking.Confirmed).Status)
}

// requireNoPersonalData requires that no list shows the telephone numbers and addresses in
// that build's events and messages.
func (b *before) requireNoPersonalData() {
	b.Helper()
	for _, path := range []string{
		"/v1/events?limit=200", "/v1/mypages?customerId=minho", "/v1/orders?ownerId=bora", "/v1/messages?recipientId=alice",
		"/v1/messages?recipientId=minho", "/v1/messages?recipientId=bora", deliveries, calls, cleaners, "/metrics",
	} {
		shown := string(b.get(path).with(b, http.StatusOK).raw)
		for _, personal := range []string{"Hill Street", "Sejong-daero", "8221234567"} {
			require.NotContains(b, shown, personal, path)
		}
	}
}

func (b *before) requireAudited() {
	b.Helper()
	audit := b.yeyak("audit")
	for name, value := range devserver.Announced(b.folder) {
		audit.Env = append(audit.Env, fmt.Sprintf("%s=%s", name, value))
	}
	out, err := audit.CombinedOutput()
	require.NoError(b, err, "%s", out)
	require.Contains(b, string(out), "Nothing that was checked is wrong.")
}

// ids are those of what is listed.
func ids(list body) (all []string) {
	for _, o := range list.Items {
		all = append(all, o["id"].(string))
	}
	return all
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

func unzipped(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	require.NoError(t, err)
	text, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return text
}

// unpack unpacks an archive of files into a folder.
func unpack(t testing.TB, archive, folder string) {
	t.Helper()
	files := tar.NewReader(strings.NewReader(string(unzipped(t, archive))))
	for {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		if file.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(files)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(file.Name)), text, 0o600))
	}
}
