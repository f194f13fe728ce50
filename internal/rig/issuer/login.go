package issuer

import (
	"net/http"
	"net/url"
)

// SubjectParam is the parameter with which a client names the subject of a login: the
// issuer needs no password.
const SubjectParam = "login_hint"

// authorize logs in the subject that the client names, and redirects the browser at once.
// The code is the subject itself: what protects a code is a concern of real issuers.
func authorize(w http.ResponseWriter, r *http.Request) {
	back, err := url.Parse(r.URL.Query().Get("redirect_uri"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	back.RawQuery = url.Values{"code": {r.URL.Query().Get(SubjectParam)}, "state": {r.URL.Query().Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// token returns the access token of a code.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	subject := r.PostFormValue("code")
	write(w, map[string]any{
		"access_token": i.Token(map[string]any{"sub": subject, "name": subject}), "token_type": "Bearer", "expires_in": 3600,
	})
}
