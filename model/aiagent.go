package model

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// AiAgent is a model that answers customers, and what it is told to do. It belongs to the account.
type AiAgent struct {
	AccountID      int64
	ID             ID
	Name           string
	Instructions   string // how it is to answer
	Model          string // by the endpoint's name for it
	BaseURL        string // of an endpoint that answers chat completions as OpenAI does
	Sealed         string // the key, sealed; empty: the endpoint asks for none
	KeyHint        string // last four characters of the key
	KeyHeader      AiKeyHeader
	Temperature    *float64 // nil: the endpoint's own
	MaxTokens      int      // of one answer
	TimeoutSeconds int      // for one answer, with everything it takes
	MaxTurns       int      // answers in one conversation, before people get it
	HandOverTopics []string // in plain words: what is for people
	ClosingText    string   // what the customer is told at a hand-over; empty: DefaultClosing
	Version        int      // counts changes of what it answers by
	CreatedAt      time.Time
	UpdatedAt      time.Time
	DisabledAt     *time.Time
	DeletedAt      *time.Time // its name stays, for the history
}

// AiKeyHeader is how an endpoint takes its key.
type AiKeyHeader string

// The ways to send a key.
const (
	AiKeyBearer AiKeyHeader = "BEARER"  // Authorization: Bearer <key>
	AiKeyAPIKey AiKeyHeader = "API_KEY" // api-key: <key>, which Azure wants
)

// DefaultAiBaseURL is OpenAI's own endpoint.
const DefaultAiBaseURL = "https://api.openai.com/v1"

// NewAiAgent is an AI Agent with the settings that nobody gave. An answer on WhatsApp is short, and a customer waits for
// it: hence the tokens and the time.
func NewAiAgent(account int64, at time.Time) *AiAgent {
	return &AiAgent{AccountID: account, ID: NewIDAt(KindAiAgent, at), BaseURL: DefaultAiBaseURL, KeyHeader: AiKeyBearer, MaxTokens: 600, TimeoutSeconds: 30,
		MaxTurns: 20, HandOverTopics: []string{}, Version: 1, CreatedAt: at, UpdatedAt: at}
}

// The limits of an AI Agent's settings.
const (
	MaxInstructions = 20_000 // characters
	MaxAiModel      = 200
	MaxAiURL        = 1000
	MaxAiKey        = 1000 // bytes
	MaxTopics       = 50
	MaxTopic        = 200 // characters
	maxTemperature  = 2
)

// Answers tells whether the AI Agent may answer anywhere.
func (a *AiAgent) Answers() bool { return a.DisabledAt == nil && a.DeletedAt == nil }

// Check refuses settings with which the AI Agent could not answer. The name is of those who name everything.
func (a *AiAgent) Check() error {
	switch {
	case utf8.RuneCountInString(a.Instructions) > MaxInstructions:
		return Refuse(TooLarge, "The instructions hold 20,000 characters at most. Put what it has to know into articles.", "instructions")
	case a.Model == "" || utf8.RuneCountInString(a.Model) > MaxAiModel:
		return Refuse(Invalid, "Name the model, in 1 to 200 characters, as its provider does.", "model")
	case a.KeyHeader != AiKeyBearer && a.KeyHeader != AiKeyAPIKey:
		return Refuse(Invalid, "A key goes as BEARER or as API_KEY.", "keyHeader")
	case a.Temperature != nil && !(*a.Temperature >= 0 && *a.Temperature <= maxTemperature):
		return Refuse(Invalid, "A temperature lies between 0 and 2.", "temperature")
	case TextUnits(a.ClosingText) > MaxText:
		return Refuse(TooLarge, fmt.Sprintf("A message holds %d characters at most; emoji count twice.", MaxText), "closingText")
	}
	if err := checkAiURL(a.BaseURL); err != nil {
		return err
	}
	for _, n := range []struct {
		field          string
		is, least, top int
		what           string
	}{
		{"maxTokens", a.MaxTokens, 16, 16_000, "An answer takes 16 to 16,000 tokens."},
		{"timeoutSeconds", a.TimeoutSeconds, 5, 120, "An answer may take 5 to 120 seconds."},
		{"maxTurns", a.MaxTurns, 1, 500, "Let it answer 1 to 500 times in one conversation."},
	} {
		if n.is < n.least || n.is > n.top {
			return Refuse(Invalid, n.what, n.field)
		}
	}
	return checkTopics(a.HandOverTopics)
}

// checkAiURL refuses what no call could go to. A password in it would be shown to whoever may read the settings.
func checkAiURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxAiURL || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Fragment != "" || u.User != nil {
		return Refuse(Invalid, "Give the address of an endpoint, such as "+DefaultAiBaseURL+".", "baseUrl")
	}
	return nil
}

func checkTopics(topics []string) error {
	if len(topics) > MaxTopics {
		return Refuse(Invalid, "Name at most 50 topics.", "handOverTopics")
	}
	for _, t := range topics {
		if strings.TrimSpace(t) == "" || utf8.RuneCountInString(t) > MaxTopic {
			return Refuse(Invalid, "A topic has 1 to 200 characters.", "handOverTopics")
		}
	}
	return nil
}

// ChannelAiAgent is the AI Agent of a channel.
type ChannelAiAgent struct {
	ChannelID ID
	AgentID   ID // empty: the channel has none
	Started   bool
	Problem   *AiProblem // nil: its last answer was a good one
}

// AiProblem is what keeps an AI Agent from answering on a channel.
type AiProblem struct {
	Kind  AiProblemKind
	Text  string // in plain words, without keys and without what customers wrote
	Since time.Time
}

// AiProblemKind sorts problems by what can be done about them.
type AiProblemKind string

// The kinds of problems.
const (
	AiCredentials AiProblemKind = "CREDENTIALS"
	AiQuota       AiProblemKind = "QUOTA"
	AiRateLimited AiProblemKind = "RATE_LIMITED"
	AiTimeout     AiProblemKind = "TIMEOUT"
	AiUnreachable AiProblemKind = "UNREACHABLE"
	AiNotAllowed  AiProblemKind = "NOT_ALLOWED" // the desk does not call that address
	AiRefused     AiProblemKind = "REFUSED"     // such as an unknown model
	AiBroken      AiProblemKind = "BROKEN"      // what came back is no answer
	AiServer      AiProblemKind = "SERVER"      // the endpoint failed
)
