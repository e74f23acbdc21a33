package server

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// csatPage is where the link of a survey leads. It works without scripts, cookies and anything from elsewhere; only a
// sent form is an answer, for messengers fetch links to preview them.
type csatPage struct {
	desk    *desk.Desk
	log     *slog.Logger
	guesses guesses
}

var (
	//go:embed csatpage/page.html
	csatHTML string
	//go:embed csatpage/page.css
	csatStyle string

	csatTemplate = template.Must(template.New("csat").Parse(csatHTML))
	csatPolicy   = "default-src 'none'; style-src 'sha256-" + digest(csatStyle) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// maxAnswer is the size of a sent form: a comment of which each character takes nine bytes, and more than that.
const maxAnswer = 64 << 10

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// csatView is what the template shows: a notice, or the form with what was answered so far.
type csatView struct {
	Lang, Title           string
	Style                 template.CSS
	Notice, Detail, Given string
	Thanks, Until, Alert  string
	Question              string
	Scores                []csatScore
	CommentLabel, Comment string
	MaxComment            int
	Send                  string

	status int
}

type csatScore struct {
	Value  int
	Name   string
	Chosen bool
}

func (p *csatPage) show(w http.ResponseWriter, r *http.Request) {
	address := model.AddressFrom(r.Context())
	if !p.guesses.allowed(address, time.Now()) {
		p.render(w, noticeView(r, http.StatusTooManyRequests))
		return
	}
	sheet, err := p.desk.Sheet(r.Context(), r.PathValue("token"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.render(w, sheetView(r, sheet))
}

func (p *csatPage) answer(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		p.render(w, noticeView(r, http.StatusForbidden))
		return
	}
	if !p.guesses.allowed(model.AddressFrom(r.Context()), time.Now()) {
		p.render(w, noticeView(r, http.StatusTooManyRequests))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswer)
	score, _ := strconv.Atoi(r.PostFormValue("score"))
	comment := r.PostFormValue("comment")
	sheet, err := p.desk.AnswerSheet(r.Context(), r.PathValue("token"), score, comment)
	switch {
	case model.CodeOf(err) == model.Invalid:
		view := sheetView(r, sheet)
		view.status, view.Alert, view.Comment = http.StatusUnprocessableEntity, textOf(r, sheet).choose, comment
		p.render(w, view)
	case err != nil:
		p.fail(w, r, err)
	case !sheet.Open:
		p.render(w, sheetView(r, sheet))
	default:
		// Relative, so that it holds below whatever path a proxy has put the desk. Who reloads does not send it again.
		w.Header().Set("Location", r.PathValue("token"))
		p.headers(w)
		w.WriteHeader(http.StatusSeeOther)
	}
}

// fail answers for a link that leads nowhere, alike for all of them, and for faults.
func (p *csatPage) fail(w http.ResponseWriter, r *http.Request, err error) {
	if model.CodeOf(err) == model.NotFound {
		p.guesses.missed(model.AddressFrom(r.Context()), time.Now())
		p.render(w, noticeView(r, http.StatusNotFound))
		return
	}
	if !errors.Is(err, r.Context().Err()) {
		p.log.ErrorContext(r.Context(), "show a survey", "error", err)
	}
	p.render(w, noticeView(r, http.StatusInternalServerError))
}

func textOf(r *http.Request, s *desk.SurveySheet) *csatText {
	t := csatTexts[pageLanguage(s.Csat.Language, r.Header.Get("Accept-Language"))]
	return &t
}

// noticeView is the page of a status about which nothing else is known.
func noticeView(r *http.Request, status int) *csatView {
	t := csatTexts[pageLanguage(model.SurveyAutomatic, r.Header.Get("Accept-Language"))]
	v := &csatView{Lang: t.lang, Title: t.title, status: status}
	switch status {
	case http.StatusTooManyRequests:
		v.Notice = t.tooMany
	case http.StatusInternalServerError:
		v.Notice = t.broken
	default:
		v.Notice, v.Detail = t.missing, t.missDetail
	}
	return v
}

func sheetView(r *http.Request, s *desk.SurveySheet) *csatView {
	l := pageLanguage(s.Csat.Language, r.Header.Get("Accept-Language"))
	t := csatTexts[l]
	v := &csatView{Lang: t.lang, Title: t.title, status: http.StatusOK}
	if s.Survey.Score > 0 {
		v.Given = t.gave(l, s.Survey.Score)
	}
	if !s.Open {
		v.status, v.Notice, v.Detail = http.StatusGone, t.ended, t.endedDetail
		return v
	}
	v.Question, v.CommentLabel, v.Comment, v.MaxComment = s.Csat.Ask(l), t.comment, s.Survey.Comment, model.MaxSurveyComment
	v.Send, v.Until = t.send, t.changeable(s.Survey.ExpiresAt.In(s.Zone))
	if s.Survey.Score > 0 {
		v.Thanks, v.Send = t.thanks, t.change
		if s.Csat.ThankYou != "" {
			v.Thanks = s.Csat.ThankYou
		}
	}
	for score := 1; score <= 5; score++ {
		v.Scores = append(v.Scores, csatScore{score, model.ScoreName(l, score), score == s.Survey.Score})
	}
	return v
}

func (p *csatPage) headers(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", csatPolicy)
	w.Header().Set("X-Robots-Tag", "noindex")
}

func (p *csatPage) render(w http.ResponseWriter, v *csatView) {
	v.Style = template.CSS(csatStyle)
	var page bytes.Buffer
	if err := csatTemplate.Execute(&page, v); err != nil {
		p.log.Error("write the page of a survey", "error", err)
	}
	p.headers(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.Header().Set("Vary", "Accept-Language")
	if v.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(int(guessTime.Seconds())))
	}
	w.WriteHeader(v.status)
	_, _ = page.WriteTo(w)
}
