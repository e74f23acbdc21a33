package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Csat is whether and what a channel asks its customers when their conversation is resolved.
type Csat struct {
	Enabled           bool           `json:"enabled"`
	Question          string         `json:"question"` // empty: the desk's own, in the customer's language
	ThankYou          string         `json:"thankYou"` // answers a score that came as a message; empty: nothing does
	ExpiresAfterHours int            `json:"expiresAfterHours"`
	Language          SurveyLanguage `json:"language"`
	AskLabelIDs       []ID           `json:"askLabelIds,omitempty"`  // asks only conversations with one of them; none: all
	SkipLabelIDs      []ID           `json:"skipLabelIds,omitempty"` // never asks a conversation with one of them
	Template          *TemplateCall  `json:"template,omitempty"`     // asks outside WhatsApp's window; nil: nothing does
}

// SurveyLanguage is the language in which a survey is asked and explained.
type SurveyLanguage string

// The languages of surveys.
const (
	SurveyAutomatic SurveyLanguage = "AUTOMATIC" // the customer's
	SurveyEnglish   SurveyLanguage = "EN"
	SurveyJapanese  SurveyLanguage = "JA"
	SurveyHans      SurveyLanguage = "ZH_HANS"
	SurveyHant      SurveyLanguage = "ZH_HANT"
)

// NotDelivered says why a customer was not asked.
type NotDelivered string

// The reasons why a survey was not delivered.
const (
	SurveyWindowClosed NotDelivered = "WINDOW_CLOSED"       // WhatsApp took templates only, and none is set
	SurveyNotSending   NotDelivered = "CHANNEL_NOT_SENDING" // the channel was paused, removed, or without credentials that work
	SurveyFailed       NotDelivered = "FAILED"              // the provider did not deliver its message
)

// AnswerWay is how a customer answered.
type AnswerWay string

// The ways to answer a survey.
const (
	ByMessage AnswerWay = "MESSAGE"
	ByButton  AnswerWay = "BUTTON" // or a row of a list
	ByPage    AnswerWay = "PAGE"
)

// Survey is one question to a customer, and the answer. It belongs to one move of its conversation to RESOLVED.
type Survey struct {
	AccountID      int64
	ID             ID
	ConversationID ID
	Version        int // of the conversation, of that move
	ChannelID      ID
	AgentID        ID // who resolved it, when a person
	AiAgentID      ID // who resolved it, when an AI Agent
	TeamID         ID // in whose queue it was
	MessageID      ID // that asks; empty when nobody was asked
	NotDelivered   NotDelivered
	CreatedAt      time.Time
	SentAt         *time.Time // nil when it was not delivered
	ExpiresAt      time.Time
	Score          int    // 1 to 5; 0: not answered
	Comment        string //
	AnsweredAt     *time.Time
	AnsweredBy     AnswerWay // the latest answer
	Changes        int       // how often the answer was changed
}

// The bounds of surveys.
const (
	MaxSurveyHours   = 720
	MaxSurveyComment = 2000 // characters
	MaxSurveyLabels  = 100
	usualSurveyHours = 24
	maxQuestion      = 1000 // UTF-16 units; the explanation and the link follow in the same message
)

// NoCsat is what a channel begins with.
func NoCsat() *Csat {
	return &Csat{ExpiresAfterHours: usualSurveyHours, Language: SurveyAutomatic}
}

// Check refuses settings that cannot be worked by.
func (c *Csat) Check() error {
	if TextUnits(c.Question) > maxQuestion {
		return Refuse(TooLarge, fmt.Sprintf("A question holds %d characters at most; emoji count twice.", maxQuestion), "question")
	}
	if TextUnits(c.ThankYou) > MaxText {
		return Refuse(TooLarge, fmt.Sprintf("A message holds %d characters at most; emoji count twice.", MaxText), "thankYou")
	}
	if c.ExpiresAfterHours < 1 || c.ExpiresAfterHours > MaxSurveyHours {
		return Refuse(Invalid, fmt.Sprintf("Give 1 to %d hours.", MaxSurveyHours), "expiresAfterHours")
	}
	if !slices.Contains([]SurveyLanguage{SurveyAutomatic, SurveyEnglish, SurveyJapanese, SurveyHans, SurveyHant}, c.Language) {
		return Refuse(Invalid, "A survey is AUTOMATIC, EN, JA, ZH_HANS or ZH_HANT.", "language")
	}
	return c.checkLabels()
}

func (c *Csat) checkLabels() error {
	for field, ids := range map[string][]ID{"askLabelIds": c.AskLabelIDs, "skipLabelIds": c.SkipLabelIDs} {
		if len(ids) > MaxSurveyLabels {
			return Refuse(Invalid, fmt.Sprintf("Name at most %d labels.", MaxSurveyLabels), field)
		}
	}
	for _, id := range c.SkipLabelIDs {
		if slices.Contains(c.AskLabelIDs, id) {
			return Refuse(Invalid, "A label either has the survey asked or not.", "skipLabelIds")
		}
	}
	return nil
}

// Asks tells whether a conversation with the labels is asked about.
func (c *Csat) Asks(labels []ID) bool {
	has := func(id ID) bool { return slices.Contains(labels, id) }
	return c.Enabled && !slices.ContainsFunc(c.SkipLabelIDs, has) && (len(c.AskLabelIDs) == 0 || slices.ContainsFunc(c.AskLabelIDs, has))
}

// Expiry is when a survey that is sent now can no longer be answered.
func (c *Csat) Expiry(now time.Time) time.Time {
	return now.Add(time.Duration(c.ExpiresAfterHours) * time.Hour)
}

// Open tells whether the survey can be answered, or the answer changed.
func (s *Survey) Open(now time.Time) bool { return s.MessageID != "" && now.Before(s.ExpiresAt) }

// SurveyComment makes what a customer wrote beside a score storable.
func SurveyComment(text string) string {
	runes := []rune(strings.TrimSpace(CleanText(text, MaxIncomingText)))
	return strings.TrimSpace(string(runes[:min(len(runes), MaxSurveyComment)]))
}
