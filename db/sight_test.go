package db_test

import (
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// sees lists what the viewer finds of the one conversation and what belongs to it, by every way of reading.
func (d *desk) sees(v *model.Viewer, r db.Arrived) map[string]int {
	d.t.Helper()
	ctx, seen := d.t.Context(), map[string]int{}
	size := 10
	ten := model.Page{First: &size}
	var contact model.ID
	d.one((*string)(&contact), `SELECT contact_id::text FROM conversations`)
	note := func(name string, n int, err error) {
		if err != nil {
			d.t.Fatalf("%s: %v", name, err)
		}
		seen[name] = n
	}
	for name, f := range map[string]db.ConversationFilter{"all": {}, "on the channel": {Channels: []model.ID{d.channel}}, "waiting": {Waiting: true}, "of the contact": {Contacts: []model.ID{contact}}} {
		page, err := d.Conversations(ctx, v, f, ten)
		note(name, found(page), err)
	}
	of, err := d.ConversationsOf(ctx, v, []model.ID{contact}, ten)
	note("conversations of contacts", found(of[contact]), err)
	conversations, err := d.SeeConversations(ctx, v, []model.ID{r.Conversation})
	note("conversations", len(conversations), err)
	messages, err := d.SeeMessages(ctx, v, []model.ID{r.Message})
	note("messages", len(messages), err)
	contacts, err := d.SeeContacts(ctx, v, []model.ID{contact})
	note("contacts", len(contacts), err)
	contactPage, err := d.Contacts(ctx, v, db.ContactFilter{}, ten)
	note("page of contacts", found(contactPage), err)
	channels, err := d.SeeChannels(ctx, v, []model.ID{d.channel})
	note("channels", len(channels), err)
	channelPage, err := d.ChannelPage(ctx, v, ten)
	note("page of channels", found(channelPage), err)
	return seen
}

func found[T any](page *model.Slice[T]) int {
	if page == nil {
		return 0
	}
	return len(page.Nodes)
}

// Where a viewer's channels were read they decide what is read, and nobody's membership does. What is changed goes by
// the membership of the moment.
func TestChannelsThatWereReadDecideWhatIsSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	arrived := d.says("SM1", "hello", "+819000000001")
	member, stranger := d.agent("hana@example.com"), d.agent("ken@example.com")
	d.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id) VALUES ($1, $2, $3)`, d.account, d.channel, member)
	here := []model.ID{d.channel}
	for name, try := range map[string]struct {
		agent    model.ID
		role     model.Role
		channels []model.ID
		sees     int
		changes  bool
	}{
		"member":                       {member, model.AgentRole, nil, 1, true},
		"stranger":                     {stranger, model.AgentRole, nil, 0, false},
		"admin":                        {stranger, model.Admin, nil, 1, true},
		"was no member":                {member, model.AgentRole, []model.ID{}, 0, true},
		"was a member":                 {stranger, model.AgentRole, here, 1, false},
		"admin's channels are no rule": {stranger, model.Admin, []model.ID{}, 1, true},
		"nobody":                       {"", model.AgentRole, nil, 0, false},
	} {
		v := &model.Viewer{Account: d.account, Agent: try.agent, Role: try.role, Channels: try.channels}
		for what, n := range d.sees(v, arrived) {
			if n != try.sees {
				t.Errorf("%s: %s: %d, want %d", name, what, n, try.sees)
			}
		}
		_, err := d.LockConversation(t.Context(), v, arrived.Conversation)
		_, talk := d.LockTalk(t.Context(), v, arrived.Conversation, "")
		if (err == nil) != try.changes || (talk == nil) != try.changes {
			t.Errorf("%s: may change %t, but got %v and %v", name, try.changes, err, talk)
		}
	}
}
