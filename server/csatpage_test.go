package server

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// asked is a world whose customer was asked for a score.
func asked(t *testing.T, settings string) *world {
	t.Helper()
	w := newWorld(t)
	w.line = t.Name()
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.admin.must("updateCsat", `{"channelId":"`+w.channels["WhatsApp"]+`","enabled":true`+settings+`}`)
	w.agent("hana", "WhatsApp")
	w.customerSays(customer, "hello", twiliotest.WhatsAppNumber, false)
	w.agents["hana"].seesMessage("hello")
	w.agents["hana"].setStatus("RESOLVED")
	w.isAsked(customer, "/csat/")
	return w
}

// page is a request to the page of a survey as a browser makes it, without following where it leads.
type page struct {
	status int
	body   string
	header http.Header
}

func (w *world) pageAt(address, method string, form url.Values, headers ...string) page {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return page{answer.StatusCode, string(body), answer.Header}
}

func (w *world) visits(headers ...string) page {
	return w.pageAt(w.survey, http.MethodGet, nil, headers...)
}
func (w *world) post(score, comment string, headers ...string) page {
	return w.pageAt(w.survey, http.MethodPost, url.Values{"score": {score}, "comment": {comment}}, headers...)
}

// vote is how the survey stands.
func (w *world) vote() (s string) {
	w.t.Helper()
	err := w.server.db.Pool().QueryRow(w.t.Context(), `SELECT string_agg(concat_ws(' ', coalesce(score, 0), comment, answered_by, changes), ', ') FROM surveys`).Scan(&s)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (p page) wants(t *testing.T, status int, parts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("answered %d, want %d", p.status, status)
	}
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			t.Errorf("the page has no %q: %s", part, p.body)
		}
	}
}

func TestTheSurveyPage(t *testing.T) {
	t.Parallel()
	w := asked(t, `,"question":"<b>Happy</b> & well?","thankYou":"<i>Thanks</i>"`)
	p := w.visits()
	p.wants(t, 200, `<html lang="en">`, "&lt;b&gt;Happy&lt;/b&gt; &amp; well?", `type="radio" name="score" value="5" required`, `<label class="comment" for="comment">`)
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Content-Language": "en", "Set-Cookie": "", "Content-Type": "text/html; charset=utf-8"} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if policy := p.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(p.body, "<script") || strings.Contains(p.body, "http://") || strings.Contains(p.body, "https://") {
		t.Errorf("the page asks for something else: %s", p.body)
	}
	if w.vote() != "0 0" {
		t.Errorf("looking voted: %s", w.vote())
	}
	w.post("", "no score").wants(t, 422, `role="alert"`, "Please choose a score", "no score</textarea>")
	w.post("6", "").wants(t, 422)
	w.post("five", "").wants(t, 422)
	w.post("5", "x", "Sec-Fetch-Site", "cross-site").wants(t, 403)
	if w.vote() != "0 0" {
		t.Errorf("nonsense voted: %s", w.vote())
	}
	p = w.post("2", "<script>alert(1)</script> slow")
	p.wants(t, 303)
	if at := p.header.Get("Location"); !strings.HasSuffix(w.survey, "/"+at) || strings.Contains(at, "/") {
		t.Errorf("leads to %q", at)
	}
	w.visits().wants(t, 200, "&lt;i&gt;Thanks&lt;/i&gt;", "You gave 2 of 5: Poor.", `value="2" required checked`, "&lt;script&gt;alert(1)&lt;/script&gt; slow</textarea>", "You can change your answer until")
	w.post("5", "").wants(t, 303)
	if w.vote() != "5 PAGE 1" {
		t.Errorf("stored %s", w.vote())
	}
}

func TestTheSurveyPageSpeaksTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	w := asked(t, "")
	for accept, want := range map[string]string{"": "en", "ja": "ja", "ja-JP,ja;q=0.9,en;q=0.8": "ja", "fr,en;q=0.5": "en", "zh-CN,zh;q=0.9": "zh-Hans", "zh-TW": "zh-Hant", "zh-Hant-HK": "zh-Hant",
		"zh": "zh-Hans", "fr, ja;q=0.3, en;q=0.2": "ja", "en;q=0, ja;q=0.1": "ja", ";;q=,,*": "en", strings.Repeat("x,", 10000): "en"} {
		w.visits("Accept-Language", accept).wants(t, 200, `<html lang="`+want+`">`)
	}
	w.admin.must("updateCsat", `{"channelId":"`+w.channels["WhatsApp"]+`","enabled":true,"language":"JA"}`)
	w.visits("Accept-Language", "en").wants(t, 200, `<html lang="ja">`, "今回の対応はいかがでしたか", "とても満足")
}

func TestAnExpiredSurveyIsOver(t *testing.T) {
	t.Parallel()
	w := asked(t, "")
	w.post("4", "fine").wants(t, 303)
	w.sql(`UPDATE surveys SET created_at = now() - interval '2 hours', expires_at = now()`)
	w.visits().wants(t, 410, "This survey has ended.", "You gave 4 of 5: Good.")
	w.post("1", "late").wants(t, 410, "This survey has ended.")
	if w.vote() != "4 fine PAGE 0" {
		t.Errorf("stored %s", w.vote())
	}
}

func (w *world) sql(statement string) {
	w.t.Helper()
	if _, err := w.server.db.Pool().Exec(w.t.Context(), statement); err != nil {
		w.t.Fatal(err)
	}
}

// Whatever leads nowhere looks alike, and guessing is stopped.
func TestLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	w := asked(t, "")
	base := w.survey[:strings.LastIndex(w.survey, "/")+1]
	token := strings.TrimPrefix(w.survey, base)
	account, random, _ := strings.Cut(token, "_")
	var first string
	for _, guess := range []string{account + "_" + strings.Repeat("0", 32), "999_" + random, random, account + "_" + strings.ToUpper(random) + "0", token + "0", token[:len(token)-1], account + "_", "x", "%00", "%ff%fe", strings.Repeat("a", 4000), model.NewKey(1)} {
		p := w.pageAt(base+guess, http.MethodGet, nil)
		p.wants(t, 404, "This link does not work.")
		if first == "" {
			first = p.body
		}
		if p.body != first {
			t.Errorf("%q looks different: %s", guess, p.body)
		}
		w.pageAt(base+guess, http.MethodPost, url.Values{"score": {"5"}}).wants(t, 404, "This link does not work.")
	}
	for range guessesAtAddress {
		w.pageAt(base+"nothing", http.MethodGet, nil)
	}
	w.visits().wants(t, 429, "Too many attempts.")
	if p := w.post("5", ""); p.status != 429 || p.header.Get("Retry-After") == "" {
		t.Errorf("answered %d", p.status)
	}
	if w.vote() != "0 0" {
		t.Errorf("stored %s", w.vote())
	}
}

func TestGuessesAreForgotten(t *testing.T) {
	t.Parallel()
	var g guesses
	now := time.Now()
	for range guessesAtAddress {
		g.missed("2001:db8::1", now)
	}
	if g.allowed("2001:db8::2", now) || !g.allowed("2001:db8:0:1::1", now) || !g.allowed("192.0.2.1", now) {
		t.Error("the wrong network is stopped")
	}
	if !g.allowed("2001:db8::1", now.Add(guessTime)) {
		t.Error("guesses are not forgotten")
	}
}

// Of a hundred answers at once one stands, in one row.
func TestAHundredVotesAtOnce(t *testing.T) {
	t.Parallel()
	w := asked(t, "")
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			score := fmt.Sprint(i%5 + 1)
			if p := w.post(score, "comment of "+score); p.status != 303 {
				t.Errorf("answered %d", p.status)
			}
		})
	}
	all.Wait()
	var rows, score, changes int
	var comment string
	if err := w.server.db.Pool().QueryRow(t.Context(), `SELECT count(*), min(score), min(comment), min(changes) FROM surveys`).Scan(&rows, &score, &comment, &changes); err != nil {
		t.Fatal(err)
	}
	if rows != 1 || comment != fmt.Sprint("comment of ", score) || changes > 99 {
		t.Errorf("%d rows, %d with %q after %d changes", rows, score, comment, changes)
	}
	w.visits().wants(t, 200, fmt.Sprintf("You gave %d of 5", score))
	violations, err := w.server.db.Verify(t.Context(), 5)
	if err != nil || len(violations) > 0 {
		t.Errorf("violated %v, %v", violations, err)
	}
}

// Agents and admins read no link with which they could answer in the customer's place.
func TestNobodyElseHasTheLink(t *testing.T) {
	t.Parallel()
	w := asked(t, "")
	token := w.survey[strings.LastIndex(w.survey, "/")+1:]
	messages := w.admin.query(`query($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { text kind template { id } } } surveys(first: 5) { nodes { id } } } }`, `{"id":"`+w.agents["hana"].inView()+`"}`)
	if strings.Contains(string(messages["conversation"]), token) || !strings.Contains(string(messages["conversation"]), "/csat/…") {
		t.Errorf("the admin sees %s", messages["conversation"])
	}
	if strings.Contains(w.agents["hana"].summary(), token) {
		t.Error("the agent was told the link")
	}
	var n int
	if err := w.server.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM messages m WHERE m::text LIKE '%' || $1 || '%'`, token).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d messages hold the token, %v", n, err)
	}
}
