package twiliotest

import (
	"encoding/xml"
	"mime"
	"strings"
)

// record keeps one attempt in the log, and does with its answer what Twilio does.
func (t *Twilio) record(p *Post, a Attempt, body answerBody) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.Kind == InboundMessage && a.Status >= 200 && a.Status < 300 {
		texts, note := texts(body)
		a.Note = note
		for _, text := range texts {
			t.respond(p.about, text)
		}
	}
	p.Attempts = append(p.Attempts, a)
	t.changes.add(postChanged, p.key())
}

// texts are the messages that the customer gets because of the answer to their own: a text/plain body as a whole, and
// each Message of TwiML. The note is what Twilio's debugger says of others.
func texts(body answerBody) (found []string, note string) {
	if len(body.text) > maxAnswer {
		return nil, "11750: response body is larger than 64 kB"
	}
	if body.text == "" {
		if body.status == 200 && body.contentType == "" {
			return nil, "empty 200 without Content-Type: Twilio logs it as 502"
		}
		return nil, ""
	}
	kind, _, _ := mime.ParseMediaType(body.contentType)
	switch kind {
	case "text/plain", "text/html":
		if kind == "text/plain" {
			return []string{body.text}, "text/plain body: sent to the customer as a message"
		}
		return nil, "12300: Invalid Content-Type"
	case "text/xml", "application/xml":
		return twiml(body.text)
	}
	return nil, "12300: Invalid Content-Type"
}

func twiml(text string) (found []string, note string) {
	var document struct {
		XMLName  xml.Name `xml:"Response"`
		Messages []struct {
			Body string `xml:"Body"`
			Text string `xml:",chardata"`
		} `xml:"Message"`
	}
	if err := xml.Unmarshal([]byte(text), &document); err != nil {
		return nil, "12100: Document parse failure"
	}
	for _, m := range document.Messages {
		if said := strings.TrimSpace(m.Body + m.Text); said != "" {
			found = append(found, said)
		}
	}
	return found, note
}
