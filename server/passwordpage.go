package server

import (
	"html/template"
	"net/http"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// passwordPage is where the link of an invitation or of a password reset leads. It works without scripts; an app with
// a page of its own sends setPassword instead.
type passwordPage struct{ desk *desk.Desk }

type passwordView struct {
	Error string
	Done  bool
}

var passwordTemplate = template.Must(template.New("password").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Set your password · Livedesk</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; background: #f4f5f7; color: #1c2430; margin: 0; display: grid; min-height: 100vh; place-items: center }
main { background: #fff; padding: 2rem; border-radius: 12px; box-shadow: 0 1px 3px #0002; width: min(22rem, calc(100vw - 2rem)); box-sizing: border-box }
h1 { font-size: 1.25rem; margin: 0 0 1rem }
label { display: block; margin: .75rem 0 .25rem }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .75rem; border: 1px solid #8a94a3; border-radius: 8px }
button { font: inherit; margin-top: 1.25rem; width: 100%; padding: .6rem; border: 0; border-radius: 8px; background: #0b6b4f; color: #fff }
input:focus-visible, button:focus-visible { outline: 3px solid #7cc4ff; outline-offset: 1px }
[role=alert] { background: #fdecea; color: #8c1d18; padding: .5rem .75rem; border-radius: 8px }
</style>
<main>
<h1>Set your password</h1>
{{if .Done}}<p>Your password is set. You can close this page and sign in.</p>
{{else}}{{with .Error}}<p role="alert">{{.}}</p>{{end}}
<form method="post">
<label for="password">New password (at least 10 characters)</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="10" maxlength="200" required autofocus>
<button>Set password</button>
</form>{{end}}
</main>
</html>
`))

func (p *passwordPage) form(w http.ResponseWriter, _ *http.Request) {
	p.render(w, http.StatusOK, passwordView{})
}

func (p *passwordPage) set(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	_, err := p.desk.SetPassword(r.Context(), r.PathValue("token"), r.PostFormValue("password"), model.AddressFrom(r.Context()))
	if err == nil {
		p.render(w, http.StatusOK, passwordView{Done: true})
		return
	}
	status, text := http.StatusUnprocessableEntity, "Something broke. Try again in a moment."
	if refused, ok := refusalOf(err); ok {
		text = refused.Text
	} else {
		status = http.StatusInternalServerError
	}
	p.render(w, status, passwordView{Error: text})
}

func (p *passwordPage) render(w http.ResponseWriter, status int, view passwordView) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = passwordTemplate.Execute(w, view)
}
