package twiliotest

import (
	"net/http"
	"net/url"
	"strings"
)

// Call is one request to the API, as a fault hook sees it.
type Call struct {
	Operation string // Twilio's operationId: CreateMessage, ListMessage, FetchAccount …
	Account   string
	Method    string
	Path      string
	Form      url.Values // of a POST, else the query
}

// call is a Call on its way to its answer.
type call struct {
	Call
	request *http.Request
	account *account
	then    []func() // to be done once the answer has left
	early   bool     // the first status callback goes before the answer
}

type operation func(*call) answer

const (
	accounts = "/2010-04-01/Accounts/{account}"
	pool     = "/v1/Services/{service}"
)

// routes lays out the paths of all hosts; no two of them collide.
func (t *Twilio) routes() http.Handler {
	mux := http.NewServeMux()
	for route, op := range map[string]struct {
		id string
		do operation
	}{
		"GET /2010-04-01/Accounts/{file}":                      {"FetchAccount", t.fetchAccount},
		"POST " + accounts + "/Messages.json":                  {"CreateMessage", t.createMessage},
		"GET " + accounts + "/Messages.json":                   {"ListMessage", t.listMessages},
		"GET " + accounts + "/Messages/{file}":                 {"FetchMessage", t.fetchMessage},
		"DELETE " + accounts + "/Messages/{file}":              {"DeleteMessage", t.deleteMessage},
		"GET " + accounts + "/Messages/{message}/Media.json":   {"ListMedia", t.listMedia},
		"GET " + accounts + "/Messages/{message}/Media/{file}": {"FetchMedia", t.fetchMedia},
		"GET " + accounts + "/IncomingPhoneNumbers.json":       {"ListIncomingPhoneNumber", t.listNumbers},
		"GET " + accounts + "/IncomingPhoneNumbers/{file}":     {"FetchIncomingPhoneNumber", t.fetchNumber},
		"POST " + accounts + "/IncomingPhoneNumbers/{file}":    {"UpdateIncomingPhoneNumber", t.updateNumber},
		"GET " + accounts + "/SMS/ShortCodes.json":             {"ListShortCode", t.listShortCodes},
		"GET /v1/Services":                                     {"ListService", t.listServices},
		"GET " + pool:                                          {"FetchService", t.fetchService},
		"POST " + pool:                                         {"UpdateService", t.updateService},
		"GET " + pool + "/PhoneNumbers":                        {"ListPhoneNumber", t.listPoolNumbers},
		"GET " + pool + "/ChannelSenders":                      {"ListChannelSender", t.listPoolSenders},
		"GET /v2/Channels/Senders":                             {"ListChannelsSender", t.listSenders},
		"GET /v2/Channels/Senders/{sender}":                    {"FetchChannelsSender", t.fetchSender},
		"POST /v2/Channels/Senders/{sender}":                   {"UpdateChannelsSender", t.updateSender},
		"POST /v2/Indicators/Typing.json":                      {"CreateTypingIndicator", t.typing},
		"GET /v1/Content/{content}":                            {"FetchContent", t.fetchContent},
		"GET /v1/ContentAndApprovals":                          {"ListContentAndApprovals", t.listContents},
	} {
		mux.HandleFunc(route, t.serve(op.id, op.do))
	}
	mux.HandleFunc("GET /cdn/{account}/{token}", t.serveFile)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { missing(r).write(w) })
	t.pageRoutes(mux)
	return mux
}

// serve turns an operation into a handler: credentials, faults, answer, and what follows the answer.
func (t *Twilio) serve(id string, do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{request: r}
		c.Operation, c.Method, c.Path = id, r.Method, r.URL.Path
		if err := r.ParseForm(); err != nil {
			refuse(http.StatusBadRequest, 20001, "Malformed request").write(w)
			return
		}
		c.Form = r.Form
		if c.account = t.authenticate(r); c.account == nil {
			refuse(http.StatusUnauthorized, 20003, "Authenticate").
				with("WWW-Authenticate", `Basic realm="Twilio API"`).write(w)
			return
		}
		c.Account = c.account.sid
		if named := r.PathValue("account"); named != "" && named != c.Account {
			missing(r).write(w)
			return
		}
		t.answerWith(w, c, t.faultFor(&c.Call), do)
	}
}

// authenticate finds the account that the Basic credentials open.
func (t *Twilio) authenticate(r *http.Request) *account {
	sid, password, _ := r.BasicAuth()
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.accounts[sid]
	if a == nil || !a.opens(password) {
		return nil
	}
	return a
}

// fileSid reads the SID of a path that ends in SID.json.
func (c *call) fileSid() (sid string, ok bool) {
	return strings.CutSuffix(c.request.PathValue("file"), ".json")
}
