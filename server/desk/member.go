package desk

import (
	"context"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// AddChannelAgents makes agents members of a channel. Who is one already stays it.
func (d *Desk) AddChannelAgents(ctx context.Context, channel model.ID, agents []model.ID) (*model.Channel, error) {
	return d.changeMembers(ctx, channel, agents, func(members []model.ID) []model.ID { return unique(append(members, agents...)) })
}

// RemoveChannelAgents takes agents off a channel. What they own there goes back into the queue.
func (d *Desk) RemoveChannelAgents(ctx context.Context, channel model.ID, agents []model.ID) (*model.Channel, error) {
	return d.changeMembers(ctx, channel, agents, func(members []model.ID) []model.ID { return without(members, agents) })
}

// SetChannelAgents makes exactly these agents the members of a channel.
func (d *Desk) SetChannelAgents(ctx context.Context, channel model.ID, agents []model.ID) (*model.Channel, error) {
	return d.changeMembers(ctx, channel, agents, func([]model.ID) []model.ID { return unique(agents) })
}

// changeMembers brings the members of a channel to what want makes of the present ones. A removed channel has members
// too: they read it.
func (d *Desk) changeMembers(ctx context.Context, channel model.ID, named []model.ID, want func(members []model.ID) []model.ID) (*model.Channel, error) {
	v, err := asLead(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.db.Channel(ctx, v.Account, channel)
	if err != nil {
		return nil, at(err, "channelId")
	}
	err = d.commit(ctx, v.Account, func(s *db.Store) error {
		m, err := lockMembers(ctx, s, v.Account, channel, unique(named), want)
		if err != nil {
			return err
		}
		return d.applyMembers(ctx, s, v, channel, m)
	})
	if err == nil {
		d.drain(v.Account, channel)
	}
	return c, err
}

// movement is who joins and who leaves a channel.
type movement struct {
	joining, leaving []*model.Agent
	before, after    []model.ID
}

// lockMembers takes the locks in the order of all transactions, and then finds out who joins and who leaves.
func lockMembers(ctx context.Context, s *db.Store, account int64, channel model.ID, named []model.ID, want func([]model.ID) []model.ID) (m movement, err error) {
	members, err := s.MembersOf(ctx, account, channel)
	if err != nil {
		return m, err
	}
	leaving := without(members, want(slices.Clone(members)))
	if err := s.LockForRights(ctx, account, leaving, []model.ID{channel}); err != nil {
		return m, err
	}
	if members, err = s.MembersOf(ctx, account, channel); err != nil { // nobody changes them from here on
		return m, err
	}
	wanted := want(slices.Clone(members))
	m.before, m.after = members, wanted
	agents, err := s.LockAgents(ctx, account, unique(append(without(members, wanted), named...)))
	if err != nil {
		return m, err
	}
	found := make(map[model.ID]bool, len(agents))
	for _, a := range agents {
		found[a.ID] = true
		is, will := slices.Contains(members, a.ID), slices.Contains(wanted, a.ID)
		switch {
		case will && !is && a.DisabledAt != nil:
			return m, model.Refuse(model.Unavailable, a.Name+" is disabled. Enable them first.", "agentIds")
		case will && !is:
			m.joining = append(m.joining, a)
		case is && !will:
			m.leaving = append(m.leaving, a)
		}
	}
	for _, id := range named {
		if !found[id] {
			return m, model.Refuse(model.NotFound, "There is no such agent.", "agentIds")
		}
	}
	return m, nil
}

func (d *Desk) applyMembers(ctx context.Context, s *db.Store, v *model.Viewer, channel model.ID, m movement) error {
	if len(m.joining)+len(m.leaving) == 0 {
		return nil
	}
	here := []model.ID{channel}
	if err := s.AddMembers(ctx, v.Account, channel, idsOf(m.joining)); err != nil {
		return err
	}
	if err := s.RemoveMembers(ctx, v.Account, channel, idsOf(m.leaving)); err != nil {
		return err
	}
	if err := tellMoved(ctx, s, v.Account, m.joining, model.ConversationAdded, here); err != nil {
		return err
	}
	if err := tellMoved(ctx, s, v.Account, m.leaving, model.ConversationRemoved, here); err != nil {
		return err
	}
	if err := d.leave(ctx, s, v, idsOf(m.leaving), here); err != nil {
		return err
	}
	if err := d.audit(ctx, s, v, ofChannel(model.AuditMembersChanged, channel), shown{"agentIds": m.before}, shown{"agentIds": m.after}); err != nil {
		return err
	}
	return s.Tell(ctx, v.Account, model.Event{Kind: model.ChannelChanged, ChannelID: channel})
}

// tellMoved tells those agents for whom membership decides what they see.
func tellMoved(ctx context.Context, s *db.Store, account int64, agents []*model.Agent, kind model.EventKind, channels []model.ID) error {
	for _, a := range agents {
		if seesAll(a.Role) {
			continue
		}
		if err := s.TellRights(ctx, account, a.ID, kind, channels); err != nil {
			return err
		}
	}
	return nil
}

// without returns the ids that are not among the others.
func without(ids, others []model.ID) []model.ID {
	return slices.DeleteFunc(slices.Clone(ids), func(id model.ID) bool { return slices.Contains(others, id) })
}

func idsOf(agents []*model.Agent) []model.ID {
	ids := make([]model.ID, len(agents))
	for i, a := range agents {
		ids[i] = a.ID
	}
	return ids
}
