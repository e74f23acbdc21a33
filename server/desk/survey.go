package desk

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// survey asks the customer about a conversation that has just become RESOLVED, in the transaction that made it so and
// under its lock: once for each such change. Whoever made the change is credited with the answer. What cannot be asked
// is stored with the reason.
func (d *Desk) survey(ctx context.Context, s *db.Store, c *model.Conversation, by *model.Viewer) error {
	a, err := s.Asking(ctx, c)
	if err != nil || a.Blocked || !a.Csat.Asks(a.Labels) {
		return err
	}
	now := d.moment()
	v := &model.Survey{AccountID: c.AccountID, ID: model.NewIDAt(model.KindSurvey, now), ConversationID: c.ID, Version: c.Version, ChannelID: c.ChannelID,
		TeamID: c.TeamID, AgentID: by.Agent, CreatedAt: now, ExpiresAt: a.Csat.Expiry(now)}
	if by.Agent == "" {
		v.AiAgentID = c.AiAgentID
	}
	template := a.Csat.Template
	if model.ReplyWindowAt(a.Kind, c.LastInboundAt, now).Open {
		template = nil
	} else if template == nil {
		v.NotDelivered = model.SurveyWindowClosed
	}
	if !a.Sends {
		v.NotDelivered = model.SurveyNotSending
	}
	if v.NotDelivered != "" {
		_, err := s.AddSurvey(ctx, v, nil)
		return err
	}
	return d.ask(ctx, s, c, v, a, template)
}

// ask stores the survey with the message that asks, and queues its sending. The message does not hold the link, for it
// is the customer's alone: it is put in when the message is sent.
func (d *Desk) ask(ctx context.Context, s *db.Store, c *model.Conversation, v *model.Survey, a *db.Asking, template *model.TemplateCall) error {
	tokens, err := d.surveyTokens(c.AccountID, v.ID)
	if err != nil {
		return err
	}
	v.MessageID = model.NewIDAt(model.KindMessage, v.CreatedAt)
	if anew, err := s.AddSurvey(ctx, v, hashToken(tokens[0])); err != nil || !anew {
		return err
	}
	language := a.Csat.Language
	if language == model.SurveyAutomatic {
		language = model.GuessLanguage(a.Heard, a.Phone)
	}
	m := d.nextMessage(c, v.CreatedAt)
	m.ID, m.Direction, m.Kind, m.Status = v.MessageID, model.Outbound, model.SurveyMessage, model.Queued
	m.Text, m.Data = a.Csat.Text(language, d.surveyPage(hiddenToken)), &model.MessageData{Survey: v.ID, Choices: v.Choices(language)}
	if template != nil {
		question := a.Csat.Ask(language)
		m.Text, m.Data.Template, m.Data.Choices = question, withQuestion(template, question), nil
	}
	return s.AddMessage(ctx, db.Saying{Message: m, Conversation: c})
}

// hiddenToken stands for the token in what is stored and shown to agents.
const hiddenToken = "…"

// The places in the variables of a survey's template that the desk fills.
const (
	questionPlace = "{question}"
	linkPlace     = "{link}"  // the address of the survey's page
	tokenPlace    = "{token}" // its last part, for templates with a button that has the rest
)

// surveyPage is the address at which the survey with the token is answered.
func (d *Desk) surveyPage(token string) string {
	return strings.TrimRight(d.public.String(), "/") + "/csat/" + token
}

// surveyTokens are what may answer the survey: the account, and 128 bits that nobody can guess without the desk's keys,
// one for each key with the current one first. They can be made again when the message is sent, so none is stored.
func (d *Desk) surveyTokens(account int64, survey model.ID) ([]string, error) {
	keys, err := d.keys.Derive("surveys")
	if err != nil {
		return nil, fmt.Errorf("make the link of survey %s: %w", survey, err)
	}
	tokens := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(strconv.FormatInt(account, 10) + " " + string(survey)))
		tokens[i] = model.SurveyToken(account, mac.Sum(nil))
	}
	return tokens, nil
}

// parcel reads a message with what it takes to send it. One that asks gets its link: the one that it was stored with,
// unless the key of that was taken away since.
func (d *Desk) parcel(ctx context.Context, account int64, message model.ID) (*db.Parcel, error) {
	p, err := d.db.Parcel(ctx, account, message)
	if err != nil || p.Message.Kind != model.SurveyMessage || p.Message.Data == nil {
		return p, err
	}
	survey := p.Message.Data.Survey
	tokens, err := d.surveyTokens(account, survey)
	if err != nil {
		return nil, err
	}
	stored, err := d.db.SurveyToken(ctx, account, survey)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		if bytes.Equal(stored, hashToken(token)) {
			d.link(&p.Message, token)
			return p, nil
		}
	}
	d.link(&p.Message, tokens[0])
	return p, d.db.SetSurveyToken(ctx, account, survey, hashToken(tokens[0]))
}

// link puts the address of the survey's page into what is sent.
func (d *Desk) link(m *model.Message, token string) {
	page := d.surveyPage(token)
	m.Text = strings.Replace(m.Text, d.surveyPage(hiddenToken), page, 1)
	if m.Data.Template != nil {
		m.Data.Template = filledIn(m.Data.Template, strings.NewReplacer(linkPlace, page, tokenPlace, token))
	}
}

// withQuestion fills the question into the template's variables.
func withQuestion(t *model.TemplateCall, question string) *model.TemplateCall {
	return filledIn(t, strings.NewReplacer(questionPlace, question))
}

func filledIn(t *model.TemplateCall, with *strings.Replacer) *model.TemplateCall {
	call := &model.TemplateCall{ID: t.ID, Variables: map[string]string{}}
	for name, value := range t.Variables {
		call.Variables[name] = with.Replace(value)
	}
	return call
}
