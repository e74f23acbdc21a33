package twiliotest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Content is a template of the Content API.
type Content struct {
	Sid       string // HX and 32 hexadecimal digits; empty for a new one
	Name      string // friendly_name, and the name of the template at WhatsApp
	Language  string
	Body      string            // with {{1}}, {{2}} … for its variables
	Variables map[string]string // their samples, which stand in for what a message leaves out
	Buttons   []string          // quick replies
	Approved  bool              // by WhatsApp: may be sent outside the 24-hour window

	created time.Time
}

// AddContent adds a template to an account and returns its SID.
func (t *Twilio) AddContent(accountSid string, c Content) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.Sid == "" {
		c.Sid = t.sid("HX")
	}
	if !isSid("HX", c.Sid) {
		panic(fmt.Sprintf("twiliotest: content %q: want HX and 32 hexadecimal digits", c.Sid))
	}
	if c.Language == "" {
		c.Language = "en"
	}
	c.created = t.now()
	a := t.mustAccount(accountSid)
	a.contents = append(a.contents, &c)
	return c.Sid
}

func (a *account) content(sid string) *Content {
	i := slices.IndexFunc(a.contents, func(c *Content) bool { return c.Sid == sid })
	if i < 0 {
		return nil
	}
	return a.contents[i]
}

var placeholder = regexp.MustCompile(`{{\s*([A-Za-z0-9_]+)\s*}}`)

// fill writes the values into the body. Variables must be a JSON object of strings, or empty.
func (c *Content) fill(variables string) (string, error) {
	values := map[string]string{}
	if variables != "" {
		if err := json.Unmarshal([]byte(variables), &values); err != nil {
			return "", err
		}
	}
	return placeholder.ReplaceAllStringFunc(c.Body, func(hole string) string {
		name := placeholder.FindStringSubmatch(hole)[1]
		if value, ok := values[name]; ok {
			return value
		}
		return c.Variables[name]
	}), nil
}
