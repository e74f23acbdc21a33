package twiliotest

import (
	"net/http"
	"net/mail"
	"net/url"
	"time"
)

// listMessages answers with both directions, newest first.
func (t *Twilio) listMessages(c *call) answer {
	query := c.request.URL.Query()
	wanted, ok := filter(query, t.options.HideUnsent)
	if !ok {
		return refuse(http.StatusBadRequest, 20001, "DateSent is not a date")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []*message
	var sids []string
	for i := len(t.order) - 1; i >= 0; i-- {
		m := t.order[i]
		if m.account == c.account && !m.deleted && wanted(m) {
			found, sids = append(found, m), append(sids, m.Sid)
		}
	}
	p, ok := paginate(query, sids)
	if !ok {
		return badPage()
	}
	page := []any{}
	for _, m := range found[p.start:p.end] {
		page = append(page, messageResource(m))
	}
	return reply(http.StatusOK, p.list(c.Path, "messages", page))
}

// filter reads To, From and the three forms of DateSent, whose names end in the comparison: "DateSent>" is at or
// after, "DateSent<" at or before, and "DateSent" that day.
func filter(query url.Values, hideUnsent bool) (func(*message) bool, bool) {
	day, ok1 := date(query, "DateSent")
	before, ok2 := date(query, "DateSent<")
	after, ok3 := date(query, "DateSent>")
	dated := !day.IsZero() || !before.IsZero() || !after.IsZero()
	return func(m *message) bool {
		at := m.Created
		if m.Sent != nil {
			at = *m.Sent
		}
		at = at.Truncate(time.Second)
		switch {
		case query.Has("To") && query.Get("To") != m.To, query.Has("From") && query.Get("From") != m.From:
			return false
		case dated && hideUnsent && m.Sent == nil:
			return false
		case !day.IsZero() && !at.Truncate(24*time.Hour).Equal(day.Truncate(24*time.Hour)):
			return false
		case !before.IsZero() && at.After(before):
			return false
		}
		return after.IsZero() || !at.Before(after.Truncate(time.Second))
	}, ok1 && ok2 && ok3
}

// date reads one of the forms that Twilio documents; the zero time stands for an absent one.
func date(query url.Values, name string) (time.Time, bool) {
	s := query.Get(name)
	if s == "" {
		return time.Time{}, true
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC(), true
		}
	}
	at, err := mail.ParseDate(s)
	return at.UTC(), err == nil
}
