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
	// keysFor is the time after which keys are fetched again. A key that the issuer has
	// withdrawn is refused from then on, unless the issuer is away.
	keysFor = 5 * time.Minute
	// fetchPause is the time between two fetches: any client can send tokens that name
	// unknown keys. Within it the last fetched keys count as complete.
	fetchPause = time.Second
	// fetchWithin bounds a fetch.
	fetchWithin = 3 * time.Second
	// maxDocument is the longest answer of an issuer that is read.
	maxDocument = 1 << 20
)

// keySet holds the keys of an issuer. Unlike go-oidc's own, it distinguishes a wrong
// signature from an issuer that is away, fetches nothing for a key that it has, and
// drops withdrawn keys.
type keySet struct {
	issuer      string
	client      *http.Client
	now         func() time.Time
	sharedFetch singleflight.Group

	mu        sync.Mutex
	keys      []jose.JSONWebKey
	fetches   int       // fetches that brought keys
	fetchedAt time.Time // when the keys were fetched
	triedAt   time.Time // when a fetch was last tried
	failure   error     // of the last try
}

var errSignature = errors.New("the signature is not by a key of the issuer")

// errAway is the error of a token whose key cannot be fetched.
type errAway struct{ cause error }

func (e errAway) Error() string { return "fetch keys: " + e.cause.Error() }

func (e errAway) Unwrap() error { return e.cause }

// check checks the signature, and returns the number of the fetch that brought the
// key. It returns errAway if the key is unknown and the issuer cannot be reached.
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

// verify reports whether the key that the token names is among the keys, and fails if
// no key matches the signature. A token that names no key may be signed by any.
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

// current reports whether the keys are still those of the fetch with the number.
func (k *keySet) current(fetch int) bool {
	_, last := k.held()
	return fetch == last
}

// held returns the keys, and the number of the fetch that brought them. Keys older
// than keysFor are fetched again in the background, so that an issuer that is away
// delays no request.
func (k *keySet) held() (keys []jose.JSONWebKey, fetch int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if len(k.keys) > 0 && now.Sub(k.fetchedAt) > keysFor && now.Sub(k.triedAt) > fetchPause {
		k.sharedFetch.DoChan("", k.refresh)
	}
	return k.keys, k.fetches
}

// fetch fetches the keys, together with concurrent callers. Within fetchPause of the last
// try it returns the result of that.
func (k *keySet) fetch(ctx context.Context) error {
	k.mu.Lock()
	recent, failure := !k.triedAt.IsZero() && k.now().Sub(k.triedAt) < fetchPause, k.failure
	k.mu.Unlock()
	if recent {
		return failure
	}
	select {
	case done := <-k.sharedFetch.DoChan("", k.refresh):
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

// lastError returns the error of the last fetch, nil if it succeeded. After a failure it
// tries again in the background. So the error is cleared soon after the issuer is
// back, also while no request needs its keys.
func (k *keySet) lastError() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure != nil && k.now().Sub(k.triedAt) > fetchPause {
		k.sharedFetch.DoChan("", k.refresh)
	}
	return k.failure
}

// download reads from the issuer the URL of its keys, and then the keys.
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

// asSafe refuses keys from a connection that others can write to.
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

// readKeys reads the signing keys. A key that cannot be read is left out.
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
