package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// aiTask posts messages, one of each customer, and meanwhile has an agent write notes.
type aiTask struct {
	Hook     hook
	First    int // number of the first message
	Messages int
	From     int // the first customer
	Clients  int
	Rest     time.Duration // of a client after each message, and of the agent after each note

	URL          string // of the API
	Token        string
	Conversation string
	Notes        int
}

type aiAnswer struct {
	Posts []time.Duration
	Notes []time.Duration
}

// aiLoad keeps its connections.
type aiLoad struct {
	posters []*poster
	client  *http.Client
}

func newAiLoad() *aiLoad { return &aiLoad{client: &http.Client{Timeout: postTime}} }

func (l *aiLoad) close() {
	for _, p := range l.posters {
		p.close()
	}
	l.client.CloseIdleConnections()
}

func (l *aiLoad) do(ctx context.Context, t aiTask) (a aiAnswer, err error) {
	for len(l.posters) < t.Clients {
		l.posters = append(l.posters, &poster{})
	}
	a.Posts, a.Notes = make([]time.Duration, t.Messages), make([]time.Duration, t.Notes)
	errs := make([]error, t.Clients+1)
	var next atomic.Int64
	var all sync.WaitGroup
	for c := range t.Clients {
		all.Go(func() { errs[c] = l.post(ctx, t, l.posters[c], &next, a.Posts) })
	}
	all.Go(func() { errs[t.Clients] = l.note(ctx, t, a.Notes) })
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

func (l *aiLoad) post(ctx context.Context, t aiTask, p *poster, next *atomic.Int64, took []time.Duration) error {
	p.host = t.Hook.Host
	for i := int(next.Add(1)) - 1; i < t.Messages; i = int(next.Add(1)) - 1 {
		request := t.Hook.request(t.First+i, t.From+i, numbered(t.First+i, "hello, can you help me?"))
		began := time.Now()
		if err := accepted(p.post(request)); err != nil {
			return err
		}
		took[i] = time.Since(began)
		pause(ctx, t.Rest)
	}
	return nil
}

const addNote = `mutation($i: AddNoteInput!) { addNote(input: $i) { message { id } userErrors { code } } }`

func (l *aiLoad) note(ctx context.Context, t aiTask, took []time.Duration) error {
	for i := range t.Notes {
		input := map[string]any{"conversationId": t.Conversation, "text": "She is in a hurry.", "clientKey": fmt.Sprint(t.First, " ", i)}
		body, err := json.Marshal(map[string]any{"query": addNote, "variables": map[string]any{"i": input}})
		if err != nil {
			return err
		}
		began := time.Now()
		if err := l.mutate(ctx, t, body); err != nil {
			return err
		}
		took[i] = time.Since(began)
		pause(ctx, t.Rest)
	}
	return nil
}

func (l *aiLoad) mutate(ctx context.Context, t aiTask, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.Token)
	r.Header.Set("Content-Type", "application/json")
	w, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err == nil && !bytes.Contains(text, []byte(`"userErrors":[]`)) {
		err = fmt.Errorf("a note was answered %d: %s", w.StatusCode, text)
	}
	return err
}
