package model

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRoutingScenarios plays testdata/routing.txt. Every scenario is also recorded and replayed.
func TestRoutingScenarios(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/routing.txt")
	if err != nil {
		t.Fatal(err)
	}
	scenarios := strings.Split(string(text), "\n== ")[1:]
	if len(scenarios) < 30 {
		t.Errorf("only %d scenarios", len(scenarios))
	}
	for _, s := range scenarios {
		title, body, _ := strings.Cut(s, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			play(t, body)
		})
	}
}

func play(t *testing.T, body string) {
	p := &scene{s: Snapshot{Local: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Open: true, Message: MessageFacts{ID: "m", Kind: TextMessage}}}
	var wanted []string
	for line := range strings.Lines(body) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "> "):
			wanted = append(wanted, line[2:])
		case line != "":
			p.set(t, line)
		}
	}
	p.s.Automation.Rules = CompileRules(p.rules)
	d := Route(p.s)
	checkReplay(t, p.s, d)
	told := p.told(&d)
	var frees []string
	for _, w := range wanted {
		if free, ok := strings.CutPrefix(w, "free "); ok {
			frees = append(frees, free)
		} else if !slices.Contains(told, w) {
			t.Errorf("not told: %s\ntold:\n%s", w, strings.Join(told, "\n"))
		}
	}
	var remedies []string
	for _, r := range d.Explain(title).WouldFree {
		remedies = append(remedies, r.Sentence)
	}
	if d.Outcome == OutcomeWaiting && !slices.Equal(frees, remedies) {
		t.Errorf("would be free by\n%s\nnot\n%s", strings.Join(remedies, "\n"), strings.Join(frees, "\n"))
	}
	if len(wanted) == 0 {
		t.Error("nothing is wanted")
	}
}

// title calls everything by its id, with a capital letter.
func title(id ID) string { return upper(string(id)) }

type scene struct {
	s     Snapshot
	rules []Rule
}

// set takes one line of a scenario that says how things are.
func (p *scene) set(t *testing.T, line string) {
	word, rest, _ := strings.Cut(line, " ")
	fields := strings.Fields(rest)
	switch word {
	case "mode":
		p.s.Automation.Mode = AssignmentMode(rest)
	case "ai":
		p.s.AiAgentID, p.s.AiStarted = ID(fields[0]), len(fields) == 1
	case "other":
		p.s.OtherAis = append(p.s.OtherAis, ID(rest))
	case "former":
		p.s.FormerAgentID = ID(rest)
	case "enters":
		p.s.Stage = Stage(fields[0])
		if len(fields) == 3 {
			p.s.Target = Target{TargetKind(strings.ToUpper(fields[1])), ID(fields[2])}
		}
	case "says":
		p.s.Message.Text = rest
	case "kind":
		p.s.Message.Kind = MessageKind(rest)
	case "closed":
		p.s.Open = false
	case "local":
		p.local(t, fields[0], fields[1])
	case "customer":
		p.customer(fields)
	case "rule":
		p.rule(t, rest)
	default:
		p.s.Candidates = append(p.s.Candidates, candidate(t, p.s.Local, line))
	}
}

func (p *scene) local(t *testing.T, day, clock string) {
	at, err := ParseLocalTime(clock)
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("", 9*60*60))
	p.s.Local = monday.AddDate(0, 0, slices.Index(weekdays, Weekday(day))).Add(time.Duration(at) * time.Minute)
}

func (p *scene) customer(fields []string) {
	p.s.Contact = ContactFacts{Name: fields[0], Addresses: fields[1:2]}
	for _, f := range fields[2:] {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "returning":
			p.s.Contact.Returning = true
		case "language":
			p.s.Contact.Language = value
		case "labels":
			p.s.Contact.LabelIDs = ids(value)
		case "ad":
			p.s.Message.FromAd, p.s.Message.AdSource = true, value
		}
	}
}

func ids(list string) []ID {
	var ids []ID
	for _, id := range strings.Split(list, ",") {
		ids = append(ids, ID(id))
	}
	return ids
}

func (p *scene) rule(t *testing.T, line string) {
	name, text, _ := strings.Cut(line, " ")
	r := Rule{ID: ID(name), Name: name, Enabled: true}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("rule %s: %v", name, err)
	}
	r.Clean()
	p.rules = append(p.rules, r)
}

func candidate(t *testing.T, now time.Time, line string) Candidate {
	fields := strings.Fields(line)
	c := Candidate{AgentID: ID(fields[0]), Availability: Availability(fields[1]), Connected: true, Member: true}
	c.Load, c.MaxLoad = fraction(t, fields[2])
	for _, f := range fields[3:] {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "here":
			c.ChannelLoad, c.MaxChannelLoad = fraction(t, value)
		case "ago":
			ago, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			c.LastAssignedAt = now.Add(-ago)
		case "turn":
			c.Turn, _ = strconv.ParseInt(value, 10, 64)
		case "teams":
			c.TeamIDs = ids(value)
		case "unconnected":
			c.Connected = false
		case "disabled":
			c.Disabled = true
		case "stranger":
			c.Member = false
		default:
			t.Fatalf("what is %q?", f)
		}
	}
	return c
}

func fraction(t *testing.T, s string) (a, b int) {
	if _, err := fmt.Sscanf(s, "%d/%d", &a, &b); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return a, b
}

// told writes down the decision in the lines that a scenario may want.
func (p *scene) told(d *Decision) []string {
	whom := string(d.AgentID + d.AiAgentID)
	if d.Outcome == OutcomeWaiting {
		kind := map[TargetKind]string{ToAgent: "agent ", ToTeam: "team ", ToHumanAgents: "humans"}[d.Target.Kind]
		whom = kind + string(d.Target.ID)
	}
	lines := []string{fmt.Sprintf("%s %s %s", d.Outcome, whom, d.Reason), "ai " + string(d.Ai), "says " + d.Explain(title).Sentence}
	lines = append(lines, "turn "+map[bool]string{true: "yes", false: "no"}[d.TakesTurn()])
	by := "nothing"
	if d.RuleID != "" {
		by = strings.TrimSpace(fmt.Sprint(d.RuleID, " ", d.Priority, " ", strings.Trim(fmt.Sprint(d.LabelIDs), "[]")))
	}
	lines = append(lines, "by "+by)
	rules := "rules"
	for i := range d.Rules {
		v := &d.Rules[i]
		rules += " " + string(v.RuleID) + "=" + string(v.Result)
		if v.Reason != "" && v.Result != RulePassedOn {
			rules += "/" + string(v.Reason)
		}
		held := strings.NewReplacer("true", "yes", "false", "no").Replace(strings.Trim(fmt.Sprint(v.Conditions), "[]"))
		lines = append(lines, "rule "+string(v.RuleID)+" "+v.Why(), "conditions "+string(v.RuleID)+" "+held)
	}
	for _, v := range d.Candidates {
		lines = append(lines, string(v.AgentID)+" "+string(v.Reason), "why "+string(v.AgentID)+" "+d.WhyNot(v, title))
	}
	return append(lines, rules)
}
