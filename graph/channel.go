package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type channelResolver struct{ *Resolver }

// Channels lists the channels.
func (r *queryResolver) Channels(ctx context.Context, first *int, after *string, last *int, before *string) (*exec.ChannelConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return channelConnection(r.DB.ChannelPage(ctx, v, page(first, after, last, before)))
}

// Channel finds one channel.
func (r *queryResolver) Channel(ctx context.Context, id model.ID) (*model.Channel, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	channels, err := r.DB.SeeChannels(ctx, v, []model.ID{id})
	return channels[id], err
}

// PhoneNumber is what the channel sends from, if that is a number.
func (*channelResolver) PhoneNumber(_ context.Context, c *model.Channel) (*string, error) {
	return present(c.Sender.PhoneNumber), nil
}

// MessagingServiceSid is what the channel sends from, if that is a service.
func (*channelResolver) MessagingServiceSid(_ context.Context, c *model.Channel) (*string, error) {
	return present(c.Sender.Service), nil
}

// PhoneNumberID is the provider's id of the number, if it has one.
func (*channelResolver) PhoneNumberID(_ context.Context, c *model.Channel) (*string, error) {
	return present(c.Sender.NumberID), nil
}

// VerifyToken is told to supervisors and admins.
func (*channelResolver) VerifyToken(ctx context.Context, c *model.Channel) (*string, error) {
	if v, err := viewer(ctx); err != nil || !v.SeesAll() || c.RemovedAt != nil {
		return nil, err
	}
	return present(c.VerifyToken), nil
}

// WebhookURL is told to supervisors and admins.
func (r *channelResolver) WebhookURL(ctx context.Context, channels []*model.Channel) ([]*string, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	urls, err := r.Desk.WebhookURLs(model.WithViewer(ctx, v), channels)
	if err != nil {
		return nil, err
	}
	list := make([]*string, len(urls))
	for i, url := range urls {
		list[i] = present(url)
	}
	return list, nil
}

// Agents are the members of each channel.
func (r *channelResolver) Agents(ctx context.Context, channels []*model.Channel) ([][]*model.Agent, error) {
	lists, err := r.load(ctx, channels[0].AccountID).ChannelAgents.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
	return listed(ctx, lists, err)
}

// Assignment is how the channel's conversations find an agent.
func (*channelResolver) Assignment(_ context.Context, c *model.Channel) (*exec.Assignment, error) {
	return &exec.Assignment{Mode: c.AssignmentMode, ReopenPolicy: c.ReopenPolicy, ReopenWithinHours: c.ReopenWithinHours}, nil
}

// Health is told to supervisors and admins.
func (*channelResolver) Health(ctx context.Context, c *model.Channel) (*exec.ChannelHealth, error) {
	if v, err := viewer(ctx); err != nil || !v.SeesAll() {
		return nil, err
	}
	return &exec.ChannelHealth{LastAcceptedAt: c.LastGoodAt, LastRefusedAt: c.LastRefusedAt, LastRefusedReason: present(c.LastRefusedWhy), RefusedCount: int(c.RefusedCount),
		CredentialsRefusedAt: c.CredentialsBadAt, ProviderAccount: c.Sender.ProviderAccount, SecretHint: c.SecretHint}, nil
}

// CreateChannel connects a number or a service.
func (r *mutationResolver) CreateChannel(ctx context.Context, in exec.CreateChannelInput) (*exec.CreateChannelPayload, error) {
	credentials := credentialsOf(in.Credentials)
	credentials.Name = in.Name
	channel, warnings, err := r.Desk.CreateChannel(ctx, *credentials)
	errs, err := refused(err)
	return &exec.CreateChannelPayload{Channel: channel, Warnings: filled(warnings), UserErrors: errs}, err
}

// UpdateChannel renames or pauses a channel, or replaces its credentials.
func (r *mutationResolver) UpdateChannel(ctx context.Context, in exec.UpdateChannelInput) (*exec.UpdateChannelPayload, error) {
	change := desk.ChannelChange{Channel: in.ChannelID, Name: in.Name, Paused: in.Paused}
	if in.Credentials != nil {
		change.Credentials = credentialsOf(in.Credentials)
	}
	channel, warnings, err := r.Desk.UpdateChannel(ctx, change)
	errs, err := refused(err)
	return &exec.UpdateChannelPayload{Channel: channel, Warnings: filled(warnings), UserErrors: errs}, err
}

// credentialsOf reads the one kind of credentials that is given; transport.OneOf has seen to that.
func credentialsOf(in *exec.ChannelCredentialsInput) *desk.NewChannel {
	if in.WhatsappCloud != nil {
		return cloudCredentials(in.WhatsappCloud)
	}
	c := &desk.NewChannel{Kind: model.WhatsApp, Provider: model.Twilio, CredentialsPath: []string{"credentials", "twilioWhatsapp"}}
	twilio := in.TwilioWhatsapp
	if in.TwilioSms != nil {
		c.Kind, c.CredentialsPath, twilio = model.SMS, []string{"credentials", "twilioSms"}, in.TwilioSms
	}
	c.Sender = model.Sender{ProviderAccount: twilio.AccountSid, PhoneNumber: given(twilio.Sender.PhoneNumber), Service: given(twilio.Sender.MessagingServiceSid)}
	c.Secret = model.Secret{"authToken": twilio.AuthToken}
	return c
}

func cloudCredentials(in *exec.WhatsappCloudCredentialsInput) *desk.NewChannel {
	return &desk.NewChannel{Kind: model.WhatsApp, Provider: model.WhatsAppCloud, CredentialsPath: []string{"credentials", "whatsappCloud"},
		Sender: model.Sender{ProviderAccount: in.BusinessAccountID, PhoneNumber: in.PhoneNumber, NumberID: in.PhoneNumberID},
		Secret: model.Secret{"accessToken": in.AccessToken, "appSecret": in.AppSecret}}
}

// RemoveChannel takes a channel off the desk.
func (r *mutationResolver) RemoveChannel(ctx context.Context, in exec.RemoveChannelInput) (*exec.RemoveChannelPayload, error) {
	channel, err := r.Desk.RemoveChannel(ctx, in.ChannelID)
	errs, err := refused(err)
	return &exec.RemoveChannelPayload{Channel: channel, UserErrors: errs}, err
}

// RotateWebhookURL gives a channel a new webhook URL.
func (r *mutationResolver) RotateWebhookURL(ctx context.Context, in exec.RotateWebhookURLInput) (*exec.RotateWebhookURLPayload, error) {
	channel, err := r.Desk.RotateWebhookURL(ctx, in.ChannelID)
	errs, err := refused(err)
	return &exec.RotateWebhookURLPayload{Channel: channel, UserErrors: errs}, err
}

// AddChannelAgents adds members.
func (r *mutationResolver) AddChannelAgents(ctx context.Context, in exec.AddChannelAgentsInput) (*exec.AddChannelAgentsPayload, error) {
	channel, err := r.Desk.AddChannelAgents(ctx, in.ChannelID, in.AgentIds)
	errs, err := refused(err)
	return &exec.AddChannelAgentsPayload{Channel: channel, UserErrors: errs}, err
}

// RemoveChannelAgents removes members.
func (r *mutationResolver) RemoveChannelAgents(ctx context.Context, in exec.RemoveChannelAgentsInput) (*exec.RemoveChannelAgentsPayload, error) {
	channel, err := r.Desk.RemoveChannelAgents(ctx, in.ChannelID, in.AgentIds)
	errs, err := refused(err)
	return &exec.RemoveChannelAgentsPayload{Channel: channel, UserErrors: errs}, err
}

// SetChannelAgents replaces the members.
func (r *mutationResolver) SetChannelAgents(ctx context.Context, in exec.SetChannelAgentsInput) (*exec.SetChannelAgentsPayload, error) {
	channel, err := r.Desk.SetChannelAgents(ctx, in.ChannelID, in.AgentIds)
	errs, err := refused(err)
	return &exec.SetChannelAgentsPayload{Channel: channel, UserErrors: errs}, err
}

// UpdateAssignment says how a channel's conversations find an agent.
func (r *mutationResolver) UpdateAssignment(ctx context.Context, in exec.UpdateAssignmentInput) (*exec.UpdateAssignmentPayload, error) {
	channel, err := r.Desk.UpdateAssignment(ctx, desk.AssignmentChange{Channel: in.ChannelID, Mode: in.Mode, ReopenPolicy: in.ReopenPolicy, ReopenWithinHours: in.ReopenWithinHours})
	errs, err := refused(err)
	return &exec.UpdateAssignmentPayload{Channel: channel, UserErrors: errs}, err
}

// present is a text that may be missing, as the API shows it.
func present[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}

// filled is the list, also when it is nil: the schema's is not null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
