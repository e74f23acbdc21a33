package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func calls(list ...string) (s AiSaid) {
	for i := 0; i < len(list); i += 2 {
		s.Calls = append(s.Calls, AiCall{ID: fmt.Sprint(i), Name: list[i], Arguments: list[i+1]})
	}
	return s
}

// inShort writes a step as a word or two.
func inShort(s AiStep) string {
	switch {
	case s.HandOver != "":
		return strings.TrimSpace("hand over " + string(s.HandOver) + " " + s.Team)
	case s.Resolve:
		return "resolve " + s.Say
	case s.Say != "":
		return "say " + s.Say
	case !s.Ask:
		return "nothing"
	}
	words := []string{"ask"}
	for _, r := range s.Results {
		switch {
		case r.Query != "":
			words = append(words, "search")
		case r.Hours:
			words = append(words, "hours")
		default:
			words = append(words, "result")
		}
	}
	if s.Nudge != "" {
		words = append(words, "nudge")
	}
	if s.NoTools {
		words = append(words, "no tools")
	}
	return strings.Join(words, " ")
}

func TestDialogues(t *testing.T) {
	t.Parallel()
	search := func(query string) AiSaid { return calls(AiSearch, `{"query":"`+query+`"}`) }
	text := func(s string) AiSaid { return AiSaid{Text: s} }
	for name, c := range map[string]struct {
		answers int
		said    []AiSaid
		want    []string
	}{
		"answer":                 {0, []AiSaid{text(" Hello. ")}, []string{"say Hello."}},
		"search, answer":         {0, []AiSaid{search("a"), text("A.")}, []string{"ask search", "say A."}},
		"two at once":            {0, []AiSaid{calls(AiSearch, `{"query":"a"}`, AiOpen, ``)}, []string{"ask search hours"}},
		"loop":                   {0, []AiSaid{search("a"), search("a"), search("a"), search("a")}, []string{"ask search", "ask result no tools", "ask nudge no tools", "ask nudge no tools"}},
		"the same differently":   {0, []AiSaid{search("a"), calls(AiSearch, "{ \"query\": \"a\"}")}, []string{"ask search", "ask search"}},
		"endless":                {0, []AiSaid{search("a"), search("b"), search("c"), search("d"), search("e"), text("E.")}, []string{"ask search", "ask search", "ask search", "ask search", "ask search no tools", "say E."}},
		"endless, then a tool":   {0, []AiSaid{search("a"), search("b"), search("c"), search("d"), search("e"), search("f")}, []string{"ask search", "ask search", "ask search", "ask search", "ask search no tools", "hand over ERROR"}},
		"unknown tool":           {0, []AiSaid{calls("refund", `{}`), text("No.")}, []string{"ask result", "say No."}},
		"unknown tools":          {0, []AiSaid{calls("a", `{}`), calls("b", `{}`), calls("c", `{}`)}, []string{"ask result", "ask result", "hand over ERROR"}},
		"no JSON":                {0, []AiSaid{calls(AiSearch, `query=a`)}, []string{"ask result"}},
		"wrong type":             {0, []AiSaid{calls(AiSearch, `{"query":7}`)}, []string{"ask result"}},
		"no query":               {0, []AiSaid{calls(AiSearch, `{}`)}, []string{"ask result"}},
		"null":                   {0, []AiSaid{calls(AiOpen, `null`)}, []string{"ask hours"}},
		"too many at once":       {0, []AiSaid{calls(AiOpen, `1`, AiOpen, ``, AiSearch, `{"query":"a"}`, AiSearch, `{"query":"b"}`, AiSearch, `{"query":"c"}`, AiPass, `{}`)}, []string{"hand over ASKED_FOR_PERSON"}},
		"five at once":           {0, []AiSaid{calls(AiSearch, `{"query":"a"}`, AiSearch, `{"query":"b"}`, AiSearch, `{"query":"c"}`, AiSearch, `{"query":"d"}`, AiSearch, `{"query":"e"}`)}, []string{"ask search search search search result"}},
		"hand over":              {0, []AiSaid{calls(AiPass, `{"reason":"topic","summary":"x","team":" returns "}`)}, []string{"hand over TOPIC Returns"}},
		"hand over, odd":         {0, []AiSaid{calls(AiPass, `{"reason":"BORED","team":"nobody"}`)}, []string{"hand over ASKED_FOR_PERSON"}},
		"hand over, as an error": {0, []AiSaid{calls(AiPass, `{"reason":"QUOTA"}`)}, []string{"hand over ASKED_FOR_PERSON"}},
		"hand over, cut":         {0, []AiSaid{calls(AiPass, `{"reason":"NO_KNOW`)}, []string{"hand over ASKED_FOR_PERSON"}},
		"resolve":                {1, []AiSaid{calls(AiResolve, `{"message":"Bye"}`)}, []string{"resolve Bye"}},
		"resolve, said":          {1, []AiSaid{{Text: "Bye", Calls: calls(AiResolve, ``).Calls}}, []string{"resolve Bye"}},
		"resolve too early":      {0, []AiSaid{calls(AiResolve, `{"message":"Bye"}`), text("Is that all?")}, []string{"ask result", "say Is that all?"}},
		"empty":                  {0, []AiSaid{text(""), text(" \n"), text("")}, []string{"ask nudge", "ask nudge", "hand over ERROR"}},
		"empty once":             {0, []AiSaid{text(""), text("Yes.")}, []string{"ask nudge", "say Yes."}},
		"refused":                {0, []AiSaid{{Text: "x", Refused: true}}, []string{"hand over REFUSED"}},
		"cut at a sentence":      {0, []AiSaid{{Text: "One. Two. Thr", Cut: true}}, []string{"say One. Two."}},
		"cut":                    {0, []AiSaid{{Text: "One and", Cut: true}, text("One.")}, []string{"ask nudge", "say One."}},
		"leak":                   {0, []AiSaid{text(aiRules[0]), text(aiRules[1]), text(aiRules[2])}, []string{"ask nudge", "ask nudge", "hand over REFUSED"}},
		"leak in a goodbye":      {1, []AiSaid{calls(AiResolve, string(must(json.Marshal(map[string]string{"message": aiRules[1]}))))}, []string{"resolve "}},
	} {
		d := AiDialogue{Teams: []string{"Returns"}, Answers: c.answers}
		var got []string
		for _, said := range c.said {
			got = append(got, inShort(d.Hear(said)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Whatever a model says, a turn ends, after few calls, and never in silence.
func FuzzDialoguesEnd(f *testing.F) {
	f.Add(AiSearch, `{"query":"x"}`, "text", false, byte(7))
	f.Add("", "", "", true, byte(255))
	f.Fuzz(func(t *testing.T, tool, arguments, text string, cut bool, which byte) {
		d := AiDialogue{Answers: int(which & 1)}
		for n := 1; ; n++ {
			said := AiSaid{Cut: cut}
			if which>>(n%8)&1 == 1 {
				said.Calls = []AiCall{{ID: "1", Name: tool, Arguments: fmt.Sprint(arguments, strings.Repeat(" ", n))}}
			} else {
				said.Text = text
			}
			step := d.Hear(said)
			if step.Ask == (step.HandOver != "" || step.Resolve || step.Say != "") {
				t.Fatalf("%+v", step)
			}
			if !step.Ask {
				return
			}
			if n >= MaxAiCalls {
				t.Fatalf("call %d leads to %+v", n, step)
			}
		}
	})
}

// No tool takes what names a customer, a conversation or an account: what it reaches is what the turn is about.
func TestToolsTakeNoIDs(t *testing.T) {
	t.Parallel()
	for _, teams := range [][]string{nil, {"Returns"}} {
		for _, tool := range AiTools(teams) {
			var s struct {
				Properties           map[string]struct{ Enum []string }
				AdditionalProperties *bool
			}
			if err := json.Unmarshal(tool.Parameters, &s); err != nil || s.AdditionalProperties == nil || *s.AdditionalProperties {
				t.Errorf("%s: %s", tool.Name, tool.Parameters)
			}
			for name := range s.Properties {
				if !slices.Contains([]string{"query", "reason", "summary", "team", "message"}, name) {
					t.Errorf("%s takes %s", tool.Name, name)
				}
			}
		}
	}
}
