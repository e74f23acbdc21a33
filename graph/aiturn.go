package graph

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type messageAiResolver struct{ *Resolver }

// Ai is how an AI Agent made the message.
func (*messageResolver) Ai(_ context.Context, m *model.Message) (*model.AiMark, error) {
	return given(m.Data).Ai, nil
}

// Took is how long the model took.
func (*messageAiResolver) Took(_ context.Context, a *model.AiMark) (int, error) {
	return int(a.Took.Milliseconds()), nil
}

// Articles are what each answer names, as far as they are still there.
func (r *messageAiResolver) Articles(ctx context.Context, list []*model.AiMark) ([][]*model.Article, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	var ids []model.ID
	for _, a := range list {
		ids = append(ids, a.Articles...)
	}
	found, err := some(ctx, &r.load(ctx, v.Account).Articles, ids)
	if err != nil {
		return nil, err
	}
	lists := make([][]*model.Article, len(list))
	for i, a := range list {
		lists[i] = slices.DeleteFunc(filled(slices.Clone(found[:len(a.Articles)])), func(a *model.Article) bool { return a == nil })
		found = found[len(a.Articles):]
	}
	return listed(ctx, lists, nil)
}

// PreviewAiAgent has an AI Agent answer without anybody reading it.
func (r *mutationResolver) PreviewAiAgent(ctx context.Context, in exec.PreviewAiAgentInput) (*exec.PreviewAiAgentPayload, error) {
	p := desk.AiPreview{AiAgent: in.AiAgentID, Channel: given(in.ChannelID)}
	for _, m := range in.Messages {
		p.Messages = append(p.Messages, desk.AiPreviewMessage{Customer: m.FromCustomer, Text: m.Text})
	}
	done, err := r.Desk.PreviewAiAgent(ctx, p)
	if done == nil {
		errs, err := refused(err)
		return &exec.PreviewAiAgentPayload{UserErrors: errs}, err
	}
	preview, err := r.previewed(ctx, done)
	return &exec.PreviewAiAgentPayload{Preview: preview, UserErrors: []*model.Error{}}, err
}

func (r *mutationResolver) previewed(ctx context.Context, p *desk.AiPreviewed) (*exec.AiPreview, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	shown := &exec.AiPreview{Texts: filled(p.Texts), Resolves: p.Resolves, Summary: present(p.Summary), Ai: &p.AiMark, ToolCalls: []*model.AiUse{}}
	if p.HandOver != "" {
		shown.HandOver = &p.HandOver
	}
	for i := range p.Uses {
		shown.ToolCalls = append(shown.ToolCalls, &p.Uses[i])
	}
	if p.Team != "" {
		shown.Team, err = first(ctx, &r.load(ctx, v.Account).Teams, p.Team)
	}
	return shown, err
}
