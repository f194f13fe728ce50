package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// session is what the browser keeps, sealed, of a person who has logged in. Nothing of
// it is kept here: every process with the key can read it.
type session struct {
	Token string    `json:"token"` // an access token of the issuer
	Ends  time.Time `json:"ends"`
}

// sessionCookie is the session's name. Another name is another session.
const sessionCookie = "yeyak_session"

// identify finds out whose visit it is: that of the session's access token, with which
// the API would answer, too. Unauthenticated: nobody's.
func (v *visit) identify() error {
	s, known := open[session](v, sessionCookie)
	if !known || !v.Now().Before(s.Ends) {
		return booking.Errorf(booking.Unauthenticated, "")
	}
	ctx, cancel := context.WithTimeout(v.ctx, identifiedWithin)
	defer cancel()
	caller, err := v.Callers.Caller(ctx, s.Token)
	if err != nil {
		return err
	}
	v.caller, v.token = v.withMemberships(ctx, caller), s.Token
	return nil
}

// identifiedWithin bounds the time in which a caller is found out.
const identifiedWithin = 5 * time.Second

// isOver tells whether an error says that the session counts no more.
func isOver(err error) bool { return errors.Is(err, &booking.Error{Code: booking.Unauthenticated}) }

const (
	// mostCookie is how long a cookie may be: browsers drop longer ones.
	mostCookie = 4000
	// mostCookies is in how many cookies a value is kept at most. Servers on the way take
	// 8 kB of cookies or 16, and refuse more with a page of their own.
	mostCookies = 4
)

// partOf is the name of the cookie with the n-th part of a value. Values that fit into
// one have one.
func partOf(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "_" + strconv.Itoa(n)
}

// keep gives the browser a value to keep until it ends, which it can neither read nor
// change, and which no page of another site makes it send with a form.
func (v *visit) keep(name string, value any, ends time.Time) error {
	text, err := v.seal(name, value)
	if err != nil {
		return err
	}
	if len(text) > mostCookies*mostCookie {
		return fmt.Errorf("the issuer's access token is too long: with what belongs to it, it takes %d of %d bytes of cookies", len(text), mostCookies*mostCookie)
	}
	n := 0
	for part := range slices.Chunk([]byte(text), mostCookie) {
		http.SetCookie(v.c.Writer, v.cookie(partOf(name, n), string(part), int(ends.Sub(v.Now())/time.Second)))
		n++
	}
	v.dropFrom(name, n)
	return nil
}

// drop takes it from the browser.
func (v *visit) drop(name string) {
	http.SetCookie(v.c.Writer, v.cookie(name, "", -1))
	v.dropFrom(name, 1)
}

// dropFrom takes the n-th part of a value and the later ones from the browser, as far as
// it has them.
func (v *visit) dropFrom(name string, n int) {
	for ; n < mostCookies; n++ {
		if _, err := v.c.Request.Cookie(partOf(name, n)); err == nil {
			http.SetCookie(v.c.Writer, v.cookie(partOf(name, n), "", -1))
		}
	}
}

// kept is the text of all parts.
func (v *visit) kept(name string) string {
	var text strings.Builder
	for n := range mostCookies {
		cookie, err := v.c.Request.Cookie(partOf(name, n))
		if err != nil {
			break
		}
		text.WriteString(cookie.Value)
	}
	return text.String()
}

func (v *visit) cookie(name, text string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: text, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: !onLoopback(v.c.Request.Host), SameSite: http.SameSiteLaxMode,
	}
}

// onLoopback tells whether a Host header names this machine. Everywhere else pages are
// reached by https only: an access token must not cross a network in the clear.
func onLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return name == "localhost" || net.ParseIP(name).IsLoopback()
}

// seal makes a text of a value that only a process with the key can read. A text that
// is sealed under one name cannot be opened under another.
func (v *visit) seal(name string, value any) (string, error) {
	aead, err := v.aead()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, text, []byte(name))), nil
}

// open reads what keep has kept. It returns false when there is nothing that this key
// has sealed.
func open[T any](v *visit, name string) (value T, known bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(v.kept(name))
	if err != nil {
		return value, false
	}
	aead, err := v.aead()
	if err != nil {
		return value, false
	}
	text, err := aead.Open(nil, nil, sealed, []byte(name))
	return value, err == nil && json.Unmarshal(text, &value) == nil
}

// aead is AES-GCM, which draws its nonces by itself. It is made once: the key never
// changes.
func (v *visit) aead() (cipher.AEAD, error) {
	if known := v.sealer.Load(); known != nil {
		return *known, nil
	}
	key, err := v.SessionKey(v.ctx)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	v.sealer.Store(&aead)
	return aead, nil
}
