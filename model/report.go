package model

import (
	"fmt"
	"time"
)

// ReportFilter says what a report is about: one filter for every number and for the lists behind the numbers. All
// conditions hold together; an empty list is no condition, another means any of its values, and agents and AI Agents
// together mean any of both.
type ReportFilter struct {
	From, To   time.Time // From belongs to it, To does not
	TimeZone   string    // IANA name: of the buckets, and of the times in an export
	ChannelIDs []ID
	AgentIDs   []ID
	AiAgentIDs []ID
	TeamIDs    []ID
	LabelIDs   []ID // that the conversation has now
}

// The limits of reports.
const (
	MaxReportDays    = 800
	MaxReportBuckets = 1000
	MaxReportIDs     = 100 // in each list of the filter
)

// Check refuses what no report can be made of, and returns the filter's zone.
func (f *ReportFilter) Check() (*time.Location, error) {
	zone, err := time.LoadLocation(f.TimeZone)
	if err != nil || f.TimeZone == "" || f.TimeZone == "Local" {
		return nil, Refuse(Invalid, "Name a time zone of the IANA database, as \"Europe/Berlin\".", "filter", "timeZone")
	}
	if !f.To.After(f.From) {
		return nil, Refuse(Invalid, "The end must be after the beginning.", "filter", "to")
	}
	if f.To.Sub(f.From) > MaxReportDays*24*time.Hour {
		return nil, Refuse(Invalid, fmt.Sprintf("A report spans %d days at most.", MaxReportDays), "filter", "to")
	}
	for name, ids := range map[string][]ID{"channelIds": f.ChannelIDs, "agentIds": f.AgentIDs, "aiAgentIds": f.AiAgentIDs, "teamIds": f.TeamIDs, "labelIds": f.LabelIDs} {
		if len(ids) > MaxReportIDs {
			return nil, Refuse(Invalid, fmt.Sprintf("Name %d at most.", MaxReportIDs), "filter", name)
		}
	}
	return zone, nil
}

// Whole cuts the filter's times to milliseconds, in which facts are kept.
func (f ReportFilter) Whole() ReportFilter {
	f.From, f.To = f.From.Truncate(time.Millisecond), f.To.Truncate(time.Millisecond)
	return f
}

// OfPeople tells whether the filter asks for what is credited to somebody.
func (f *ReportFilter) OfPeople() bool {
	return len(f.AgentIDs)+len(f.AiAgentIDs)+len(f.TeamIDs) > 0
}

// Picker tells quickly whether something is credited as the filter asks.
type Picker struct {
	channels, people, teams map[Key]bool
}

// Picker makes the filter's.
func (f *ReportFilter) Picker() Picker {
	return Picker{keySet(f.ChannelIDs), keySet(f.AgentIDs, f.AiAgentIDs), keySet(f.TeamIDs)}
}

func keySet(lists ...[]ID) map[Key]bool {
	var set map[Key]bool
	for _, list := range lists {
		for _, id := range list {
			if set == nil {
				set = map[Key]bool{}
			}
			set[id.Key()] = true
		}
	}
	return set
}

// Picks tells whether the credit is what the filter asks for.
func (p Picker) Picks(c Credit) bool {
	return (p.channels == nil || p.channels[c.Channel]) && (p.teams == nil || p.teams[c.Team]) &&
		(p.people == nil || p.people[c.Agent] || p.people[c.AiAgent])
}

// ReportFigure is a number of a conversation report that can be opened.
type ReportFigure string

// The figures of a conversation report.
const (
	FigureOpened          ReportFigure = "OPENED"
	FigureResolved        ReportFigure = "RESOLVED" // and how long that took
	FigureReopened        ReportFigure = "REOPENED"
	FigureResolvedByAi    ReportFigure = "RESOLVED_BY_AI"
	FigureHandedOver      ReportFigure = "HANDED_OVER"
	FigureReceived        ReportFigure = "MESSAGES_RECEIVED"
	FigureSent            ReportFigure = "MESSAGES_SENT"
	FigureFirstResponse   ReportFigure = "FIRST_RESPONSE"
	FigureFromAssignment  ReportFigure = "ASSIGNMENT_TO_FIRST_RESPONSE"
	FigureReply           ReportFigure = "REPLY"
	FigureAiFirstResponse ReportFigure = "AI_FIRST_RESPONSE"
	FigureAiReply         ReportFigure = "AI_REPLY"
)

// Counts tells whether the figure counts a fact of the kind with the credit.
func (f ReportFigure) Counts(kind FactKind, c Credit, ofPeople bool) bool {
	switch f {
	case FigureOpened:
		return kind == opens(ofPeople)
	case FigureResolvedByAi:
		return kind == FactResolved && !c.AiAgent.IsZero()
	}
	return kind == figureFacts[f]
}

// opens is the fact by which openings are counted: of nobody's in particular, or of those they were given to.
func opens(ofPeople bool) FactKind {
	if ofPeople {
		return FactGiven
	}
	return FactOpened
}

var figureFacts = map[ReportFigure]FactKind{FigureResolved: FactResolved, FigureReopened: FactReopened, FigureHandedOver: FactHandedOver,
	FigureReceived: FactReceived, FigureSent: FactSent, FigureFirstResponse: FactFirstResponse, FigureFromAssignment: FactFromAssignment,
	FigureReply: FactReply, FigureAiFirstResponse: FactAiFirstResponse, FigureAiReply: FactAiReply}
