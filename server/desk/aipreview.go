package desk

import (
	"context"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
)

// The bounds of a preview. A request to the API may take a little longer than its answer.
const (
	previewTime     = 12 * time.Second
	maxPreview      = 40   // messages
	maxPreviewUnits = 4000 // characters of one message
)

// AiPreview is a chat that an AI Agent is to answer without anybody reading it.
type AiPreview struct {
	AiAgent  model.ID
	Channel  model.ID // whose kind and hours hold; empty: WhatsApp without hours
	Messages []AiPreviewMessage
}

// AiPreviewMessage is what was said so far, by the customer or by the AI Agent.
type AiPreviewMessage struct {
	Customer bool
	Text     string
}

// AiPreviewed is how the AI Agent would answer.
type AiPreviewed struct {
	Texts    []string // messages to the customer
	Resolves bool
	HandOver model.HandOverReason // empty: it would not hand over
	Summary  string
	Team     model.ID
	Uses     []model.AiUse
	model.AiMark
}

// PreviewAiAgent has an AI Agent answer a chat from its instructions and articles as they are, and stores nothing. Its
// model is asked, and its account there pays.
func (d *Desk) PreviewAiAgent(ctx context.Context, p AiPreview) (*AiPreviewed, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	a, err := d.db.AiAgent(ctx, v.Account, p.AiAgent)
	if err != nil {
		return nil, at(err, "aiAgentId")
	}
	messages, err := p.transcript(d.moment())
	if err != nil {
		return nil, err
	}
	b, teams, err := d.previewBriefing(ctx, v, p.Channel)
	if err != nil {
		return nil, err
	}
	t, err := d.newThought(a, b)
	if err != nil {
		return nil, err
	}
	t.dialogue.Answers = len(messages) - 1
	ctx, cancel := context.WithTimeout(ctx, previewTime)
	defer cancel()
	step, err := t.think(ctx, messages, messages[len(messages)-1:])
	if err != nil {
		return nil, err
	}
	if t.problem != nil {
		return nil, model.Refuse(model.ProviderUnreached, t.problem.Text)
	}
	return t.previewed(step, b.Kind, teams), nil
}

// transcript makes messages of the chat, which ends with one of the customer.
func (p AiPreview) transcript(now time.Time) (list []*model.Message, err error) {
	if n := len(p.Messages); n == 0 || n > maxPreview || !p.Messages[n-1].Customer {
		return nil, model.Refuse(model.Invalid, "Give 1 to 40 messages, the last one from the customer.", "messages")
	}
	for i, said := range p.Messages {
		m := &model.Message{Seq: int64(i + 1), Direction: model.Outbound, Kind: model.TextMessage, CreatedAt: now}
		if said.Customer {
			m.Direction = model.Inbound
		}
		if m.Text = strings.TrimSpace(model.CleanText(said.Text, model.MaxIncomingText)); m.Text == "" || model.TextUnits(m.Text) > maxPreviewUnits {
			return nil, model.Refuse(model.Invalid, "A message has 1 to 4,000 characters.", "messages")
		}
		list = append(list, m)
	}
	return list, nil
}

func (d *Desk) previewBriefing(ctx context.Context, v *model.Viewer, channel model.ID) (b model.AiBriefing, teams map[string]model.ID, err error) {
	b = model.AiBriefing{Kind: model.WhatsApp, At: d.now()}
	if teams, err = d.db.AiTeams(ctx, v.Account); err != nil {
		return b, nil, err
	}
	b.Teams = teamNames(teams)
	if channel == "" {
		return b, teams, nil
	}
	c, err := d.db.Channel(ctx, v.Account, channel)
	if err != nil {
		return b, nil, at(err, "channelId")
	}
	hours, err := d.db.HoursOf(ctx, v.Account, []model.ID{channel})
	if err != nil {
		return b, nil, err
	}
	b.Kind = c.Kind
	b.Calendar, err = model.NewCalendar(hours[channel])
	return b, teams, err
}

func (t *thought) previewed(step model.AiStep, kind model.ChannelKind, teams map[string]model.ID) *AiPreviewed {
	made := model.NewAiAnswer(step.Say, kind, t.given)
	t.mark.Articles = made.Articles
	return &AiPreviewed{Texts: made.Parts, Resolves: step.Resolve, HandOver: step.HandOver, Summary: model.CleanText(step.Summary, model.MaxSummary), Team: teams[step.Team],
		Uses: t.uses, AiMark: t.mark}
}
