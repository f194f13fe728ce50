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

// session is the sealed session of a person, stored in the browser only: every process with
// the key can read it.
type session struct {
	Token string    `json:"token"` // an access token of the issuer
	Ends  time.Time `json:"ends"`
}

// sessionCookie is the name of the session's cookie. It is part of the seal, so a change of
// the name ends all sessions.
const sessionCookie = "yeyak_session"

// identify finds the caller of the visit by the session's access token, which is valid for
// the API, too. Returns Unauthenticated if there is none.
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

// identifiedWithin bounds the identification of a caller.
const identifiedWithin = 5 * time.Second

// sessionEnded reports whether an error means that the session is no longer valid.
func sessionEnded(err error) bool {
	return errors.Is(err, &booking.Error{Code: booking.Unauthenticated})
}

const (
	// mostCookie is the maximum length of a cookie: browsers drop longer ones.
	mostCookie = 4000
	// mostCookies is the maximum of cookies for one value. Servers in between accept 8 or
	// 16 kB of cookies, and refuse more with a page of their own.
	mostCookies = 4
)

// partOf is the name of the cookie with the n-th part of a value. A value that fits into
// one cookie has one.
func partOf(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "_" + strconv.Itoa(n)
}

// storeCookie stores a value in the browser until ends. The browser can neither read nor change
// it, and does not send it with a form of another site.
func (v *visit) storeCookie(name string, value any, ends time.Time) error {
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
	v.dropCookiesFrom(name, n)
	return nil
}

// dropCookie removes the value from the browser.
func (v *visit) dropCookie(name string) {
	http.SetCookie(v.c.Writer, v.cookie(name, "", -1))
	v.dropCookiesFrom(name, 1)
}

// dropCookiesFrom removes the n-th part of a value and the later ones from the browser, as far as
// it has them.
func (v *visit) dropCookiesFrom(name string, n int) {
	for ; n < mostCookies; n++ {
		if _, err := v.c.Request.Cookie(partOf(name, n)); err == nil {
			http.SetCookie(v.c.Writer, v.cookie(partOf(name, n), "", -1))
		}
	}
}

// cookieText is the text of all parts.
func (v *visit) cookieText(name string) string {
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

// onLoopback reports whether a Host header names this machine. Under all other names pages
// are reached by https only: an access token must not cross a network unencrypted.
func onLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return name == "localhost" || net.ParseIP(name).IsLoopback()
}

// seal encrypts a value so that only a process with the key can read it. A text that is
// sealed under one name cannot be opened under another.
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

// open reads what storeCookie has stored. Returns false if there is nothing that this key has
// sealed.
func open[T any](v *visit, name string) (value T, known bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(v.cookieText(name))
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

// aead is AES-GCM, which generates its nonces itself. It is made once: the key never
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
