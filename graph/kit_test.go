package graph_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/twilio"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
	"github.com/livedesk/livedesk/server/desk"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	adminEmail = "admin@example.com"
	password   = "correct horse battery"
)

// api is the API over HTTP before a real desk on a database of its own, with a Twilio to connect channels to.
type api struct {
	t     testing.TB
	db    *db.DB
	desk  *desk.Desk
	url   string
	admin string // token
	log   *bytes.Buffer
}

func newAPI(t testing.TB) *api {
	t.Helper()
	a := &api{t: t, db: dbtest.New(t), log: &bytes.Buffer{}}
	feed := db.NewFeed(a.db, slog.New(slog.DiscardHandler))
	a.desk = newDesk(t, a.db, feed.Told)
	if err := feed.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ws := &transport.WebSocket{Init: a.signInSocket, Share: graph.Share}
	server := httptest.NewServer(a.signedIn(graph.NewHandler(graph.Options{Desk: a.desk, DB: a.db, Feed: feed, WebSocket: ws, Log: slog.New(slog.NewTextHandler(a.log, nil))})))
	t.Cleanup(func() {
		server.Close()
		if err := ws.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := feed.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	a.url = server.URL
	if _, _, err := a.desk.FirstAdmin(t.Context(), adminEmail, password); err != nil {
		t.Fatal(err)
	}
	a.admin = a.signIn(adminEmail)
	return a
}

func newDesk(t testing.TB, database *db.DB, told func(int64)) *desk.Desk {
	t.Helper()
	keys, err := db.ParseKeyRing("1:" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	public := &url.URL{Scheme: "https", Host: "desk.example.com"}
	signer, err := blob.NewSigner(public, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	models := aitest.Start(aitest.Options{})
	carrier := twiliotest.New(twiliotest.Options{})
	carrier.AddDefault()
	host := httptest.NewServer(carrier)
	base, err := url.Parse(host.URL)
	if err != nil {
		t.Fatal(err)
	}
	provider := twilio.New(twilio.Options{BaseURL: base})
	t.Cleanup(func() { provider.Close(); models.Close(); carrier.Close(); host.Close(); blobs.Close() })
	d := desk.New(desk.Options{DB: database, Keys: keys, Blobs: blobs, Signer: signer, Public: public, Told: told, Providers: []channel.Provider{provider},
		Ai: ai.New(toModels{models.Address}, ai.Options{Tries: 1})})
	t.Cleanup(d.EndReceiving)
	return d
}

// toModels brings every request for a language model to the fake endpoint, whichever address it was meant for.
type toModels struct{ address string }

func (t toModels) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", t.address
	return http.DefaultTransport.RoundTrip(r)
}

// signedIn is what the server puts before the API.
func (a *api) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := model.WithAddress(r.Context(), "192.0.2.1")
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if viewer, _, err := a.desk.Authenticate(ctx, token); err == nil {
			ctx = model.WithViewer(ctx, viewer)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (a *api) signInSocket(ctx context.Context, payload json.RawMessage) (context.Context, error) {
	var init struct{ Authorization string }
	if err := json.Unmarshal(payload, &init); err != nil {
		return nil, err
	}
	viewer, _, err := a.desk.Authenticate(ctx, strings.TrimPrefix(init.Authorization, "Bearer "))
	if err != nil {
		return nil, err
	}
	if viewer, err = a.db.Sight(ctx, viewer); err != nil {
		return nil, err
	}
	return model.WithViewer(ctx, viewer), nil
}

// vars are the variables of a request, and objects in its answer.
type vars = map[string]any

// answer is a GraphQL response.
type answer struct {
	Data   vars
	Errors []struct {
		Message    string
		Path       []any
		Extensions vars
	}
	raw string
}

// send posts an operation. The token may be empty.
func (a *api) send(token, document string, variables vars) answer {
	a.t.Helper()
	body, err := json.Marshal(vars{"query": document, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(a.t.Context(), "POST", a.url, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(response.Body); err != nil {
		a.t.Fatal(err)
	}
	got := answer{raw: raw.String()}
	if err := json.Unmarshal(raw.Bytes(), &got); err != nil {
		a.t.Fatalf("%v: %s", err, raw.String())
	}
	return got
}

// do is send for an operation that must come through without errors and refusals; it returns the one root field.
func (a *api) do(token, document string, variables vars) vars {
	a.t.Helper()
	got := a.send(token, document, variables)
	for _, field := range got.Data {
		object, ok := field.(vars)
		if len(got.Errors) == 0 && ok && len(list(object["userErrors"])) == 0 {
			return object
		}
	}
	a.t.Fatalf("%s\nwith %v\ngave %s", document, variables, got.raw)
	return nil
}

func (a *api) signIn(email string) string {
	a.t.Helper()
	got := a.do("", `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { token userErrors { code } } }`, vars{"e": email, "p": password})
	return got["token"].(string)
}

// code is the code of the first error or, without one, of the first refusal of the one root field.
func (g answer) code() string {
	for _, e := range g.Errors {
		code, _ := e.Extensions["code"].(string)
		return code
	}
	for _, field := range g.Data {
		for _, e := range list(at(field, "userErrors")) {
			return at(e, "code").(string)
		}
	}
	return ""
}

// at follows the path through objects and lists of an answer; nil when it leads nowhere.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(vars)
			value = object[step]
		case int:
			items := list(value)
			if step >= len(items) {
				return nil
			}
			value = items[step]
		}
	}
	return value
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// hire adds an agent and signs them in.
func (a *api) hire(name string, role model.Role) (id, token string) {
	a.t.Helper()
	got := a.do(a.admin, `mutation($i: CreateAgentInput!) { createAgent(input: $i) { agent { id } userErrors { code message } } }`,
		vars{"i": vars{"name": name, "email": name + "@example.com", "role": role, "password": password}})
	return at(got, "agent", "id").(string), a.signIn(name + "@example.com")
}

// connect makes a WhatsApp channel whose members are the agents.
func (a *api) connect(name, number string, agents ...string) string {
	a.t.Helper()
	got := a.do(a.admin, `mutation($i: CreateChannelInput!) { createChannel(input: $i) { channel { id } userErrors { code field message } } }`,
		vars{"i": vars{"name": name, "credentials": vars{"twilioWhatsapp": vars{"accountSid": twiliotest.AccountSid, "authToken": twiliotest.AuthToken, "sender": vars{"phoneNumber": number}}}}})
	id := at(got, "channel", "id").(string)
	a.do(a.admin, `mutation($i: SetChannelAgentsInput!) { setChannelAgents(input: $i) { channel { id } userErrors { code message } } }`,
		vars{"i": vars{"channelId": id, "agentIds": append([]string{}, agents...)}})
	return id
}

// customer lets a customer write on the channel, and returns the id of their conversation.
func (a *api) customer(account int64, channelID, number, name, text string) string {
	a.t.Helper()
	c, err := a.db.Channel(a.t.Context(), account, model.ID(channelID))
	if err != nil {
		a.t.Fatal(err)
	}
	message := model.Incoming{ExternalID: "SM" + string(model.NewID(model.KindMessage)), Addresses: []string{number}, ProfileName: name, Kind: model.TextMessage, Text: text, At: time.Now()}
	if err := a.desk.Receive(a.t.Context(), c, []model.Incoming{message}); err != nil {
		a.t.Fatal(err)
	}
	// What comes of it is in the log before anybody begins to listen.
	a.desk.EndReceiving()
	a.exec(`SELECT count(*) FROM sequence_events($1, 1000)`, account)
	var id string
	err = a.db.Pool().QueryRow(a.t.Context(), `SELECT conversation_id::text FROM messages WHERE account_id = $1 AND external_id = $2`, account, message.ExternalID).Scan(&id)
	if err != nil {
		a.t.Fatal(err)
	}
	return id
}

// account is the first one's number.
func (a *api) account() (account int64) {
	a.t.Helper()
	if err := a.db.Pool().QueryRow(a.t.Context(), `SELECT min(id) FROM accounts`).Scan(&account); err != nil {
		a.t.Fatal(err)
	}
	return account
}
