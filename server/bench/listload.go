package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// listQuery is the query of the contract with which apps show conversations (graph/testdata/contract).
//
//go:embed list.graphql
var listQuery string

// listPage is how many conversations a list shows.
const listPage = 50

// listTask asks for the list again and again, one request after another.
type listTask struct {
	URL      string // of the API
	Token    string
	Requests int
}

type listAnswer struct {
	Took []time.Duration // of each request
	Rows []listRow       // what each of them returned
}

// listRow is what the benchmark looks at in a row of the list.
type listRow struct {
	ID          string
	Contact     struct{ Name string }
	Channel     struct{ Name string }
	Assignee    *struct{ Name string }
	Labels      []struct{ Name string }
	LastMessage struct{ Text string }
}

// listLoad asks as an app does, on a connection that it keeps.
type listLoad struct{ client *http.Client }

func newListLoad() *listLoad {
	return &listLoad{client: &http.Client{Timeout: postTime, Transport: &http.Transport{DisableCompression: true}}}
}

func (l *listLoad) close() { l.client.CloseIdleConnections() }

func (l *listLoad) do(ctx context.Context, t listTask) (a listAnswer, err error) {
	question, err := json.Marshal(map[string]any{"query": listQuery, "variables": map[string]any{"first": listPage}})
	if err != nil {
		return a, err
	}
	var first []byte
	for range t.Requests {
		began := time.Now()
		text, err := l.ask(ctx, t, question)
		if err != nil {
			return a, err
		}
		a.Took = append(a.Took, time.Since(began))
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			return a, fmt.Errorf("the same list was answered twice, differently:\n%s\n%s", first, text)
		}
	}
	a.Rows, err = readList(first)
	return a, err
}

func (l *listLoad) ask(ctx context.Context, t listTask, question []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+t.Token)
	r.Header.Set("Content-Type", "application/json")
	w, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("the list was answered %d: %s", w.StatusCode, text)
	}
	return text, err
}

func readList(text []byte) ([]listRow, error) {
	var answer struct {
		Data struct {
			Conversations struct{ Nodes []listRow }
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	if len(answer.Errors) > 0 {
		return nil, fmt.Errorf("the list was refused: %s", answer.Errors[0].Message)
	}
	return answer.Data.Conversations.Nodes, nil
}
