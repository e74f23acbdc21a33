package cloudtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"
)

// Message is one that the desk sent.
type Message struct {
	ID       string
	To       string // number with plus sign, or user id
	Type     string
	Text     string // or the caption, or the name of the template with its variables
	Link     string // of the file
	FileName string
	Choices  []string // ids of what may be chosen
	ReplyTo  string
	Callback string // biz_opaque_callback_data
	Status   string
}

type message struct {
	Message
	number   *number
	arrived  bool
	expected bool
}

// sent is the body of a message to the API.
type sent struct {
	Product   string `json:"messaging_product"`
	To        string `json:"to"`
	Recipient string `json:"recipient"`
	Type      string `json:"type"`
	Callback  string `json:"biz_opaque_callback_data"`
	Status    string `json:"status"` // of a receipt
	MessageID string `json:"message_id"`
	Typing    struct {
		Type string `json:"type"`
	} `json:"typing_indicator"`
	Context struct {
		MessageID string `json:"message_id"`
	} `json:"context"`
	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Image, Video, Audio, Document struct {
		Link, Caption, FileName string
	}
	Template struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Components []struct {
			Type       string `json:"type"`
			Parameters []struct {
				Text string `json:"text"`
			} `json:"parameters"`
		} `json:"components"`
	} `json:"template"`
	Interactive struct {
		Body struct {
			Text string `json:"text"`
		} `json:"body"`
		Action struct {
			Buttons []struct {
				Reply choice `json:"reply"`
			} `json:"buttons"`
			Sections []struct {
				Rows []choice `json:"rows"`
			} `json:"sections"`
		} `json:"action"`
	} `json:"interactive"`
}

type choice struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

func (s *sent) to() string {
	if s.Recipient != "" {
		return s.Recipient
	}
	return "+" + strings.TrimPrefix(s.To, "+")
}

// refusal is what Meta refuses at once.
func (s *sent) refusal() *answer {
	var a answer
	switch {
	case s.To == "" && s.Recipient == "":
		a = refuse(http.StatusBadRequest, 131008, 0, "Required parameter is missing: to")
	case s.Type == "text" && s.Text.Body == "":
		a = refuse(http.StatusBadRequest, 131008, 0, "Required parameter is missing: text.body")
	case len(utf16.Encode([]rune(s.Text.Body))) > 4096:
		a = refuse(http.StatusBadRequest, 100, 0, "Param text['body'] must be at most 4096 characters long.")
	case s.Type == "template" && s.Template.Name+"/"+s.Template.Language.Code != Template:
		a = refuse(http.StatusNotFound, 132001, 0, "Template name does not exist in the translation")
	case s.Type == "template" && len(s.parameters()) != 2:
		a = refuse(http.StatusBadRequest, 132000, 0, "Number of parameters does not match the expected number of params")
	default:
		return nil
	}
	return &a
}

// accept takes the message into the ledger. The caller holds the lock.
func (m *Meta) accept(n *number, s *sent) *message {
	m.last++
	msg := &message{number: n, Message: Message{ID: fmt.Sprintf("wamid.HBgLTESTOUT%08d", m.last), To: s.to(), Type: s.Type, Text: s.Text.Body,
		ReplyTo: s.Context.MessageID, Callback: s.Callback, Status: "accepted"}}
	for _, f := range []struct{ Link, Caption, FileName string }{s.Image, s.Video, s.Audio, s.Document} {
		if f.Link != "" {
			msg.Link, msg.Text, msg.FileName = f.Link, f.Caption, f.FileName
		}
	}
	switch s.Type {
	case "template":
		msg.Text = s.Template.Name + " " + strings.Join(s.parameters(), ", ")
	case "interactive":
		msg.Text = s.Interactive.Body.Text
		for _, b := range s.Interactive.Action.Buttons {
			msg.Choices = append(msg.Choices, b.Reply.ID)
		}
		for _, section := range s.Interactive.Action.Sections {
			for _, row := range section.Rows {
				msg.Choices = append(msg.Choices, row.ID)
			}
		}
	}
	m.messages = append(m.messages, msg)
	m.wake()
	return msg
}

func (s *sent) parameters() []string {
	var list []string
	for _, c := range s.Template.Components {
		for _, p := range c.Parameters {
			list = append(list, p.Text)
		}
	}
	return list
}

// Messages are those that the desk sent so far.
func (m *Meta) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Message, len(m.messages))
	for i, msg := range m.messages {
		list[i] = msg.Message
	}
	return list
}

const window = 24 * time.Hour
