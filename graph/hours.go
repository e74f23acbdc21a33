package graph

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type hoursResolver struct{ *Resolver }

// Greeting is what the desk sends on the first message.
func (r *channelResolver) Greeting(ctx context.Context, channels []*model.Channel) ([]*model.Greeting, error) {
	return r.load(ctx, channels[0].AccountID).Greetings.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
}

// Hours are when people are there to answer.
func (r *channelResolver) Hours(ctx context.Context, channels []*model.Channel) ([]*model.Hours, error) {
	return r.load(ctx, channels[0].AccountID).Hours.Get(ctx, idsOf(channels, func(c *model.Channel) model.ID { return c.ID }))
}

// IsOpen tells whether the channel is open now.
func (r *hoursResolver) IsOpen(_ context.Context, h *model.Hours) (bool, error) {
	c, err := model.NewCalendar(h)
	return c.IsOpen(r.Now()), err
}

// NextChange is when the channel opens or closes.
func (r *hoursResolver) NextChange(_ context.Context, h *model.Hours) (*time.Time, error) {
	c, err := model.NewCalendar(h)
	if err != nil {
		return nil, err
	}
	if at, ok := c.NextChange(r.Now()); ok {
		return &at, nil
	}
	return nil, nil
}

// Week previews the hours, as if they were enabled.
func (r *hoursResolver) Week(_ context.Context, h *model.Hours) ([]*model.DayPlan, error) {
	enabled := *h
	enabled.Enabled = true
	c, err := model.NewCalendar(&enabled)
	if err != nil {
		return nil, err
	}
	var week []*model.DayPlan
	for _, day := range c.Week(r.Now()) {
		week = append(week, &day)
	}
	return week, nil
}

// UpdateGreeting says what new conversations are greeted with.
func (r *mutationResolver) UpdateGreeting(ctx context.Context, in exec.UpdateGreetingInput) (*exec.UpdateGreetingPayload, error) {
	channel, err := r.Desk.UpdateGreeting(ctx, in.ChannelID, in.Enabled, in.Text)
	errs, err := refused(err)
	return &exec.UpdateGreetingPayload{Channel: channel, UserErrors: errs}, err
}

// UpdateHours replaces a channel's business hours.
func (r *mutationResolver) UpdateHours(ctx context.Context, in exec.UpdateHoursInput) (*exec.UpdateHoursPayload, error) {
	hours := model.Hours{Enabled: in.Enabled, TimeZone: in.TimeZone, UnavailableMessage: in.UnavailableMessage, Weekly: values(in.Weekly), Exceptions: values(in.Exceptions)}
	channel, err := r.Desk.UpdateHours(ctx, in.ChannelID, hours)
	errs, err := refused(err)
	return &exec.UpdateHoursPayload{Channel: channel, UserErrors: errs}, err
}

// values is the list of what the pointers point at.
func values[T any](pointers []*T) []T {
	list := make([]T, len(pointers))
	for i, p := range pointers {
		list[i] = *p
	}
	return list
}
