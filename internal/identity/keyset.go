package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// keysFor is how long keys count before they are fetched again. A key that the
	// issuer has withdrawn is refused after that, unless the issuer is away.
	keysFor = 5 * time.Minute
	// fetchPause is the time between two fetches: anybody can send tokens that name
	// keys which there are not. In it the keys of the last fetch are taken for all.
	fetchPause = time.Second
	// fetchWithin bounds a fetch.
	fetchWithin = 3 * time.Second
	// maxDocument is the longest answer of an issuer that is read.
	maxDocument = 1 << 20
)

// keySet holds the keys of an issuer. Unlike go-oidc's own, it tells a wrong signature
// from an issuer that is away, fetches no keys for a key that it has, and gives up those
// that were withdrawn.
type keySet struct {
	issuer string
	client *http.Client
	now    func() time.Time
	flight singleflight.Group

	mu        sync.Mutex
	keys      []jose.JSONWebKey
	fetches   int       // that brought keys
	fetchedAt time.Time // the keys
	triedAt   time.Time // to fetch them
	failure   error     // of the last try
}

var errSignature = errors.New("the signature is not by a key of the issuer")

// errAway is the error of a token whose key cannot be fetched.
type errAway struct{ cause error }

func (e errAway) Error() string { return "fetch keys: " + e.cause.Error() }

func (e errAway) Unwrap() error { return e.cause }

// check checks the signature, and answers the number of the fetch that brought the keys
// for it. Its error is errAway where the key is not known and the issuer cannot be asked
// for it.
func (k *keySet) check(ctx context.Context, jws *jose.JSONWebSignature) (fetch int, err error) {
	keys, fetch := k.held()
	if known, err := verify(jws, keys); known {
		return fetch, err
	}
	if err := k.fetch(ctx); err != nil {
		return 0, errAway{err}
	}
	keys, fetch = k.held()
	_, err = verify(jws, keys)
	return fetch, err
}

// verify tells whether the key that the token names is among the keys, and fails if
// none has signed it. A token that names none may be by any.
func verify(jws *jose.JSONWebSignature, keys []jose.JSONWebKey) (known bool, err error) {
	header := jws.Signatures[0].Header
	for _, key := range keys {
		if header.KeyID != "" && header.KeyID != key.KeyID {
			continue
		}
		known = known || header.KeyID != ""
		if key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if _, err := jws.Verify(&key); err == nil {
			return true, nil
		}
	}
	return known, errSignature
}

// are tells whether the keys are still those which the fetch with the number brought.
func (k *keySet) are(fetch int) bool {
	_, last := k.held()
	return fetch == last
}

// held are the keys, and the number of the fetch that brought them. Those that have been
// held for long are fetched again, beside the request, so that an issuer that is away
// delays nothing.
func (k *keySet) held() (keys []jose.JSONWebKey, fetch int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if len(k.keys) > 0 && now.Sub(k.fetchedAt) > keysFor && now.Sub(k.triedAt) > fetchPause {
		k.flight.DoChan("", k.refresh)
	}
	return k.keys, k.fetches
}

// fetch waits for the keys of this moment, or of a moment ago.
func (k *keySet) fetch(ctx context.Context) error {
	k.mu.Lock()
	recent, failure := !k.triedAt.IsZero() && k.now().Sub(k.triedAt) < fetchPause, k.failure
	k.mu.Unlock()
	if recent {
		return failure
	}
	select {
	case done := <-k.flight.DoChan("", k.refresh):
		return done.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keySet) refresh() (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchWithin)
	defer cancel()
	keys, err := k.download(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.triedAt, k.failure = k.now(), err
	if err == nil {
		k.keys, k.fetchedAt = keys, k.triedAt
		k.fetches++
	}
	return nil, err
}

// trouble says why no keys could be fetched when that was last tried, nil when
// they could. After a failure it tries again, beside the caller: the trouble ends
// soon after the issuer is back, also while no request needs its keys.
func (k *keySet) trouble() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure != nil && k.now().Sub(k.triedAt) > fetchPause {
		k.flight.DoChan("", k.refresh)
	}
	return k.failure
}

// download asks the issuer where its keys are, and for them.
func (k *keySet) download(ctx context.Context) ([]jose.JSONWebKey, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return nil, err
	}
	if err := asSafe(metadata.Keys, k.issuer); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, metadata.Keys, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := k.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", metadata.Keys, answer.Status)
	}
	document, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument))
	if err != nil {
		return nil, err
	}
	return readKeys(document)
}

// asSafe refuses keys that come over a wire which anybody can write to.
func asSafe(keys, issuer string) error {
	of, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	at, err := url.Parse(keys)
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != of.Scheme {
		return fmt.Errorf("the issuer's jwks_uri %q is not to be trusted", keys)
	}
	return nil
}

// readKeys reads the keys for signatures. One that cannot be read is left out.
func readKeys(document []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(text, &key) == nil && key.IsPublic() && key.Valid() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the issuer has no keys that can be read")
	}
	return keys, nil
}
