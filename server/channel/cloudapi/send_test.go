package cloudapi

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
)

const userID = "US.13491208655302741918"

func (l *line) gives(m *channel.Outgoing) *channel.SendError {
	l.t.Helper()
	_, err := l.provider.Send(context.Background(), testChannel(), testSecret, m)
	var failed *channel.SendError
	if err != nil && !errors.As(err, &failed) {
		l.t.Fatal(err)
	}
	return failed
}

// TestWhatIsSent holds each form of a message against Meta's document and what the customer gets.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	file := func(kind string, size int64) []channel.File {
		return []channel.File{{URL: "https://desk.example.com/media/1", ContentType: kind, Name: "a.bin", Size: size}}
	}
	for name, c := range map[string]struct {
		out  channel.Outgoing
		want cloudtest.Message
	}{
		"text":           {channel.Outgoing{To: customer, Text: "hello"}, cloudtest.Message{Type: "text", Text: "hello"}},
		"user id":        {channel.Outgoing{To: userID, Text: "hello"}, cloudtest.Message{Type: "text", Text: "hello"}},
		"reply":          {channel.Outgoing{To: customer, Text: "yes", ReplyTo: "wamid.A"}, cloudtest.Message{Type: "text", Text: "yes", ReplyTo: "wamid.A"}},
		"image":          {channel.Outgoing{To: customer, Text: "look", Files: file("image/jpeg", 5<<20)}, cloudtest.Message{Type: "image", Text: "look"}},
		"large image":    {channel.Outgoing{To: customer, Files: file("image/jpeg", 5<<20+1)}, cloudtest.Message{Type: "document", FileName: "a.bin"}},
		"other image":    {channel.Outgoing{To: customer, Files: file("image/gif", 9)}, cloudtest.Message{Type: "document", FileName: "a.bin"}},
		"video":          {channel.Outgoing{To: customer, Files: file("video/mp4", 9)}, cloudtest.Message{Type: "video"}},
		"sound":          {channel.Outgoing{To: customer, Files: file("Audio/OGG; codecs=opus", 9)}, cloudtest.Message{Type: "audio"}},
		"document":       {channel.Outgoing{To: customer, Text: "read", Files: file("application/pdf", 9)}, cloudtest.Message{Type: "document", Text: "read", FileName: "a.bin"}},
		"template":       {channel.Outgoing{To: customer, Template: &model.TemplateCall{ID: cloudtest.Template, Variables: map[string]string{"1": "Ana", "2": "Monday"}}}, cloudtest.Message{Type: "template", Text: "appointment_reminder Ana, Monday"}},
		"few choices":    {channel.Outgoing{To: customer, Text: "Well?", Choices: choices(3)}, cloudtest.Message{Type: "interactive", Text: "Well?", Choices: []string{"0", "1", "2"}}},
		"many choices":   {channel.Outgoing{To: customer, Text: "Well?", Choices: choices(5)}, cloudtest.Message{Type: "interactive", Text: "Well?", Choices: []string{"0", "1", "2", "3", "4"}}},
		"long, choices":  {channel.Outgoing{To: customer, Text: strings.Repeat("x", 1025), Choices: choices(3)}, cloudtest.Message{Type: "text", Text: strings.Repeat("x", 1025)}},
		"longest":        {channel.Outgoing{To: customer, Text: strings.Repeat("x", 4096)}, cloudtest.Message{Type: "text", Text: strings.Repeat("x", 4096)}},
		"beyond a plane": {channel.Outgoing{To: customer, Text: "\U0001F469\u200D\U0001F4BB <&\u2028"}, cloudtest.Message{Type: "text", Text: "\U0001F469\u200D\U0001F4BB <&\u2028"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, cloudtest.Options{Manual: true})
			c.out.MessageID, c.out.Attempt = "0198c1d2-3e4f-7a5b-8c6d-7e8f90a1b207", 3
			id, err := l.provider.Send(t.Context(), testChannel(), testSecret, &c.out)
			if err != nil {
				t.Fatal(err)
			}
			got := l.meta.Messages()[0]
			c.want.ID, c.want.To, c.want.Status, c.want.Callback = id, c.out.To, "accepted", "0198c1d2-3e4f-7a5b-8c6d-7e8f90a1b207.3"
			if len(c.out.Files) > 0 {
				c.want.Link = c.out.Files[0].URL
			}
			if !slices.Equal(got.Choices, c.want.Choices) {
				t.Errorf("choices %q, want %q", got.Choices, c.want.Choices)
			}
			got.Choices, c.want.Choices = nil, nil
			if !same(got, c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func same(a, b cloudtest.Message) bool {
	return a.ID == b.ID && a.To == b.To && a.Type == b.Type && a.Text == b.Text && a.Link == b.Link && a.FileName == b.FileName &&
		a.ReplyTo == b.ReplyTo && a.Callback == b.Callback && a.Status == b.Status
}

func choices(n int) (list []model.Choice) {
	for i := range n {
		list = append(list, model.Choice{ID: string(rune('0' + i)), Title: strings.Repeat("é", i*10)})
	}
	if n > 0 {
		list[0].Title = "first"
	}
	return list
}

// TestWhatIsNotSent: what WhatsApp takes for a part only, or not at all, is refused before it is asked.
func TestWhatIsNotSent(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{Manual: true})
	sound := []channel.File{{URL: "https://a", ContentType: "audio/ogg"}}
	for name, m := range map[string]*channel.Outgoing{
		"nothing":           {To: customer},
		"too long":          {To: customer, Text: strings.Repeat("x", 4097)},
		"two files":         {To: customer, Files: append(sound, sound...)},
		"sound with text":   {To: customer, Text: "listen", Files: sound},
		"long caption":      {To: customer, Text: strings.Repeat("x", 1025), Files: []channel.File{{URL: "https://a", ContentType: "image/png"}}},
		"template, no lang": {To: customer, Template: &model.TemplateCall{ID: "hello"}},
	} {
		if failed := l.gives(m); failed == nil || failed.Outcome != channel.Rejected || failed.Advice == "" {
			t.Errorf("%s: %+v", name, failed)
		}
	}
	if l.Taken() != 0 || len(l.meta.Calls()) != 0 {
		t.Error("Meta was asked")
	}
}

// TestEveryCode holds each code of the table against what becomes of the message.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{Manual: true})
	for outcome, codes := range map[channel.Outcome][]int{
		channel.NotSent:     {4, 80007, 130429, 131056, 2, 131016},
		channel.Ambiguous:   {1, 131000},
		channel.Credentials: {190, 3, 10, 200, 237, 299},
		channel.Rejected: {33, 100, 131008, 131009, 368, 131031, 131042, 131048, 131026, 131030, 131047, 131049, 130472, 131051, 131052, 131053,
			132000, 132001, 132005, 132007, 132012, 132015, 132016, 133010, 139999},
	} {
		for _, code := range codes {
			l.meta.FailNext(1, cloudtest.Fault{Kind: cloudtest.Refuse, Status: 400, Code: code})
			failed := l.gives(&channel.Outgoing{To: customer, Text: "hello"})
			if failed == nil || failed.Outcome != outcome || failed.Advice == "" || failed.Text == "" {
				t.Errorf("%d: %+v, want outcome %d", code, failed, outcome)
			}
			if code == 131056 && failed.RetryAfter != 6*time.Second {
				t.Errorf("a pair waits %s", failed.RetryAfter)
			}
		}
	}
	for status, outcome := range map[int]channel.Outcome{500: channel.Ambiguous, 503: channel.Ambiguous, 408: channel.Ambiguous, 429: channel.NotSent, 401: channel.Credentials, 403: channel.Rejected, 404: channel.Rejected} {
		l.meta.FailNext(1, cloudtest.Fault{Kind: cloudtest.Refuse, Status: status, Code: 139999})
		if failed := l.gives(&channel.Outgoing{To: customer, Text: "hello"}); failed == nil || failed.Outcome != outcome {
			t.Errorf("HTTP %d with a new code: %+v, want outcome %d", status, failed, outcome)
		}
	}
	if l.Taken() != 0 {
		t.Error("something was taken")
	}
}

// TestAWholeMessage sends to the fake as it is by default, and reads the reports that it signs.
func TestAWholeMessage(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]cloudtest.Fault{"in order": {}, "reports first": {Kind: cloudtest.Early}, "slow": {Kind: cloudtest.Slow, Delay: 50 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, cloudtest.Options{ReadReceipts: true})
			if _, err := l.meta.CustomerSends(t.Context(), cloudtest.Inbound{From: customer, Text: "hi"}); err != nil {
				t.Fatal(err)
			}
			l.meta.FailNext(1, o)
			id, err := l.provider.Send(t.Context(), testChannel(), testSecret, &channel.Outgoing{To: customer, Text: "hello", MessageID: model.NewID(model.KindMessage)})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.meta.WaitIdle(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := l.meta.WaitForMessage(t.Context(), customer, "hello")
			if err != nil || got.ID != id || got.Status != "read" {
				t.Error(got, err)
			}
		})
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{Manual: true})
	post, err := l.meta.CustomerSends(t.Context(), cloudtest.Inbound{From: customer, Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.provider.Type(t.Context(), testChannel(), testSecret, post.MessageID); err != nil || l.meta.Typing(post.MessageID) != 1 {
		t.Error(err, l.meta.Typing(post.MessageID))
	}
	var refused *channel.SendError
	if err := l.provider.Type(t.Context(), testChannel(), testSecret, "wamid.UNKNOWN"); !errors.As(err, &refused) || refused.Outcome != channel.Rejected {
		t.Error(err)
	}
}
