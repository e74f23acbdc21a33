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

// reportQueries are those of the contract with which apps show reports (graph/testdata/contract).
//
//go:embed reports.graphql
var reportQueries string

// reportsTask asks for a report again and again, one request after another.
type reportsTask struct {
	URL       string // of the API
	Token     string
	Operation string
	Bucket    string
	From, To  time.Time
	Requests  int
}

type reportsAnswer struct {
	Took   []time.Duration // of each request
	Report reportRow       // what each of them returned
}

// reportRow is what the benchmark looks at in a report.
type reportRow struct {
	Opened, Resolved, MessagesReceived, MessagesSent int
	Sent, Answered                                   int
	FirstResponse                                    struct{ Count int }
	Series                                           []struct{ Opened, Sent int }
	ByAgent                                          []struct{ Resolved, Answered int }
}

// reportsLoad asks as an app does, on a connection that it keeps.
type reportsLoad struct{ client *http.Client }

func newReportsLoad() *reportsLoad {
	return &reportsLoad{client: &http.Client{Timeout: postTime, Transport: &http.Transport{DisableCompression: true}}}
}

func (l *reportsLoad) close() { l.client.CloseIdleConnections() }

func (l *reportsLoad) do(ctx context.Context, t reportsTask) (a reportsAnswer, err error) {
	filter := map[string]any{"from": t.From.Format(time.RFC3339Nano), "to": t.To.Format(time.RFC3339Nano), "timeZone": "Europe/Berlin"}
	question, err := json.Marshal(map[string]any{"query": reportQueries, "operationName": t.Operation, "variables": map[string]any{"filter": filter, "bucket": t.Bucket}})
	if err != nil {
		return a, err
	}
	var text []byte
	for range t.Requests {
		began := time.Now()
		if text, err = l.ask(ctx, t, question); err != nil {
			return a, err
		}
		a.Took = append(a.Took, time.Since(began))
	}
	a.Report, err = readReport(text)
	return a, err
}

func (l *reportsLoad) ask(ctx context.Context, t reportsTask, question []byte) ([]byte, error) {
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
		err = fmt.Errorf("the report was answered %d: %s", w.StatusCode, text)
	}
	return text, err
}

func readReport(text []byte) (r reportRow, err error) {
	var answer struct {
		Data   map[string]reportRow
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return r, fmt.Errorf("read the report: %w", err)
	}
	if len(answer.Errors) > 0 {
		return r, fmt.Errorf("the report was refused: %s", answer.Errors[0].Message)
	}
	for _, r = range answer.Data {
	}
	return r, nil
}
