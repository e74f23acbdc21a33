package model

import (
	"fmt"
	"slices"
	"time"
)

// Record is what a decision was made from, in the form in which it is stored. It refers to the automation by its version
// and to the message by its id; the message's text and the automation must be found again to replay it. It holds the
// customer's name and addresses: erasing a customer erases it.
type Record struct {
	Version        int64    `json:"version"`
	ConversationID ID       `json:"conversation,omitempty"`
	Stage          Stage    `json:"stage,omitempty"`
	Target         Target   `json:"target,omitzero"`
	FormerAgentID  ID       `json:"former,omitempty"`
	At             int64    `json:"at"`               // microseconds since 1970
	Offset         int      `json:"offset,omitempty"` // of the channel's zone, in seconds east of UTC
	Open           bool     `json:"open,omitempty"`
	MessageID      ID       `json:"message,omitempty"`
	Kind           string   `json:"kind,omitempty"`
	FromAd         bool     `json:"ad,omitempty"`
	AdSource       string   `json:"adSource,omitempty"`
	Name           string   `json:"name,omitempty"`
	Addresses      []string `json:"addresses,omitempty"`
	LabelIDs       []ID     `json:"labels,omitempty"` // those that the rules ask for
	Language       string   `json:"language,omitempty"`
	Returning      bool     `json:"returning,omitempty"`
	AiAgentID      ID       `json:"ai,omitempty"`
	AiStarted      bool     `json:"aiStarted,omitempty"`
	OtherAis       []ID     `json:"otherAis,omitempty"` // those that the rules name
	Teams          []team   `json:"teams,omitempty"`    // those that the decision asked
	Candidates     []byte   `json:"candidates"`         // as pack writes them
}

// team says who of the candidates is in a team: one bit each, in their order.
type team struct {
	ID      ID     `json:"id"`
	Members []byte `json:"members"`
}

// NewRecord makes the record of a decision that Route made from the snapshot.
func NewRecord(s Snapshot, d *Decision) Record {
	candidates := inOrder(s.Candidates)
	_, offset := s.Local.Zone()
	r := Record{
		Version: s.Automation.Version, ConversationID: s.ConversationID, Stage: s.Stage, Target: s.Target, FormerAgentID: s.FormerAgentID,
		At: s.Local.UnixMicro(), Offset: offset, Open: s.Open,
		MessageID: s.Message.ID, Kind: string(s.Message.Kind), FromAd: s.Message.FromAd, AdSource: s.Message.AdSource,
		Name: CleanText(s.Contact.Name, maxNameRead), Addresses: s.Contact.Addresses, Language: s.Contact.Language, Returning: s.Contact.Returning,
		AiAgentID: s.AiAgentID, AiStarted: s.AiStarted, Candidates: pack(candidates),
	}
	for _, id := range s.Automation.Rules.AiAgentIDs() {
		if slices.Contains(s.OtherAis, id) {
			r.OtherAis = append(r.OtherAis, id)
		}
	}
	for _, id := range s.Automation.Rules.LabelIDs() {
		if slices.Contains(s.Contact.LabelIDs, id) {
			r.LabelIDs = append(r.LabelIDs, id)
		}
	}
	for _, id := range askedTeams(&s, d) {
		r.Teams = append(r.Teams, newTeam(id, candidates))
	}
	return r
}

// askedTeams lists the teams whose members mattered: the snapshot's target, and those of the rules whose conditions held.
// Where it mattered that a team has none who works, there is nothing to keep.
func askedTeams(s *Snapshot, d *Decision) []ID {
	var ids []ID
	if s.Target.Kind == ToTeam {
		ids = append(ids, s.Target.ID)
	}
	rules := s.Automation.Rules.all()
	for i, v := range d.Rules {
		asked := v.Result == RuleDecided || v.Result == RulePassedOn
		if asked && i < len(rules) && rules[i].target.Kind == ToTeam {
			ids = append(ids, rules[i].target.ID)
		}
	}
	return distinct(ids)
}

func newTeam(id ID, candidates []Candidate) team {
	t := team{ID: id, Members: make([]byte, (len(candidates)+7)/8)}
	for i := range candidates {
		if slices.Contains(candidates[i].TeamIDs, id) {
			t.Members[i/8] |= 1 << (i % 8)
		}
	}
	return t
}

// Snapshot makes the snapshot again, for the automation of the record's version and the text of its message.
func (r *Record) Snapshot(a Automation, text string) (Snapshot, error) {
	if a.Version != r.Version {
		return Snapshot{}, fmt.Errorf("replay a decision of version %d with version %d", r.Version, a.Version)
	}
	candidates, err := unpack(r.Candidates)
	if err != nil {
		return Snapshot{}, fmt.Errorf("read the candidates of conversation %s: %w", r.ConversationID, err)
	}
	for i := range candidates {
		for _, t := range r.Teams {
			if i/8 < len(t.Members) && t.Members[i/8]>>(i%8)&1 == 1 {
				candidates[i].TeamIDs = append(candidates[i].TeamIDs, t.ID)
			}
		}
	}
	return Snapshot{
		Automation: a, ConversationID: r.ConversationID, Stage: r.Stage, Target: r.Target, FormerAgentID: r.FormerAgentID,
		Local: time.UnixMicro(r.At).In(time.FixedZone("", r.Offset)), Open: r.Open,
		Message:   MessageFacts{ID: r.MessageID, Kind: MessageKind(r.Kind), Text: text, FromAd: r.FromAd, AdSource: r.AdSource},
		Contact:   ContactFacts{Name: r.Name, Addresses: r.Addresses, LabelIDs: r.LabelIDs, Language: r.Language, Returning: r.Returning},
		AiAgentID: r.AiAgentID, AiStarted: r.AiStarted, OtherAis: r.OtherAis, Candidates: candidates,
	}, nil
}

// Replay decides again: with the automation of the record's version and the text of its message the decision is the same.
func Replay(r *Record, a Automation, text string) (Decision, error) {
	s, err := r.Snapshot(a, text)
	if err != nil {
		return Decision{}, err
	}
	return Route(s), nil
}
