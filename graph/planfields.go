package graph

import (
	"strconv"
	"time"

	"github.com/livedesk/livedesk/graph/scalar"
	"github.com/livedesk/livedesk/model"
)

// The scalars that plans write, by type.
var (
	conversationFields = map[string]write[*model.Conversation]{
		"id":             func(b []byte, c *model.Conversation) []byte { return scalar.AppendID(b, c.ID) },
		"status":         func(b []byte, c *model.Conversation) []byte { return scalar.AppendString(b, string(c.Status)) },
		"priority":       func(b []byte, c *model.Conversation) []byte { return scalar.AppendString(b, string(c.Priority)) },
		"version":        func(b []byte, c *model.Conversation) []byte { return appendInt(b, c.Version) },
		"unreadCount":    func(b []byte, c *model.Conversation) []byte { return appendInt(b, c.UnreadCount) },
		"openedAt":       func(b []byte, c *model.Conversation) []byte { return scalar.AppendDateTime(b, c.OpenedAt) },
		"lastActivityAt": func(b []byte, c *model.Conversation) []byte { return scalar.AppendDateTime(b, c.LastActivityAt) },
		"waitingSince":   func(b []byte, c *model.Conversation) []byte { return appendTime(b, c.WaitingSince) },
		"snoozedUntil":   func(b []byte, c *model.Conversation) []byte { return appendTime(b, c.SnoozedUntil) },
		"resolvedAt":     func(b []byte, c *model.Conversation) []byte { return appendTime(b, c.ResolvedAt) },
		"closedAt":       func(b []byte, c *model.Conversation) []byte { return appendTime(b, c.ClosedAt) },
	}
	contactFields = map[string]write[*model.Contact]{
		"id":   func(b []byte, c *model.Contact) []byte { return scalar.AppendID(b, c.ID) },
		"name": func(b []byte, c *model.Contact) []byte { return scalar.AppendString(b, c.Name()) },
		"phoneNumber": func(b []byte, c *model.Contact) []byte {
			if c.Phone == "" {
				return append(b, "null"...)
			}
			return scalar.AppendString(b, c.Phone)
		},
		"blockedAt": func(b []byte, c *model.Contact) []byte { return appendTime(b, c.BlockedAt) },
		"createdAt": func(b []byte, c *model.Contact) []byte { return scalar.AppendDateTime(b, c.CreatedAt) },
	}
	channelFields = map[string]write[*model.Channel]{
		"id":       func(b []byte, c *model.Channel) []byte { return scalar.AppendID(b, c.ID) },
		"name":     func(b []byte, c *model.Channel) []byte { return scalar.AppendString(b, c.Name) },
		"kind":     func(b []byte, c *model.Channel) []byte { return scalar.AppendString(b, string(c.Kind)) },
		"provider": func(b []byte, c *model.Channel) []byte { return scalar.AppendString(b, string(c.Provider)) },
		"state":    func(b []byte, c *model.Channel) []byte { return scalar.AppendString(b, string(c.State())) },
	}
	agentFields = map[string]write[*model.Agent]{
		"id":           func(b []byte, a *model.Agent) []byte { return scalar.AppendID(b, a.ID) },
		"name":         func(b []byte, a *model.Agent) []byte { return scalar.AppendString(b, a.Name) },
		"availability": func(b []byte, a *model.Agent) []byte { return scalar.AppendString(b, string(a.Availability)) },
		"connected":    func(b []byte, a *model.Agent) []byte { return appendBool(b, a.Connected) },
	}
	aiAgentFields = map[string]write[*model.AiAgent]{
		"id":   func(b []byte, a *model.AiAgent) []byte { return scalar.AppendID(b, a.ID) },
		"name": func(b []byte, a *model.AiAgent) []byte { return scalar.AppendString(b, a.Name) },
	}
	teamFields = map[string]write[*model.Team]{
		"id":   func(b []byte, t *model.Team) []byte { return scalar.AppendID(b, t.ID) },
		"name": func(b []byte, t *model.Team) []byte { return scalar.AppendString(b, t.Name) },
	}
	labelFields = map[string]write[*model.Label]{
		"id":    func(b []byte, l *model.Label) []byte { return scalar.AppendID(b, l.ID) },
		"name":  func(b []byte, l *model.Label) []byte { return scalar.AppendString(b, l.Name) },
		"color": func(b []byte, l *model.Label) []byte { return scalar.AppendString(b, l.Color) },
	}
	messageFields = map[string]write[*model.Message]{
		"id":        func(b []byte, m *model.Message) []byte { return scalar.AppendID(b, m.ID) },
		"version":   func(b []byte, m *model.Message) []byte { return appendInt(b, m.Version) },
		"direction": func(b []byte, m *model.Message) []byte { return scalar.AppendString(b, string(m.Direction)) },
		"kind":      func(b []byte, m *model.Message) []byte { return scalar.AppendString(b, string(m.Kind)) },
		"text":      func(b []byte, m *model.Message) []byte { return scalar.AppendString(b, m.Text) },
		"createdAt": func(b []byte, m *model.Message) []byte { return scalar.AppendDateTime(b, m.CreatedAt) },
	}
	windowFields = map[string]write[model.ReplyWindow]{
		"open":     func(b []byte, w model.ReplyWindow) []byte { return appendBool(b, w.Open) },
		"closesAt": func(b []byte, w model.ReplyWindow) []byte { return appendTime(b, w.ClosesAt) },
	}
)

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

func appendBool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

func appendTime(b []byte, t *time.Time) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	return scalar.AppendDateTime(b, *t)
}
