package issuer

import (
	"net/http"
	"net/url"
)

// SubjectParam is what a client adds to the address of a login to say whose it is: the
// issuer asks nobody for a password.
const SubjectParam = "login_hint"

// authorize logs in whoever the client says, and sends the browser back at once. The
// code is the subject itself: what a code has to prove is the business of real issuers.
func authorize(w http.ResponseWriter, r *http.Request) {
	back, err := url.Parse(r.URL.Query().Get("redirect_uri"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	back.RawQuery = url.Values{"code": {r.URL.Query().Get(SubjectParam)}, "state": {r.URL.Query().Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// token gives the access token that a code stands for.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	subject := r.PostFormValue("code")
	write(w, map[string]any{
		"access_token": i.Token(map[string]any{"sub": subject, "name": subject}), "token_type": "Bearer", "expires_in": 3600,
	})
}
