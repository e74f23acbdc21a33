package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type surveyResolver struct{ *Resolver }

// Surveys are a page of each conversation's surveys.
func (r *conversationResolver) Surveys(ctx context.Context, list []*model.Conversation, first *int, after *string, last *int, before *string) ([]*exec.SurveyConnection, error) {
	pages, err := r.DB.SurveysOf(ctx, list[0].AccountID, idsOf(list, conversationID), page(first, after, last, before))
	return connections(list, conversationID, pages, err, surveyConnection)
}

// Score is the answer, if there is one.
func (*surveyResolver) Score(_ context.Context, s *model.Survey) (*int, error) {
	if s.Score == 0 {
		return nil, nil
	}
	return &s.Score, nil
}

// Comment is what the customer wrote beside the score.
func (*surveyResolver) Comment(_ context.Context, s *model.Survey) (*string, error) {
	return present(s.Comment), nil
}

// NotDelivered says why the customer was not asked.
func (*surveyResolver) NotDelivered(_ context.Context, s *model.Survey) (*model.NotDelivered, error) {
	return present(s.NotDelivered), nil
}

// AnsweredBy says how it was answered.
func (*surveyResolver) AnsweredBy(_ context.Context, s *model.Survey) (*model.AnswerWay, error) {
	return present(s.AnsweredBy), nil
}

// Conversation is the one that each survey asks about.
func (r *surveyResolver) Conversation(ctx context.Context, list []*model.Survey) ([]*model.Conversation, error) {
	return r.load(ctx, list[0].AccountID).Conversations.Get(ctx, idsOf(list, func(s *model.Survey) model.ID { return s.ConversationID }))
}

// Channel is the one of each survey's conversation.
func (r *surveyResolver) Channel(ctx context.Context, list []*model.Survey) ([]*model.Channel, error) {
	return r.load(ctx, list[0].AccountID).Channels.Get(ctx, idsOf(list, func(s *model.Survey) model.ID { return s.ChannelID }))
}

// CreditedTo is who resolved each survey's conversation.
func (r *surveyResolver) CreditedTo(ctx context.Context, list []*model.Survey) ([]exec.Assignee, error) {
	return assignees(ctx, r.load(ctx, list[0].AccountID), idsOf(list, func(s *model.Survey) model.ID { return s.AgentID }),
		idsOf(list, func(s *model.Survey) model.ID { return s.AiAgentID }))
}

// CreditedTeam is the one whose queue each survey's conversation was in.
func (r *surveyResolver) CreditedTeam(ctx context.Context, list []*model.Survey) ([]*model.Team, error) {
	return some(ctx, &r.load(ctx, list[0].AccountID).Teams, idsOf(list, func(s *model.Survey) model.ID { return s.TeamID }))
}
