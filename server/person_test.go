package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// pixel is a picture.
var pixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// person is somebody who works at the desk: over HTTP, and on one live subscription.
type person struct {
	t     testing.TB
	w     *world
	name  string
	id    string
	token string

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when something came
	seen     []liveEvent
	cursor   string
	conn     *websocket.Conn
	closed   int    // the code with which the socket ended
	lastConv string // the conversation that was seen last, which actions are about
}

// liveEvent is one payload of the subscription.
type liveEvent struct {
	Cursor string
	Event  *struct {
		Typename       string `json:"__typename"`
		ConversationID string
		Message        *struct {
			ID, Direction, Text string
			Version             int
			Delivery            *struct{ Status string }
			Attachments         []struct{ State, URL string }
		}
		Conversation *struct {
			ID, Status string
			Version    int
			Assignee   *struct{ Name string }
		}
		Channel *struct{ ID, Name, State string }
		Agent   *struct{ ID, Availability string }
	}
}

const liveDocument = `subscription Live($after: String) { events(after: $after) { cursor event { __typename
	... on MessageAdded { message { id direction text version delivery { status } attachments { state url } } conversation { id status version assignee { ... on Agent { name } } } }
	... on MessageChanged { message { id direction text version delivery { status } attachments { state url } } conversation { id status version assignee { ... on Agent { name } } } }
	... on ConversationAdded { conversation { id status version assignee { ... on Agent { name } } } }
	... on ConversationChanged { conversation { id status version assignee { ... on Agent { name } } } }
	... on ConversationRemoved { conversationId }
	... on AgentChanged { agent { id availability } }
	... on ChannelChanged { channel { id name state } } } } }`

func (w *world) signIn(name, email string) *person {
	w.t.Helper()
	p := &person{t: w.t, w: w, name: name, changed: make(chan struct{})}
	var in struct {
		Token  string
		Viewer struct{ ID string }
	}
	decode(w.t, p.mutate("signIn", `{"email":"`+email+`","password":"`+testPassword+`"}`, "token viewer { id }"), &in)
	p.token, p.id = in.Token, in.Viewer.ID
	return p
}

// ask sends one operation over HTTP and returns its data.
func (p *person) ask(query string, variables string) (data map[string]json.RawMessage) {
	p.t.Helper()
	if variables == "" {
		variables = "{}"
	}
	body, _ := json.Marshal(map[string]any{"query": query, "variables": json.RawMessage(variables)})
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.w.url()+"/graphql", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatalf("%s: %v", p.w.line, err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Errors) > 0 {
		p.t.Fatalf("%s: %s: %v %+v", p.w.line, query, err, answer.Errors)
	}
	return answer.Data
}

func (p *person) query(query, variables string) map[string]json.RawMessage {
	return p.ask(query, variables)
}

// mutate sends a mutation with one input and returns its payload.
func (p *person) mutate(name, input, fields string) json.RawMessage {
	p.t.Helper()
	kind := strings.ToUpper(name[:1]) + name[1:] + "Input"
	data := p.ask(fmt.Sprintf("mutation($input: %s!) { %s(input: $input) { %s userErrors { code field message } } }", kind, name, fields), `{"input":`+input+`}`)
	return data[name]
}

var payloadFields = map[string]string{
	"createChannel": "channel { id webhookUrl verifyToken }", "createAgent": "agent { id }", "sendMessage": "message { id }", "addNote": "message { id }",
	"retryMessage": "message { id }", "assignConversation": "conversation { id }", "setConversationStatus": "conversation { id }",
	"addChannelAgents": "channel { id }", "removeChannelAgents": "channel { id }", "updateAgent": "agent { id }", "updateChannel": "channel { id }",
	"updateAssignment": "channel { id }", "setChannelAgents": "channel { id }", "updateContact": "contact { id }", "changePassword": "token",
	"resetPassword": "agent { id }", "rotateWebhookUrl": "channel { webhookUrl }", "removeChannel": "channel { id }", "setAvailability": "agent { id }",
	"updateCsat": "channel { id }", "createAiAgent": "aiAgent { id }", "setChannelAiAgent": "channel { id }", "createArticle": "article { id }",
	"updateGreeting": "channel { id }", "updateHours": "channel { id }", "createTeam": "team { id }", "createRoutingRule": "rule { id }",
}

// must mutates and fails the story when it is refused.
func (p *person) must(name, input string) json.RawMessage {
	p.t.Helper()
	payload := p.mutate(name, input, payloadFields[name])
	var refused struct {
		UserErrors []struct{ Code, Message string }
	}
	decode(p.t, payload, &refused)
	if len(refused.UserErrors) > 0 {
		p.t.Fatalf("%s: %s was refused: %+v", p.w.line, name, refused.UserErrors)
	}
	return payload
}

func (p *person) read(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		p.mu.Lock()
		if err != nil {
			if e, ok := err.(*websocket.CloseError); ok && p.conn == conn {
				p.closed = e.Code
			}
		} else {
			p.take(data)
		}
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take notes one frame. The caller holds mu.
func (p *person) take(data []byte) {
	var frame struct {
		Type    string
		Payload struct{ Data struct{ Events liveEvent } }
	}
	if err := json.Unmarshal(data, &frame); err != nil || frame.Type != "next" {
		p.t.Errorf("%s got %s", p.name, data)
		return
	}
	e := frame.Payload.Data.Events
	p.cursor = e.Cursor
	if e.Event == nil {
		return
	}
	p.seen = append(p.seen, e)
	if c := e.Event.Conversation; c != nil {
		p.lastConv = c.ID
	}
}

// inView is the conversation that the person acts on.
func (p *person) inView() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastConv
}

func (p *person) look(conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastConv = conversation
}

// until waits until the condition holds; it is asked again whenever something came.
func (p *person) until(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		ok, changed := holds(), p.changed
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			p.t.Fatalf("%s: %s has not seen %s; seen: %s", p.w.line, p.name, what, p.summary())
		}
	}
}

func (p *person) summary() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, _ := json.Marshal(p.seen)
	return string(text)
}

// events are those seen so far.
func (p *person) events() []liveEvent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// saw waits for an event.
func (p *person) saw(what string, is func(e liveEvent) bool) {
	p.t.Helper()
	p.until(what, func() bool { return slices.ContainsFunc(p.seen, is) })
}

func (p *person) seesMessage(text string) {
	p.saw("message "+text, func(e liveEvent) bool { return e.Event.Typename == "MessageAdded" && e.Event.Message.Text == text })
}

func (p *person) seesDelivery(text, status string) {
	p.saw(text+" "+status, func(e liveEvent) bool {
		m := e.Event.Message
		return m != nil && m.Text == text && m.Delivery != nil && m.Delivery.Status == status
	})
}

func (p *person) seesAttachment(state string) {
	p.saw("the picture "+state, func(e liveEvent) bool {
		m := e.Event.Message
		return m != nil && len(m.Attachments) == 1 && m.Attachments[0].State == state && (state != "READY" || p.fetches(m.Attachments[0].URL))
	})
}

// fetches tells whether the address gives the picture. It is called with mu held.
func (p *person) fetches(address string) bool {
	r, err := http.Get(address)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	var body bytes.Buffer
	body.ReadFrom(r.Body)
	return bytes.Equal(body.Bytes(), pixel) && strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment")
}

func (p *person) seesStatus(status string) {
	p.saw("conversation "+status, func(e liveEvent) bool { return e.Event.Conversation != nil && e.Event.Conversation.Status == status })
}

func (p *person) seesOwner(name string) {
	p.saw("owner "+name, func(e liveEvent) bool {
		c := e.Event.Conversation
		return c != nil && c.Assignee != nil && c.Assignee.Name == name
	})
}

func (p *person) seesRemoved() {
	p.saw("the removal", func(e liveEvent) bool { return e.Event.Typename == "ConversationRemoved" })
}

func (p *person) seesChannel(name, state string) {
	p.saw("channel "+state, func(e liveEvent) bool {
		return e.Event.Channel != nil && e.Event.Channel.Name == name && e.Event.Channel.State == state
	})
}

// hasSeen counts how often a message was announced.
func (p *person) hasSeen(text, times string) {
	p.t.Helper()
	want, err := strconv.Atoi(times)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.seen {
		if e.Event.Typename == "MessageAdded" && e.Event.Message.Text == text {
			n++
		}
	}
	if n != want {
		p.t.Errorf("%s: %s has seen it %d times", p.w.line, p.name, n)
	}
}

func (p *person) cut() {
	p.mu.Lock()
	conn := p.conn
	p.conn = nil
	p.mu.Unlock()
	conn.NetConn().Close()
}

func (p *person) closedWith(code string) {
	p.until("close code "+code, func() bool { return strconv.Itoa(p.closed) == code })
}

// closedCode is the code with which the socket ended, 0 while it is open.
func (p *person) closedCode() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// sees waits for the nth event of the kind about the conversation.
func (p *person) sees(nth int, kind, conversation string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s of %s for time %d", kind, conversation, nth), func() bool {
		n := 0
		for _, e := range p.seen {
			if e.Event.Typename == kind && e.conversation() == conversation {
				n++
			}
		}
		return n >= nth
	})
}

// conversation is the id of the one that the event is about, "" for none.
func (e liveEvent) conversation() string {
	if c := e.Event.Conversation; c != nil {
		return c.ID
	}
	return e.Event.ConversationID
}

func (p *person) assign(agent string) {
	p.must("assignConversation", `{"conversationId":"`+p.inView()+`","to":{"agentId":"`+agent+`"},"force":true}`)
}

func (p *person) reply(text, refused string) {
	p.t.Helper()
	payload := p.mutate("sendMessage", `{"conversationId":"`+p.inView()+`","clientKey":"`+text+`","text":"`+text+`"}`, payloadFields["sendMessage"])
	var result struct {
		UserErrors []struct{ Code, Message string }
	}
	decode(p.t, payload, &result)
	code := ""
	if len(result.UserErrors) > 0 {
		code = result.UserErrors[0].Code
	}
	if code != refused {
		p.t.Fatalf("%s: answered %+v", p.w.line, result.UserErrors)
	}
}

func (p *person) retry(text string) {
	p.t.Helper()
	id := ""
	p.mu.Lock()
	for _, e := range p.seen {
		if m := e.Event.Message; m != nil && m.Text == text {
			id = m.ID
		}
	}
	p.mu.Unlock()
	p.must("retryMessage", `{"messageId":"`+id+`"}`)
}

func (p *person) note(text string) {
	p.must("addNote", `{"conversationId":"`+p.inView()+`","clientKey":"`+text+`","text":"`+text+`"}`)
}

func (p *person) setStatus(status string) {
	p.must("setConversationStatus", `{"conversationId":"`+p.inView()+`","status":"`+status+`"}`)
}
