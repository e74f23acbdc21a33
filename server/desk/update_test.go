package desk_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestUpdatePriorityAndLabels(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	vip, err := l.CreateLabel(l.asAdmin(), "VIP", "#ff0000")
	if err != nil {
		t.Fatal(err)
	}
	c := l.conversation(l.channel, model.Open, "")
	l.events()
	urgent, odd := model.Urgent, model.Priority("ODD")
	version := 1
	update := func(change desk.ConversationChange) (*model.Conversation, error) {
		change.Conversation, change.Version = c, &version
		now, err := l.UpdateConversation(l.asHana(), change)
		if now != nil {
			version = now.Version
		}
		return now, err
	}
	if now, err := update(desk.ConversationChange{Priority: &urgent, AddLabels: []model.ID{vip.ID, vip.ID}}); err != nil || now.Priority != model.Urgent || now.Version != 2 {
		t.Errorf("%+v, %v", now, err)
	}
	l.wantKinds(model.ConversationChanged)
	l.count(1, `conversation_labels WHERE conversation_id = $1`, c)
	for _, idle := range []desk.ConversationChange{{}, {Priority: &urgent}, {AddLabels: []model.ID{vip.ID}}, {RemoveLabels: []model.ID{model.NewID(model.KindLabel)}}} {
		if now, err := update(idle); err != nil || now.Version != 2 {
			t.Errorf("nothing changed: %+v, %v", now, err)
		}
	}
	for path, bad := range map[string]desk.ConversationChange{"priority": {Priority: &odd}, "removeLabelIds": {AddLabels: []model.ID{vip.ID}, RemoveLabels: []model.ID{vip.ID}}} {
		_, err := update(bad)
		wantCode(t, err, model.Invalid, path)
	}
	_, err = update(desk.ConversationChange{AddLabels: []model.ID{model.NewID(model.KindLabel)}})
	wantCode(t, err, model.NotFound, "addLabelIds")
	l.wantKinds()
	stale := 1
	_, err = l.UpdateConversation(l.asHana(), desk.ConversationChange{Conversation: c, RemoveLabels: []model.ID{vip.ID}, Version: &stale})
	wantCode(t, err, model.Conflict, "version")
	if now, err := update(desk.ConversationChange{RemoveLabels: []model.ID{vip.ID}}); err != nil || now.Version != 3 {
		t.Errorf("%+v, %v", now, err)
	}
	l.count(0, `conversation_labels`)
}

func TestOnlyTheOwnerClearsUnread(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "one")
	_, two := l.writes("+4915100", "two")
	_, three := l.writes("+4915100", "three")
	_, foreign := l.writes("+4915200", "else")
	unread := func() int { return l.conversationNow(c).UnreadCount }
	read := func(upTo model.ID) {
		t.Helper()
		now, err := l.MarkRead(l.asHana(), c, upTo)
		if err != nil || now.UnreadCount != unread() || now.Version != 1 {
			t.Errorf("%+v, %v", now, err)
		}
	}
	l.events()
	read(two)
	if unread() != 1 {
		t.Errorf("%d unread after the second of three", unread())
	}
	l.wantKinds(model.ConversationChanged)
	read(two) // nothing changes
	l.wantKinds()
	_, err := l.MarkRead(l.asHana(), c, foreign)
	wantCode(t, err, model.NotFound, "upToMessageId")
	l.exec(`UPDATE conversations SET agent_id = $1 WHERE id = $2`, l.admin, c)
	read("") // somebody else's
	if unread() != 1 {
		t.Error("who does not own it cleared it")
	}
	l.wantKinds()
	if now, err := l.MarkRead(l.asAdmin(), c, three); err != nil || now.UnreadCount != 0 {
		t.Errorf("%+v, %v", now, err)
	}
	l.writes("+4915100", "four")
	if unread() != 1 {
		t.Errorf("%d unread after another message", unread())
	}
}

func TestUpdateContact(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ken, otto := l.colleague("ken"), l.hire("otto", model.AgentRole)
	c, _ := l.writes("+4915100", "hello")
	l.replies(c, "hi")
	contact := l.conversationNow(c).ContactID
	l.events()
	name, none, yes, no := " Ann\x07 ", "", true, false
	got, err := l.UpdateContact(l.as(ken.ID, model.AgentRole), desk.ContactChange{Contact: contact, Name: &name})
	if err != nil || got.Name() != "Ann" {
		t.Errorf("%+v, %v", got, err)
	}
	l.wantKinds(model.ConversationChanged)
	if _, err := l.UpdateContact(l.asHana(), desk.ContactChange{Contact: contact, Name: &name, Blocked: &no}); err != nil {
		t.Error(err)
	}
	l.wantKinds()
	_, err = l.UpdateContact(l.as(ken.ID, model.AgentRole), desk.ContactChange{Contact: contact, Blocked: &yes})
	wantCode(t, err, model.Forbidden)
	_, err = l.UpdateContact(l.as(otto.ID, model.AgentRole), desk.ContactChange{Contact: contact, Name: &none})
	wantCode(t, err, model.NotFound, "contactId")
	if got, err = l.UpdateContact(l.asHana(), desk.ContactChange{Contact: contact, Blocked: &yes}); err != nil || got.BlockedAt == nil {
		t.Errorf("the owner may block: %+v, %v", got, err)
	}
	l.writes("+4915100", "buy this")
	if now := l.conversationNow(c); now.UnreadCount != 0 {
		t.Errorf("a blocked contact was heard: %+v", now)
	}
	if got, err = l.UpdateContact(l.asAdmin(), desk.ContactChange{Contact: contact, Blocked: &no, Name: &none}); err != nil || got.BlockedAt != nil || got.Name() != "+4915100" {
		t.Errorf("%+v, %v", got, err)
	}
}
