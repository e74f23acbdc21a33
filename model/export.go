package model

import (
	"strconv"
	"strings"
	"time"
)

// ReportRows says what the rows of an export are.
type ReportRows string

// The rows of exports.
const (
	RowsCsatReport         ReportRows = "CSAT_REPORT"
	RowsSurveys            ReportRows = "SURVEYS"
	RowsConversationReport ReportRows = "CONVERSATION_REPORT"
	RowsConversations      ReportRows = "CONVERSATIONS"
)

// ReportExport is a report that can be fetched as a file.
type ReportExport struct {
	AccountID int64
	ID        ID
	AgentID   ID // who asked for it
	Rows      ReportRows
	Filter    ReportFilter
	Bucket    ReportBucket
	ExpiresAt time.Time
}

// ExportLife is how long an export can be fetched.
const ExportLife = 15 * time.Minute

// ExportedSurvey is a row of surveys.
type ExportedSurvey struct {
	Survey
	Contact string
}

// ExportedConversation is a row of conversations: what the report counts of it.
type ExportedConversation struct {
	ID, ChannelID  ID
	Contact        string
	Status         ConversationStatus
	OpenedAt       time.Time
	Counts         [factKinds]int
	FirstResponse  *Span // the last one in the report's time
	FromAssignment *Span
	Resolution     *Span
	Agent, AiAgent Key // who responded first or, without that, resolved
	Team           Key
}

// Add counts one fact of the conversation.
func (c *ExportedConversation) Add(f Fact) {
	c.Counts[f.Kind]++
	span := &Span{Wall: f.Wall, Business: f.Business}
	switch f.Kind {
	case FactFirstResponse:
		c.FirstResponse = span
		c.Agent, c.Team = f.Credit.Agent, f.Credit.Team
	case FactFromAssignment:
		c.FromAssignment = span
	case FactResolved:
		c.Resolution = span
		if c.Agent.IsZero() {
			c.Agent, c.AiAgent, c.Team = f.Credit.Agent, f.Credit.AiAgent, f.Credit.Team
		}
	}
}

// SafeCell keeps a spreadsheet from taking a text for a formula: it then begins with an apostrophe.
func SafeCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

// Cell writes a number, or nothing where there is none.
func Cell(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// SpanCells writes the seconds of a duration, on the clock and in business hours.
func SpanCells(s *Span) []string {
	if s == nil {
		return []string{"", ""}
	}
	wall, business := float64(s.Wall)/1000, float64(s.Business)/1000
	return []string{Cell(&wall), Cell(&business)}
}
