package model

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

func parseCondition(t *testing.T, text string) Condition {
	t.Helper()
	var c Condition
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := c.check(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func holds(c Condition, s Snapshot) bool { return c.tests()[0].compile()(newFacts(&s)) }

func TestConditionsOnTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		condition string
		yes, no   []string
	}{
		{`{"contains":"refund"}`, []string{"refund", "A REFUND!", "xrefundx", "ｒｅｆｕｎｄ"}, []string{"", "re fund", "fund"}},
		{`{"contains":" money   back "}`, []string{"money back", "my MONEY\n\tback", "money　back"}, []string{"moneyback"}},
		{`{"contains":"返金"}`, []string{"返金してください"}, []string{"返品"}},
		{`{"contains":"ΣΊΣΥΦΟΣ"}`, []string{"σίσυφος"}, []string{"σισυφος"}},
		{`{"contains":"kelvin"}`, []string{"\u212Aelvin"}, nil},
		{`{"equals":"Hello"}`, []string{"hello", " HELLO\n"}, []string{"hello!", "oh hello"}},
		{`{"equals":"straße"}`, []string{"STRAẞE"}, []string{"STRASSE"}},
		{`{"startsWith":"order "}`, []string{"Order 5", "  orders"}, []string{"my order"}},
		{`{"matches":"refund"}`, []string{"a refund"}, []string{"Refund"}},
		{`{"matches":"(?i)^order\\s+\\d{4,}$"}`, []string{"Order 12345"}, []string{"Order 12", "an order 12345"}},
		{`{"contains":"` + strings.Repeat("a", MaxRuleWords) + `"}`, []string{strings.Repeat("A", 600)}, []string{strings.Repeat("a", 499)}},
	} {
		condition := parseCondition(t, `{"messageText":`+c.condition+`}`)
		for _, text := range c.yes {
			if !holds(condition, Snapshot{Message: MessageFacts{Text: text}}) {
				t.Errorf("%s does not hold for %q", c.condition, text)
			}
		}
		for _, text := range c.no {
			if holds(condition, Snapshot{Message: MessageFacts{Text: text}}) {
				t.Errorf("%s holds for %q", c.condition, text)
			}
		}
	}
}

func TestOnlyTheStartOfALongTextIsRead(t *testing.T) {
	t.Parallel()
	within, beyond := strings.Repeat("日", MaxRuleText-1)+"x", strings.Repeat("日", MaxRuleText)+"x"
	for _, condition := range []string{`{"messageText":{"contains":"x"}}`, `{"messageText":{"matches":"x$"}}`} {
		c := parseCondition(t, condition)
		if !holds(c, Snapshot{Message: MessageFacts{Text: within}}) || holds(c, Snapshot{Message: MessageFacts{Text: beyond}}) {
			t.Errorf("%s does not read %d characters", condition, MaxRuleText)
		}
	}
}

func TestConditionsOnTheRest(t *testing.T) {
	t.Parallel()
	s := Snapshot{Open: true, Message: MessageFacts{Kind: MediaMessage, FromAd: true, AdSource: "42"},
		Contact: ContactFacts{Name: "Hanako  Sato", Addresses: []string{"US.123", "+819012345678"}, LabelIDs: []ID{"gold"}, Language: "en-GB", Returning: true}}
	for condition, want := range map[string]bool{
		`{"messageKind":["TEXT","MEDIA"]}`:                       true,
		`{"messageKind":["TEXT"]}`:                               false,
		`{"contactAddress":{"startsWith":"+81"}}`:                true,
		`{"contactAddress":{"startsWith":"+81 (90) 1234-5678"}}`: true,
		`{"contactAddress":{"startsWith":"whatsapp:+81"}}`:       true,
		`{"contactAddress":{"startsWith":"US."}}`:                true,
		`{"contactAddress":{"startsWith":"+1"}}`:                 false,
		`{"contactName":{"contains":"ko SATO"}}`:                 true,
		`{"contactName":{"contains":"Bob"}}`:                     false,
		`{"contactLabelIds":["silver","gold"]}`:                  true,
		`{"contactLabelIds":["silver"]}`:                         false,
		`{"contactHistory":"RETURNING"}`:                         true,
		`{"contactHistory":"FIRST_TIME"}`:                        false,
		`{"businessHours":"INSIDE"}`:                             true,
		`{"businessHours":"OUTSIDE"}`:                            false,
		`{"language":["ja","EN"]}`:                               true,
		`{"language":["en_gb"]}`:                                 true,
		`{"language":["en-US"]}`:                                 false,
		`{"language":["eng"]}`:                                   false,
		`{"adReferral":{"any":true}}`:                            true,
		`{"adReferral":{"sourceId":"42"}}`:                       true,
		`{"adReferral":{"sourceId":"4"}}`:                        false,
	} {
		c := parseCondition(t, condition)
		if holds(c, s) != want {
			t.Errorf("%s: %v", condition, !want)
		}
		if first := (Snapshot{}); strings.Contains(condition, "FIRST_TIME") != holds(c, first) && !strings.Contains(condition, "OUTSIDE") {
			t.Errorf("%s: %v when nothing is known", condition, holds(c, first))
		}
	}
}

func TestConditionsOnTheLocalTime(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	at := func(days int, clock string) Snapshot {
		minutes, _ := ParseLocalTime(clock)
		return Snapshot{Local: monday.AddDate(0, 0, days).Add(time.Duration(minutes) * time.Minute)}
	}
	for _, c := range []struct {
		condition string
		day       int
		clock     string
		want      bool
	}{
		{`{"weekdays":["MONDAY","SUNDAY"]}`, 0, "00:00", true}, {`{"weekdays":["MONDAY","SUNDAY"]}`, 6, "23:59", true}, {`{"weekdays":["MONDAY"]}`, 1, "00:00", false},
		{`{"from":"09:00","to":"18:00"}`, 3, "08:59", false}, {`{"from":"09:00","to":"18:00"}`, 3, "09:00", true},
		{`{"from":"09:00","to":"18:00"}`, 3, "17:59", true}, {`{"from":"09:00","to":"18:00"}`, 3, "18:00", false},
		{`{"from":"00:00","to":"24:00"}`, 5, "23:59", true}, {`{"from":"22:00","to":"00:00"}`, 5, "23:59", true}, {`{"from":"22:00","to":"00:00"}`, 5, "00:00", false},
		{`{"from":"22:00","to":"02:00"}`, 2, "01:59", true}, {`{"from":"22:00","to":"02:00"}`, 2, "02:00", false}, {`{"from":"22:00","to":"02:00"}`, 2, "22:00", true},
		{`{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}`, 4, "23:00", true}, {`{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}`, 5, "01:00", true},
		{`{"weekdays":["FRIDAY"],"from":"22:00","to":"02:00"}`, 4, "01:00", false}, {`{"weekdays":["SUNDAY"],"from":"22:00","to":"02:00"}`, 0, "01:00", true},
	} {
		condition := parseCondition(t, `{"localTime":`+c.condition+`}`)
		if holds(condition, at(c.day, c.clock)) != c.want {
			t.Errorf("%s on day %d at %s: %v", c.condition, c.day, c.clock, !c.want)
		}
	}
}

func TestALanguageIsNotItsFirstLetters(t *testing.T) {
	t.Parallel()
	if c := parseCondition(t, `{"language":["fi"]}`); holds(c, Snapshot{Contact: ContactFacts{Language: "fil"}}) || !holds(c, Snapshot{Contact: ContactFacts{Language: "FI"}}) {
		t.Error("Finnish and Filipino")
	}
}

// The short cuts of foldRune say what the slow way says.
func TestFoldTakesNoNoticeOfCaseOrWidth(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if foldRune(unicode.SimpleFold(r)) != foldRune(r) && (r < '！' || r > '～') {
			t.Fatalf("%q and %q", r, unicode.SimpleFold(r))
		}
		if once := foldRune(r); foldRune(once) != once {
			t.Fatalf("%q becomes %q", r, once)
		}
	}
	for r := 'A'; r <= 'Z'; r++ {
		for _, like := range []rune{r - 'A' + 'a', r - 'A' + 'Ａ', r - 'A' + 'ａ'} {
			if foldRune(like) != r {
				t.Errorf("%q and %q", r, like)
			}
		}
	}
}
