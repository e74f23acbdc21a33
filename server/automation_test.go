package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// addressOf is what the desk knows a phone by.
func addressOf(phone string) string { return strings.TrimPrefix(phone, "whatsapp:") }

func (w *world) greets(channel string, enabled bool, text string) {
	w.t.Helper()
	w.admin.must("updateGreeting", fmt.Sprintf(`{"channelId":%q,"enabled":%t,"text":%q}`, w.channels[channel], enabled, text))
}

// closes gives the channel hours of which the last ended so many minutes ago, after an hour, and begin again tomorrow.
func (w *world) closes(channel, minutes, message string) {
	w.t.Helper()
	ago, err := strconv.Atoi(minutes)
	if err != nil {
		w.t.Fatal(err)
	}
	closes := time.Now().UTC().Add(-time.Duration(ago) * time.Minute)
	end := closes.Format("15:04")
	if end == "00:00" {
		end = "24:00"
	}
	w.hours(channel, closes.Add(-time.Hour).Format("15:04"), end, message)
}

func (w *world) opens(channel string) { w.hours(channel, "00:00", "24:00", "Never said.") }

// hours gives the channel the same hours every day.
func (w *world) hours(channel, opens, closes, message string) {
	w.t.Helper()
	var weekly []map[string]any
	for _, day := range []model.Weekday{model.Monday, model.Tuesday, model.Wednesday, model.Thursday, model.Friday, model.Saturday, model.Sunday} {
		weekly = append(weekly, map[string]any{"day": day, "intervals": []map[string]string{{"opens": opens, "closes": closes}}})
	}
	input, _ := json.Marshal(map[string]any{"channelId": w.channels[channel], "enabled": true, "timeZone": "UTC", "unavailableMessage": message, "weekly": weekly})
	w.admin.must("updateHours", string(input))
}

func (w *world) team(name, agent string) {
	w.t.Helper()
	made := w.admin.must("createTeam", fmt.Sprintf(`{"name":%q,"agentIds":[%q]}`, name, w.agents[agent].id))
	var m struct{ Team struct{ ID string } }
	decode(w.t, made, &m)
	w.teams[name] = m.Team.ID
}

// rule sends messages that contain the words to the team.
func (w *world) rule(channel, words, team string) {
	w.t.Helper()
	w.admin.must("createRoutingRule", fmt.Sprintf(`{"channelId":%q,"name":%q,"conditions":[{"messageText":{"contains":%q}}],"action":{"assignTo":{"teamId":%q}}}`,
		w.channels[channel], words, words, w.teams[team]))
}

func (w *world) customerIsWith(phone string, p *person) {
	w.t.Helper()
	w.eventually(w.line, func() bool { return p.owns(addressOf(phone)) })
}

// customerWaits waits until it was decided that the customer waits, and fails when somebody has them.
func (w *world) customerWaits(phone string) {
	w.t.Helper()
	id := w.conversationOf(addressOf(phone))
	w.eventually(w.line, func() bool { return w.count(`conversations WHERE id = $1 AND to_place IS NULL`, id) == 1 })
	if n := w.count(`conversations WHERE id = $1 AND agent_id IS NULL AND target_kind IS NOT NULL`, id); n != 1 {
		w.t.Errorf("%s: somebody has them", w.line)
	}
}

// customerHasReceived counts what arrived on the phone, once the desk has said all that it has to say.
func (w *world) customerHasReceived(phone, text, times string) {
	w.t.Helper()
	want, err := strconv.Atoi(times)
	if err != nil {
		w.t.Fatal(err)
	}
	w.eventually(w.line, func() bool {
		return w.count(`conversations WHERE handled_seq < last_inbound_seq`) == 0 && w.count(`messages WHERE status IN ('QUEUED', 'SENDING')`) == 0
	})
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.twilio.WaitIdle(ctx); err != nil {
		w.t.Fatalf("%s: %v", w.line, err)
	}
	n := 0
	for _, m := range w.twilio.Chat(phone) {
		if m.Direction != twiliotest.InboundMessage && m.Body == text {
			n++
		}
	}
	if n != want {
		w.t.Errorf("%s: %d times", w.line, n)
	}
}
