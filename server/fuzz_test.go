package server

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// FuzzWebhook posts any body and query to a channel's webhook, signed as Twilio would, and asks that it is never a fault
// of the desk and that what is taken is stored clean. When whole, the body is made a message of this channel with an id
// of its own.
func FuzzWebhook(f *testing.F) {
	for _, body := range recordedForms(f) {
		f.Add([]byte(body), "", true)
		f.Add([]byte(body), "m=0190&a=1", false)
	}
	for _, text := range texts {
		f.Add([]byte(url.Values{"Body": {text[:min(len(text), 2000)]}, "ProfileName": {text[:min(len(text), 100)]}}.Encode()), "", true)
	}
	f.Add([]byte("MessageStatus=delivered&ErrorCode=30008"), "m=%00&a=99999999999", true)
	f.Add([]byte("Body=%zz&&=&a=b&a=b"), "bodySHA256=0", true)
	d := newDoor(f)
	f.Fuzz(func(t *testing.T, body []byte, query string, whole bool) {
		d.t = t
		form, err := url.ParseQuery(string(body))
		if whole && err == nil {
			body = d.complete(form)
		}
		address := d.webhook
		if query != "" {
			address += "?" + query
		}
		got, ok := d.post(address, body, form)
		if !ok {
			return
		}
		if got.Code >= 500 || strings.Contains(got.Body.String(), "cannot be stored") {
			t.Fatalf("answered %d %s", got.Code, got.Body)
		}
		if got.Code == http.StatusNoContent && (got.Body.Len() > 0 || got.Header().Get("Content-Type") != "") {
			t.Fatalf("answered with %q of type %q", got.Body, got.Header().Get("Content-Type"))
		}
		if whole && err == nil && got.Code == http.StatusNoContent {
			d.checkStored(form)
		}
	})
}

// complete makes the form one of this channel.
func (d *door) complete(form url.Values) []byte {
	for name, value := range map[string]string{"AccountSid": twiliotest.AccountSid, "MessageSid": d.sid(), "To": twiliotest.WhatsAppNumber} {
		form.Set(name, value)
	}
	if form.Get("From") == "" {
		form.Set("From", customer)
	}
	return []byte(form.Encode())
}

// post hands a signed request to the server's handler. It is false for what is no address.
func (d *door) post(address string, body []byte, form url.Values) (*httptest.ResponseRecorder, bool) {
	u, err := url.Parse(address)
	if err != nil || strings.ContainsAny(address, " \r\n\t#") {
		return nil, false
	}
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	r.URL, r.RequestURI = u, u.RequestURI()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", twiliotest.Sign(twiliotest.AuthToken, d.server.config.PublicURL+r.RequestURI, form))
	answer := httptest.NewRecorder()
	d.server.http.Handler.ServeHTTP(answer, r)
	return answer, true
}

// checkStored finds the form's message, and its text cleaned. What is put together from other fields is left to the
// provider's own tests.
func (d *door) checkStored(form url.Values) {
	d.t.Helper()
	status := strings.ToLower(strings.TrimSpace(form.Get("SmsStatus")))
	if form.Get("MessageStatus") != "" || form.Get("EventType") != "" || status != "" && status != "received" && status != "receiving" {
		return // a report
	}
	var text string
	err := d.server.db.Pool().QueryRow(d.t.Context(), `SELECT text FROM messages WHERE external_id = $1`, form.Get("MessageSid")).Scan(&text)
	if err != nil {
		d.t.Fatalf("acknowledged and not stored: %v", err)
	}
	if want := model.CleanText(form.Get("Body"), model.MaxIncomingText); want != "" && form.Get("FlowData") == "" && text != want {
		d.t.Fatalf("stored %q of %q", text, form.Get("Body"))
	}
}

func recordedForms(f *testing.F) (bodies []string) {
	f.Helper()
	for _, file := range glob(f, "channel/twilio/testdata/*/*.txt") {
		if _, body, found := strings.Cut(file, "\n\n"); found {
			bodies = append(bodies, strings.TrimSpace(body))
		}
	}
	if len(bodies) < 20 {
		f.Fatalf("%d recorded requests", len(bodies))
	}
	return bodies
}

// glob reads the files of the pattern.
func glob(tb testing.TB, pattern string) (contents []string) {
	tb.Helper()
	names, err := filepath.Glob(pattern)
	must(tb, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(tb, err)
		contents = append(contents, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return contents
}

// FuzzGraphQL sends any body to the API, as somebody signed in or as nobody, and asks that it is answered, that nothing
// broke in the desk, and that no word of the database reaches the caller.
func FuzzGraphQL(f *testing.F) {
	folder, err := os.Getwd() // as a stack would name it
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range contractBodies(f) {
		f.Add([]byte(body), true, "application/graphql-response+json")
		f.Add([]byte(body), false, "application/json")
	}
	for _, body := range []string{``, `{}`, `[]`, `null`, `{"query":""}`, `{"query":"{__typename}"}`, `{"query":"{__schema{types{name fields{name}}}}"}`, `{"query":"query($id:ID!){node(id:$id){id}}","variables":{"id":"\u0000"}}`,
		`{"query":"{a:viewer{id} b:viewer{id email channels{agents{channels{id}}}}}"}`, `{"query":"{contacts(first:3,filter:{text:\"' OR 1=1 --\"}){nodes{id}}}"}`,
		`{"query":"{nodes(ids:[\"@conversation\",\"@message\",\"@channel\",\"@agent\"]){id __typename}}"}`, `{"query":"subscription{events{cursor}}"}`,
		`{"query":"{conversations(after:\"AAAA\",before:\"////\",first:-1,last:999999999){edges{cursor}}}"}`} {
		f.Add([]byte(body), true, "*/*")
	}
	var log lines
	d := &door{world: newWorldLogging(f, &log)}
	d.channel("WhatsApp", twiliotest.WhatsAppNumber)
	viewer := d.furnish()
	handler := contained(d.server.graphql, d.server.log)
	f.Fuzz(func(t *testing.T, body []byte, signedIn bool, accept string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(d.named(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		if signedIn {
			r = r.WithContext(model.WithViewer(r.Context(), viewer))
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code >= 500 || answer.Body.Len() == 0 {
			t.Fatalf("answered %d %s", answer.Code, answer.Body)
		}
		for _, leak := range []string{"SQLSTATE", "pgx", "bun:", "relation ", "syntax error at", "goroutine ", ".go:", folder, `"code":"INTERNAL"`} {
			if strings.Contains(answer.Body.String(), leak) && !bytes.Contains(body, []byte(leak)) {
				t.Fatalf("answered %s", answer.Body)
			}
		}
		if text := log.String(); strings.Contains(text, "level=ERROR") {
			t.Fatalf("logged %s", text)
		}
	})
}

// furnish puts something there to ask for, and returns who asks.
func (d *door) furnish() *model.Viewer {
	d.t.Helper()
	d.customerSays(customer, "hello", twiliotest.WhatsAppNumber, false)
	d.eventually("the message is there", func() bool { return d.count("messages") == 1 })
	viewer, _, err := d.server.desk.Authenticate(d.t.Context(), d.admin.token)
	must(d.t, err)
	d.agents = map[string]*person{"@agent": d.admin}
	for name, table := range map[string]string{"@conversation": "conversations", "@message": "messages", "@contact": "contacts", "@channel": "channels"} {
		var id string
		must(d.t, d.server.db.Pool().QueryRow(d.t.Context(), `SELECT id::text FROM `+table).Scan(&id))
		d.agents[name] = &person{id: id}
	}
	return viewer
}

// named puts ids in place of names: what is found by a fuzzer is good for another desk.
func (d *door) named(body []byte) []byte {
	for name, what := range d.agents {
		body = bytes.ReplaceAll(body, []byte(name), []byte(what.id))
	}
	return body
}

var (
	definition = regexp.MustCompile(`(?m)^(fragment|query|mutation|subscription) (\w+)`)
	variable   = regexp.MustCompile(`\$(\w+): (\w+)`)
)

// contractBodies are the operations of the contract as requests, with values for their variables.
func contractBodies(f *testing.F) (bodies []string) {
	f.Helper()
	for _, file := range glob(f, "../graph/testdata/contract/*.graphql") {
		starts := definition.FindAllStringSubmatchIndex(file, -1)
		fragments := map[string]string{}
		var operations []string
		for i, at := range starts {
			end := len(file)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			if text := file[at[0]:end]; file[at[2]:at[3]] == "fragment" {
				fragments[file[at[4]:at[5]]] = text
			} else {
				operations = append(operations, text)
			}
		}
		for _, text := range operations {
			bodies = append(bodies, request(withFragments(text, fragments)))
		}
	}
	if len(bodies) < 20 {
		f.Fatalf("%d operations in the contract", len(bodies))
	}
	return bodies
}

func withFragments(text string, fragments map[string]string) string {
	for again := true; again; {
		again = false
		for name, fragment := range fragments {
			if strings.Contains(text, "..."+name) && !strings.Contains(text, fragment) {
				text, again = text+fragment, true
			}
		}
	}
	return text
}

func request(document string) string {
	var values []string
	for _, v := range variable.FindAllStringSubmatch(document, -1) {
		value := "null"
		switch kind := v[2]; {
		case kind == "ID":
			value = `"@conversation"`
		case kind == "Int":
			value = "10"
		case strings.HasSuffix(kind, "Input"):
			value = `{"conversationId":"@conversation","messageId":"@message","channelId":"@channel","agentId":"@agent","contactId":"@contact","clientKey":"k","text":"t","name":"n"}`
		}
		values = append(values, fmt.Sprintf("%q:%s", v[1], value))
	}
	return fmt.Sprintf(`{"query":%q,"variables":{%s}}`, document, strings.Join(values, ","))
}
