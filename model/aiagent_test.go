package model

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnAiAgentsSettings(t *testing.T) {
	t.Parallel()
	hot := 2.5
	none := math.NaN()
	for field, spoil := range map[string]func(*AiAgent){
		"":               func(a *AiAgent) { a.Instructions = strings.Repeat("ü", MaxInstructions) },
		"instructions":   func(a *AiAgent) { a.Instructions = strings.Repeat("ü", MaxInstructions+1) },
		"model":          func(a *AiAgent) { a.Model = "" },
		"keyHeader":      func(a *AiAgent) { a.KeyHeader = "COOKIE" },
		"temperature":    func(a *AiAgent) { a.Temperature = &hot },
		"temperature ":   func(a *AiAgent) { a.Temperature = &none },
		"maxTokens":      func(a *AiAgent) { a.MaxTokens = 15 },
		"timeoutSeconds": func(a *AiAgent) { a.TimeoutSeconds = 121 },
		"maxTurns":       func(a *AiAgent) { a.MaxTurns = 0 },
		"handOverTopics": func(a *AiAgent) { a.HandOverTopics = []string{" "} },
		"closingText":    func(a *AiAgent) { a.ClosingText = strings.Repeat("😀", MaxText/2+1) },
	} {
		a := NewAiAgent(1, time.Now())
		a.Model = "gpt-5-mini"
		spoil(a)
		wantField(t, a.Check(), strings.TrimSpace(field))
	}
}

func TestAnAiAgentsAddress(t *testing.T) {
	t.Parallel()
	for address, field := range map[string]string{
		DefaultAiBaseURL: "", "http://localhost:11434/v1": "", "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21": "",
		"": "baseUrl", "api.openai.com/v1": "baseUrl", "ftp://example.com": "baseUrl", "https://": "baseUrl", "https://user:secret@example.com/v1": "baseUrl",
		"https://example.com/" + strings.Repeat("x", MaxAiURL): "baseUrl", "https://example.com/%zz": "baseUrl",
	} {
		a := NewAiAgent(1, time.Now())
		a.Model, a.BaseURL = "gpt-5-mini", address
		wantField(t, a.Check(), field)
	}
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	e, _ := err.(*Error)
	switch {
	case field == "" && err != nil:
		t.Errorf("refused: %v", err)
	case field != "" && (e == nil || !slices.Equal(e.Field, []string{field})):
		t.Errorf("%v, want a refusal of %s", err, field)
	}
}

func TestWhatTheCustomerIsToldAtAHandOver(t *testing.T) {
	t.Parallel()
	hours := NoHours()
	hours.Enabled = true
	closed, err := NewCalendar(hours)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	since, _ := closed.ClosedSince(now)
	justNow := now.Add(-time.Minute)
	for _, c := range []struct {
		h       Heard
		closing string
		want    AutoReply
	}{
		{Heard{At: now, Away: "Away", Greeting: "Hello", Begins: true}, "", AutoReply{Kind: TextMessage, Text: DefaultClosing}},
		{Heard{At: now}, "Bye", AutoReply{Kind: TextMessage, Text: "Bye"}},
		{Heard{At: now, Away: "Away", Calendar: closed}, "Bye", AutoReply{Kind: UnavailableMessage, Text: "Away", Period: since}},
		{Heard{At: now, Away: "Away", Calendar: closed, LastAwayAt: &since}, "Bye", AutoReply{Kind: TextMessage, Text: AwayClosing}},
		{Heard{At: now, Calendar: closed}, "Bye", AutoReply{Kind: TextMessage, Text: AwayClosing}},
		{Heard{At: now, Away: "Away", Calendar: closed, AgentAt: &justNow}, "Bye", AutoReply{Kind: TextMessage, Text: "Bye"}},
	} {
		if got := Farewell(c.h, c.closing); got != c.want {
			t.Errorf("%+v gives %+v, want %+v", c.h, got, c.want)
		}
	}
}

func TestEveryReasonOfAHandOverHasWords(t *testing.T) {
	t.Parallel()
	for reason := range handOverWords {
		if note := reason.Note("Robin", ""); !strings.HasPrefix(note, "Robin handed this conversation over: ") || strings.Contains(note, "could not go on") {
			t.Errorf("%s is %q", reason, note)
		}
	}
	if len(handOverWords) != 15 {
		t.Errorf("%d reasons have words", len(handOverWords))
	}
}
