package server

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// aiAgent adds an AI Agent that asks the model at the address, and starts it on the channel.
func (w *world) aiAgent(name, channel, address, key string) {
	w.t.Helper()
	made := w.admin.must("createAiAgent", inJSON(w.t, map[string]any{"name": name, "instructions": "Be kind.", "model": aitest.DefaultModel, "baseUrl": address, "apiKey": key}))
	var m struct{ AiAgent struct{ ID string } }
	decode(w.t, made, &m)
	w.admin.must("setChannelAiAgent", inJSON(w.t, map[string]any{"channelId": w.channels[channel], "aiAgentId": m.AiAgent.ID}))
}

func (w *world) article(title, body string) {
	w.t.Helper()
	w.admin.must("createArticle", inJSON(w.t, map[string]any{"title": title, "body": body}))
}

func inJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// modelKnows has the model answer messages with the words, once it was given an article that says so.
func (w *world) modelKnows(words, article, answer string) {
	w.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		text := c.Last().Text()
		return aitest.Reply{Text: answer}, strings.Contains(text, words) && strings.Contains(text, article)
	})
}

func (w *world) modelHandsOver(words string) {
	w.models.Call(words, model.AiPass, `{"reason":"ASKED_FOR_PERSON","summary":"The customer wants a person."}`)
}

// customerSawTyping waits until the customer was shown that an answer is being written.
func (w *world) customerSawTyping(phone string) {
	w.t.Helper()
	w.eventually("the customer sees that an answer is being written", func() bool {
		return slices.ContainsFunc(w.twilio.Chat(phone), func(m twiliotest.Message) bool { return m.Typing > 0 })
	})
}
