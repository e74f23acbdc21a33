package channeltest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

var update = flag.Bool("update", false, "write the expected results of recorded requests anew")

// Read reads a webhook as it came over the wire; address and time are left to the caller.
func Read(t testing.TB, file string) *channel.Request {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &channel.Request{Method: req.Method, URI: req.RequestURI, Header: req.Header, Body: body}
}

// kinds are those that customers send.
var kinds = []model.MessageKind{model.TextMessage, model.MediaMessage, model.LocationMessage, model.ContactsMessage, model.InteractiveMessage,
	model.ReactionMessage, model.UnsupportedMessage}

// Recorded reads requests in the shape that the company sends them, and compares all of what the desk gets with the JSON
// beside them. Together they must hold every kind of message and every status.
func Recorded(t *testing.T, pattern string, receive func(t *testing.T, file string) (*channel.Received, error)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded requests", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		got, err := receive(t, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		CheckStorable(t, got)
		compare(t, strings.TrimSuffix(file, ".txt")+".json", got)
		for _, m := range got.Messages {
			seen[string(m.Kind)] = true
		}
		for _, s := range got.Statuses {
			seen[string(s.Status)] = true
		}
	}
	for _, kind := range kinds {
		if !seen[string(kind)] {
			t.Errorf("no recorded request has %s", kind)
		}
	}
	for _, status := range []model.DeliveryStatus{model.Sent, model.Delivered, model.Read, model.Failed} {
		if !seen[string(status)] {
			t.Errorf("no recorded request reports %s", status)
		}
	}
}

func compare(t *testing.T, golden string, got *channel.Received) {
	t.Helper()
	var tree any
	text, err := json.Marshal(got)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err == nil {
		text, err = json.MarshalIndent(prune(tree), "", "  ")
	}
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("%s differs; got\n%s", golden, text)
	}
}

// prune leaves out what is empty, except in the request as it came, so that a new field of the model changes no file.
func prune(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for name, value := range v {
			if name == "Raw" {
				continue
			}
			if value = prune(value); value == nil || value == "" || value == 0.0 || value == false {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return tree
}
