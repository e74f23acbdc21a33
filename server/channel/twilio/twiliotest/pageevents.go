package twiliotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const heartbeat = 15 * time.Second

// pageEvents streams changes as server-sent events from the number in Last-Event-ID or ?from, as the page got it with
// its state. "reset" says that too much has happened since: read the state anew.
func (t *Twilio) pageEvents(w http.ResponseWriter, r *http.Request) {
	from := r.Header.Get("Last-Event-ID")
	if from == "" {
		from = r.URL.Query().Get("from")
	}
	next, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		next = -1
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	for {
		text, upTo, changed := t.eventsSince(next)
		next = upTo
		if _, err := w.Write(text); err != nil || flush.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-time.After(heartbeat):
		case <-r.Context().Done():
			return
		case <-t.running.Done():
			return
		}
	}
}

// eventsSince writes out what changed, each thing once and as it is now. What changed often meanwhile is one event.
func (t *Twilio) eventsSince(from int64) (text []byte, next int64, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changes, next, ok := t.changes.since(from)
	changed = t.changes.wait()
	if !ok {
		return event("reset", next, next), next, changed
	}
	if len(changes) == 0 {
		return []byte(": still here\n\n"), next, changed
	}
	last := map[change]int{}
	for i, c := range changes {
		last[c] = i
	}
	for i, c := range changes {
		if last[c] == i {
			text = append(text, event(c.kind, next, t.seen(c))...)
		}
	}
	return text, next, changed
}

// seen is what the page is told of a change; null when it is gone. The caller holds the lock.
func (t *Twilio) seen(c change) any {
	switch c.kind {
	case messageChanged:
		return t.messages[c.id].view()
	case postChanged:
		for i := len(t.posts) - 1; i >= 0; i-- {
			if t.posts[i].key() == c.id {
				return t.posts[i].view()
			}
		}
	case peopleChanged:
		return t.customers[c.id].Customer
	case settingChanged:
		return t.lines()
	}
	return nil
}

func event(kind string, id int64, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil {
		panic("twiliotest: " + err.Error())
	}
	return fmt.Appendf(nil, "event: %s\nid: %d\ndata: %s\n\n", kind, id, text)
}
