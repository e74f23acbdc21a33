package model

import (
	"fmt"
	"testing"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ earlier, later, want string }{
		{``, `{"businessHours":"INSIDE"},{"businessHours":"OUTSIDE"}`, "NEVER_MATCHES"},
		{``, `{"messageText":{"equals":"a"}},{"messageText":{"equals":"b"}}`, "NEVER_MATCHES"},
		{``, `{"messageText":{"equals":"a"}},{"messageText":{"equals":" A"}}`, ""},
		{``, `{"messageText":{"startsWith":"ab"}},{"messageText":{"startsWith":"ac"}}`, "NEVER_MATCHES"},
		{``, `{"messageText":{"equals":"abc"}},{"messageText":{"contains":"d"}}`, "NEVER_MATCHES"},
		{``, `{"messageText":{"startsWith":"b"}},{"messageText":{"equals":"abc"}}`, "NEVER_MATCHES"},
		{``, `{"messageText":{"startsWith":"ab"}},{"messageText":{"contains":"x"}}`, ""},
		{``, `{"messageKind":["TEXT","MEDIA"]},{"messageKind":["LOCATION"]}`, "NEVER_MATCHES"},
		{``, `{"contactHistory":"RETURNING"},{"contactHistory":"FIRST_TIME"}`, "NEVER_MATCHES"},
		{``, `{"language":["en"]},{"language":["ja","en-GB"]}`, ""},
		{``, `{"language":["en-US"]},{"language":["ja","en-GB"]}`, "NEVER_MATCHES"},
		{``, `{"adReferral":{"sourceId":"1"}},{"adReferral":{"sourceId":"2"}}`, "NEVER_MATCHES"},
		{``, `{"contactAddress":{"startsWith":"+81"}},{"contactAddress":{"startsWith":"+82"}}`, ""},
		{``, `{"localTime":{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}},{"localTime":{"weekdays":["SATURDAY"]}}`, ""},
		{``, `{"localTime":{"weekdays":["FRIDAY"],"from":"22:00","to":"00:00"}},{"localTime":{"weekdays":["SATURDAY"]}}`, "NEVER_MATCHES"},
		{``, `{"localTime":{"from":"09:00","to":"12:00"}},{"localTime":{"from":"12:00","to":"09:00"}}`, "NEVER_MATCHES"},

		{`{"conditions":[]}`, `{"businessHours":"INSIDE"}`, "SHADOWED"},
		{`{"conditions":[],"enabled":false}`, `{"businessHours":"INSIDE"}`, ""},
		{`{"conditions":[],"fallback":"NEXT_RULE"}`, `{"businessHours":"INSIDE"}`, ""},
		{`{"conditions":[{"messageText":{"contains":"re"}}]}`, `{"messageText":{"contains":"refund"}},{"businessHours":"INSIDE"}`, "SHADOWED"},
		{`{"conditions":[{"messageText":{"contains":"refund"}}]}`, `{"messageText":{"contains":"re"}}`, ""},
		{`{"conditions":[{"messageText":{"contains":"re"}},{"businessHours":"INSIDE"}]}`, `{"messageText":{"contains":"refund"}}`, ""},
		{`{"match":"ANY","conditions":[{"messageText":{"contains":"re"}},{"businessHours":"INSIDE"}]}`, `{"messageText":{"startsWith":"RE:"}}`, "SHADOWED"},
		{`{"conditions":[{"messageText":{"matches":"a+"}}]}`, `{"messageText":{"matches":"a+"}},{"contactHistory":"RETURNING"}`, "SHADOWED"},
		{`{"conditions":[{"contactAddress":{"startsWith":"+8"}}]}`, `{"contactAddress":{"startsWith":"+81"}}`, "SHADOWED"},
		{`{"conditions":[{"contactName":{"contains":"an"}}]}`, `{"contactName":{"contains":"Hana"}}`, "SHADOWED"},
		{`{"conditions":[{"contactLabelIds":["a","b"]}]}`, `{"contactLabelIds":["b"]}`, "SHADOWED"},
		{`{"conditions":[{"contactLabelIds":["b"]}]}`, `{"contactLabelIds":["a","b"]}`, ""},
		{`{"conditions":[{"messageKind":["TEXT","MEDIA"]}]}`, `{"messageKind":["MEDIA"]}`, "SHADOWED"},
		{`{"conditions":[{"language":["en"]}]}`, `{"language":["en-GB","en"]}`, "SHADOWED"},
		{`{"conditions":[{"language":["en-GB"]}]}`, `{"language":["en"]}`, ""},
		{`{"conditions":[{"adReferral":{"any":true}}]}`, `{"adReferral":{"sourceId":"1"}}`, "SHADOWED"},
		{`{"conditions":[{"localTime":{"weekdays":["FRIDAY","SATURDAY"]}}]}`, `{"localTime":{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}}`, "SHADOWED"},
		{`{"conditions":[{"localTime":{"weekdays":["FRIDAY"]}}]}`, `{"localTime":{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}}`, ""},
		{`{"conditions":[{"localTime":{"from":"09:00","to":"18:00"}}]}`, `{"localTime":{"from":"09:00","to":"18:01"}}`, ""},
	} {
		rules := []Rule{parseRule(t, `{"conditions":[],"enabled":false}`), parseRule(t, `{"conditions":[`+c.later+`]}`)}
		if c.earlier != "" {
			rules[0] = parseRule(t, c.earlier)
		}
		rules[0].ID = "earlier"
		got := ""
		for _, w := range RuleWarnings(rules, 1) {
			got += string(w.Code)
			if w.Message == "" || (w.RuleID == "earlier") != (w.Code == WarnShadowed) {
				t.Errorf("%+v", w)
			}
		}
		if got != c.want {
			t.Errorf("%s before %s: %q, not %q", c.earlier, c.later, got, c.want)
		}
		if backwards := RuleWarnings(rules, 0); (len(backwards) == 1 && backwards[0].Code == WarnShadows) != (c.want == "SHADOWED") {
			t.Errorf("%s before %s: %v about the earlier one", c.earlier, c.later, backwards)
		}
	}
	if RuleWarnings(nil, 0) != nil {
		t.Error("a warning about no rule")
	}
}

// What conditions say of each other holds for every moment.
func TestImplicationsAreTrue(t *testing.T) {
	t.Parallel()
	d, implied, excluded := roll(t), 0, 0
	for range 10_000 {
		rules := []Rule{{Conditions: []Condition{d.condition(), d.condition()}}}
		tests := rules[0].ways()[0]
		a, b := tests[0], tests[1]
		implies, excludes := a.implies(b), a.excludes(b)
		if !implies && !excludes {
			continue
		}
		holdsA, holdsB := a.compile(), b.compile()
		for range 50 {
			s := d.snapshot()
			first, second := holdsA(newFacts(&s)), holdsB(newFacts(&s))
			if implies && first && !second || excludes && first && second {
				t.Fatalf("%s implies %v, excludes %v %s: %+v", a.words(title), implies, excludes, b.words(title), s)
			}
			if first && implies {
				implied++
			}
			if first && excludes {
				excluded++
			}
		}
	}
	if implied < 1000 || excluded < 1000 {
		t.Errorf("the dice are loaded: %d, %d", implied, excluded)
	}
}

// A warning is true: over many moments such a rule is never followed.
func TestWarningsAreTrue(t *testing.T) {
	t.Parallel()
	d, seen, followed := roll(t), map[WarningCode]int{}, 0
	for range 3000 {
		rules := d.rules(6)
		set := CompileRules(rules)
		hopeless := map[ID]WarningCode{}
		for i := range rules {
			for _, w := range RuleWarnings(rules, i) {
				switch seen[w.Code]++; w.Code {
				case WarnNeverMatches, WarnShadowed:
					hopeless[rules[i].ID] = w.Code
				case WarnShadows:
					hopeless[w.RuleID] = w.Code
				}
			}
		}
		for range 30 {
			s := d.snapshot()
			s.Stage, s.Automation.Rules = StageAll, set
			decision := Route(s)
			if blocked(&decision) {
				continue
			}
			followed++
			if code := hopeless[decision.RuleID]; code != "" {
				t.Fatalf("%s went by %s, of which %s was said: %+v\n%s", fmt.Sprint(s), decision.RuleID, code, decision, fmt.Sprint(rules))
			}
		}
	}
	if len(seen) != 3 || seen[WarnNeverMatches] < 100 || seen[WarnShadowed] < 100 || followed < 10_000 {
		t.Errorf("the dice are loaded: %v, %d", seen, followed)
	}
}

// blocked tells whether a rule was passed over because its target cannot take it, which no warning foresees.
func blocked(d *Decision) bool {
	for _, v := range d.Rules {
		if v.Result == RuleCannot {
			return true
		}
	}
	return false
}
