package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// isAsked waits until the question is on the customer's phone, and keeps its link.
func (w *world) isAsked(who, question string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	m, err := w.twilio.WaitForMessage(ctx, who, twiliotest.Contains(question))
	if err != nil {
		w.t.Fatalf("%s: %v", w.line, err)
	}
	_, token, ok := strings.Cut(m.Body, "/csat/")
	if !ok || strings.Contains(token, "…") {
		w.t.Fatalf("%s: the customer was sent %q", w.line, m.Body)
	}
	w.survey = w.url() + "/csat/" + strings.TrimSpace(token)
}

// votes sends the form of the survey's page, and follows where that leads.
func (w *world) votes(score, comment string) {
	w.t.Helper()
	r, err := http.PostForm(w.survey, url.Values{"score": {score}, "comment": {comment}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Request.Method != http.MethodGet {
		w.t.Fatalf("%s: the page answered %s to %s", w.line, r.Status, r.Request.Method)
	}
}

// seesScore waits until the conversation in view has the score.
func (p *person) seesScore(score, comment string) {
	p.t.Helper()
	variables := `{"id":"` + p.inView() + `"}`
	p.until("score "+score, func() bool {
		var c struct {
			Surveys struct {
				Nodes []struct {
					Score      json.Number
					Comment    string
					CreditedTo struct{ Name string }
				}
			}
		}
		decode(p.t, p.query(`query($id: ID!) { conversation(id: $id) { surveys(first: 1) { nodes { score comment creditedTo { ... on Agent { name } } } } } }`, variables)["conversation"], &c)
		return len(c.Surveys.Nodes) == 1 && fmt.Sprint(c.Surveys.Nodes[0]) == fmt.Sprintf("{%s %s {%s}}", score, comment, p.name)
	})
}

// hasConversations fails unless the conversations have these statuses, the latest first.
func (p *person) hasConversations(statuses string) {
	p.t.Helper()
	var list struct{ Nodes []struct{ Status string } }
	decode(p.t, p.query(`{ conversations(first: 10) { nodes { status } } }`, "")["conversations"], &list)
	var got []string
	for _, c := range list.Nodes {
		got = append(got, c.Status)
	}
	if strings.Join(got, " ") != statuses {
		p.t.Errorf("%s: %s has %q", p.w.line, p.name, got)
	}
}
