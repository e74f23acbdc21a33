package graph_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// story sends the contract's documents and remembers which.
type story struct {
	*api
	documents map[string]string
	sent      map[string]bool
}

// ask sends the named document; it must come through without errors and refusals.
func (s *story) ask(token, name string, variables vars) vars {
	s.t.Helper()
	s.sent[name] = true
	return s.do(token, s.documents[name], variables)
}

// refused sends the named document and returns the first refusal with the payload.
func (s *story) refused(token, name string, variables vars) (payload vars, code string) {
	s.t.Helper()
	got := s.send(token, s.documents[name], variables)
	for _, field := range got.Data {
		payload, _ = field.(vars)
	}
	if len(got.Errors) > 0 || len(list(payload["userErrors"])) == 0 {
		s.t.Fatalf("%s with %v was not refused: %s", name, variables, got.raw)
	}
	return payload, got.code()
}

// want fails unless the value at the path is that.
func (s *story) want(got any, want any, path ...any) {
	s.t.Helper()
	if value := at(got, path...); value != want {
		s.t.Errorf("%v is %#v, want %#v, in %v", path, value, want, got)
	}
}

// Every document of the contract, in the order in which a new desk needs them.
func TestContractWorks(t *testing.T) {
	t.Parallel()
	newStory(t).tell()
}

// A binary goes on while the next release has already given every table a column more.
func TestContractWorksOnTheNextSchema(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.exec(`DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT LIKE 'river%' LOOP
			EXECUTE format('ALTER TABLE %s ADD COLUMN of_the_next_release int', r.name);
		END LOOP;
	END $$`)
	s.tell()
}

func newStory(t *testing.T) *story {
	return &story{api: newAPI(t), documents: contract(t), sent: map[string]bool{}}
}

func (s *story) tell() {
	s.t.Helper()
	hana, hanaToken := s.people()
	channel := s.channels(hana)
	s.automation(channel)
	conversation := s.customer(s.account(), channel, "+447700900101", "Ana Lima", "Where is my parcel?")
	events := s.listen(hanaToken, "Events", "events", nil)
	added := s.listen(hanaToken, "ConversationMessages", "messageAdded", vars{"conversationId": conversation})
	s.answers(hana, hanaToken, channel, conversation)
	s.contacts(hanaToken, conversation)
	s.streams(conversation, events, added)
	s.routing(hana, hanaToken, channel)
	s.surveys(hanaToken, channel)
	s.reports(hana, channel)
	s.ask(hanaToken, "SignOut", nil)
	s.want(s.send(hanaToken, s.documents["Viewer"], nil).code(), "UNAUTHENTICATED")
	if missing := slices.DeleteFunc(slices.Collect(maps.Keys(s.documents)), func(name string) bool { return s.sent[name] }); len(missing) > 0 {
		s.t.Errorf("nobody sent %q", missing)
	}
}

func (s *story) people() (hana, hanaToken string) {
	got := s.ask("", "SignIn", vars{"input": vars{"email": "ADMIN@example.com", "password": password}})
	admin := got["token"].(string)
	s.want(got, "ADMIN", "viewer", "role")
	_, code := s.refused("", "SignIn", vars{"input": vars{"email": adminEmail, "password": "wrong"}})
	s.want(code, "WRONG_CREDENTIALS")
	s.want(s.ask(admin, "Viewer", nil), adminEmail, "email")

	got = s.ask(admin, "CreateAgent", vars{"input": vars{"name": "Hana", "email": "hana@example.com", "role": "AGENT", "maxLoad": 3}})
	hana = at(got, "agent", "id").(string)
	link := at(got, "invitation", "url").(string)
	got = s.ask("", "SetPassword", vars{"input": vars{"token": link[len("https://desk.example.com/password/"):], "password": password}})
	hanaToken = got["token"].(string)
	s.want(got, hana, "viewer", "id")
	s.want(s.ask(hanaToken, "SetAvailability", vars{"input": vars{"availability": "ONLINE"}}), "ONLINE", "agent", "availability")
	s.want(s.ask(admin, "UpdateAgent", vars{"input": vars{"agentId": hana, "name": "Hana Sato"}}), "Hana Sato", "agent", "name")
	s.want(s.ask(hanaToken, "Agents", vars{"first": 1}), "Admin", "nodes", 0, "name")
	team := s.ask(admin, "CreateTeam", vars{"input": vars{"name": "Parcels", "agentIds": []string{hana}}})
	s.want(team, hana, "team", "agents", 0, "id")
	return hana, hanaToken
}

func (s *story) channels(hana string) string {
	credentials := vars{"twilioWhatsapp": vars{"accountSid": twiliotest.AccountSid, "authToken": twiliotest.AuthToken, "sender": vars{"phoneNumber": "+15550100100"}}}
	got := s.ask(s.admin, "CreateChannel", vars{"input": vars{"name": "Front", "credentials": credentials}})
	channel := at(got, "channel", "id").(string)
	s.want(got, "ACTIVE", "channel", "state")
	url := at(got, "channel", "webhookUrl")
	s.want(s.ask(s.admin, "Channels", vars{"first": 10}), url, "nodes", 0, "webhookUrl")
	s.want(s.ask(s.admin, "UpdateChannel", vars{"input": vars{"channelId": channel, "name": "Front desk", "credentials": credentials}}), "Front desk", "channel", "name")
	if at(s.ask(s.admin, "RotateWebhookUrl", vars{"input": vars{"channelId": channel}}), "channel", "webhookUrl") == url {
		s.t.Error("the webhook URL did not change")
	}
	members := vars{"input": vars{"channelId": channel, "agentIds": []string{hana}}}
	s.want(s.ask(s.admin, "AddChannelAgents", members), hana, "channel", "agents", 0, "id")
	s.want(s.ask(s.admin, "RemoveChannelAgents", members), nil, "channel", "agents", 0)
	s.want(s.ask(s.admin, "SetChannelAgents", members), hana, "channel", "agents", 0, "id")
	s.want(s.ask(s.admin, "UpdateAssignment", vars{"input": vars{"channelId": channel, "mode": "MANUAL", "reopenPolicy": "REOPEN_WITHIN", "reopenWithinHours": 48}}), 48.0, "channel", "assignment", "reopenWithinHours")
	bad := vars{"twilioWhatsapp": vars{"accountSid": twiliotest.AccountSid, "authToken": "00000000000000000000000000000000", "sender": vars{"phoneNumber": "+15550100100"}}}
	payload, code := s.refused(s.admin, "UpdateChannel", vars{"input": vars{"channelId": channel, "credentials": bad}})
	s.want(code, "PROVIDER_REFUSED")
	s.want(payload, "Front desk", "channel", "name")
	return channel
}

func (s *story) answers(hana, token, channel, conversation string) {
	got := s.ask(token, "Conversations", vars{"first": 10, "order": "WAITING", "filter": vars{"statuses": []string{"OPEN"}, "channelIds": []string{channel}, "assignee": vars{"unassigned": true}}})
	row := at(got, "nodes", 0)
	s.want(row, conversation, "id")
	s.want(row, "Ana Lima", "contact", "name")
	s.want(row, "Where is my parcel?", "lastMessage", "text")
	s.want(row, nil, "assignee")
	s.want(row, 1.0, "unreadCount")

	got = s.ask(token, "AssignConversation", vars{"input": vars{"conversationId": conversation, "to": vars{"agentId": hana}, "version": at(row, "version")}})
	s.want(got, hana, "conversation", "assignee", "id")
	payload, code := s.refused(token, "AssignConversation", vars{"input": vars{"conversationId": conversation, "to": vars{"unassigned": true}, "version": at(row, "version")}})
	s.want(code, "CONFLICT")
	s.want(payload, hana, "conversation", "assignee", "id")

	got = s.ask(token, "SendMessage", vars{"input": vars{"conversationId": conversation, "clientKey": "k1", "text": "On its way."}})
	message := at(got, "message", "id")
	s.want(got, "QUEUED", "message", "delivery", "status")
	s.want(got, hana, "message", "sender", "id")
	s.want(got, 0.0, "conversation", "unreadCount")
	s.want(s.ask(token, "SendMessage", vars{"input": vars{"conversationId": conversation, "clientKey": "k1", "text": "On its way."}}), message, "message", "id")
	s.sent["RetryMessage"] = true
	payload, code = s.refused(token, "RetryMessage", vars{"input": vars{"messageId": message}})
	s.want(code, "NOT_RETRYABLE")
	s.want(payload, message, "message", "id")
	s.want(s.ask(token, "AddNote", vars{"input": vars{"conversationId": conversation, "text": "He has moved.", "clientKey": "k2"}}), "INTERNAL", "message", "direction")

	got = s.ask(token, "Conversation", vars{"id": conversation, "last": 2})
	s.want(got, true, "replyWindow", "open")
	s.want(got, "k1", "messages", "nodes", 0, "clientKey")
	s.want(got, "NOTE", "messages", "nodes", 1, "kind")
	s.want(got, true, "messages", "pageInfo", "hasPreviousPage")
	got = s.ask(token, "Conversation", vars{"id": conversation, "last": 2, "before": at(got, "messages", "pageInfo", "startCursor")})
	s.want(got, "Ana Lima", "messages", "nodes", 0, "sender", "name")
	got = s.ask(token, "MessagesSince", vars{"id": conversation, "first": 10, "after": at(got, "messages", "pageInfo", "endCursor")})
	s.want(got, "k1", "messages", "nodes", 0, "clientKey")
	s.want(got, "k2", "messages", "nodes", 1, "clientKey")
	s.moves(token, conversation)
}

func (s *story) moves(token, conversation string) {
	wake := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	s.want(s.ask(token, "SetConversationStatus", vars{"input": vars{"conversationId": conversation, "status": "SNOOZED", "snoozeUntil": wake}}), wake, "conversation", "snoozedUntil")
	s.want(s.ask(token, "UpdateConversation", vars{"input": vars{"conversationId": conversation, "priority": "URGENT"}}), "URGENT", "conversation", "priority")
	s.want(s.ask(token, "MarkRead", vars{"input": vars{"conversationId": conversation}}), 0.0, "conversation", "unreadCount")
	payload, code := s.refused(token, "SetConversationStatus", vars{"input": vars{"conversationId": conversation, "status": "CLOSED"}})
	s.want(code, "ILLEGAL_TRANSITION")
	s.want(payload, "SNOOZED", "conversation", "status")
}

func (s *story) contacts(token, conversation string) {
	for _, filter := range []vars{{"text": "lim"}, {"text": "ana LIMA"}, {"text": "+44 7700 900"}, {"address": "whatsapp:+447700900101"}, {"address": "447700900101"}} {
		got := s.ask(token, "Contacts", vars{"first": 10, "filter": filter})
		s.want(got, "+447700900101", "nodes", 0, "phoneNumber")
		s.want(got, conversation, "nodes", 0, "conversations", "nodes", 0, "id")
	}
	for _, filter := range []vars{{"text": "ima"}, {"address": "+4477009001"}, {"text": "!"}} {
		s.want(s.ask(token, "Contacts", vars{"first": 10, "filter": filter}), nil, "nodes", 0)
	}
}

// streams looks at what was told; objects in events are as they are when they are sent, so only what does not change is
// looked at.
func (s *story) streams(conversation string, events, added *stream) {
	s.want(events.nextOf("ConversationChanged"), conversation, "conversation", "id")
	s.want(events.nextOf("MessageAdded"), "k1", "message", "clientKey")
	s.want(events.nextOf("MessageAdded"), "NOTE", "message", "kind")
	s.want(events.nextOf("ConversationChanged"), "Ana Lima", "conversation", "contact", "name")
	s.want(added.next(), "k1", "messageAdded", "message", "clientKey")
	s.want(added.next(), "k2", "messageAdded", "message", "clientKey")
}

func (s *story) routing(hana, token, channel string) {
	s.ask(s.admin, "UpdateAssignment", vars{"input": vars{"channelId": channel, "mode": "CONCURRENT_LOAD"}})
	s.exec(`UPDATE agents SET connected = true WHERE id = $1`, hana)
	conversation := s.customer(s.account(), channel, "+447700900199", "Ben", "Hello")
	s.desk.EndReceiving()
	got := s.ask(token, "ConversationRouting", vars{"id": conversation})
	s.want(got, "ASSIGNED", "routingDecisions", "nodes", 0, "outcome")
	s.want(got, "ONLY_ONE", "routingDecisions", "nodes", 0, "reason")
	s.want(got, hana, "routingDecisions", "nodes", 0, "assignee", "id")
	got = s.ask(token, "ExplainRouting", vars{"conversationId": conversation})
	s.want(got, "Only Hana Sato can take it now.", "sentence")
	s.want(got, "CHOSEN", "candidates", 0, "reason")
	s.want(got, true, "candidates", 0, "chosen")
}

func (s *story) surveys(token, channel string) {
	got := s.ask(s.admin, "UpdateCsat", vars{"input": vars{"channelId": channel, "enabled": true, "question": "Did we help?", "expiresAfterHours": 48}})
	s.want(got, "Did we help?", "channel", "csat", "question")
	s.want(got, 48.0, "channel", "csat", "expiresAfterHours")
	conversation := s.customer(s.account(), channel, "+447700900198", "Cleo", "Hello")
	s.ask(token, "SetConversationStatus", vars{"input": vars{"conversationId": conversation, "status": "RESOLVED"}})
	got = s.ask(token, "ConversationSurveys", vars{"id": conversation})
	survey := at(got, "surveys", "nodes", 0)
	s.want(survey, nil, "score")
	if at(survey, "sentAt") == nil {
		s.t.Errorf("not sent: %v", got)
	}
	s.ask(s.admin, "UpdateCsat", vars{"input": vars{"channelId": channel, "enabled": false}})
}

func (s *story) reports(hana, channel string) {
	now := time.Now()
	about := vars{"bucket": "DAY", "filter": vars{"from": now.Add(-time.Hour).Format(time.RFC3339), "to": now.Add(time.Hour).Format(time.RFC3339), "timeZone": "Europe/Berlin"}}
	got := s.ask(s.admin, "ConversationReport", about)
	for figure, want := range map[string]float64{"opened": 3, "resolved": 1, "reopened": 0, "resolvedByAi": 0, "handedOver": 0, "messagesReceived": 3, "messagesSent": 1} {
		s.want(got, want, figure)
	}
	s.want(got, 1.0, "firstResponse", "count")
	s.want(got, 1.0, "assignmentToFirstResponse", "count")
	s.want(got, 1.0, "resolution", "count")
	s.want(got, at(got, "reply", "wall", "median"), "firstResponse", "wall", "p90")
	s.want(got, hana, "byAgent", 0, "agent", "id")
	s.want(got, 1.0, "byAgent", 0, "messagesSent")
	s.want(got, channel, "byChannel", 0, "channel", "id")
	if len(list(at(got, "conversations", "nodes"))) != 3 || len(list(at(got, "series"))) < 1 {
		s.t.Errorf("report %v", got)
	}
	got = s.ask(s.admin, "CsatReport", about)
	s.want(got, 1.0, "sent")
	s.want(got, 0.0, "responseRate")
	s.want(got, nil, "satisfaction")
	s.want(got, hana, "byAgent", 0, "agent", "id")
	s.want(got, hana, "surveys", "nodes", 0, "creditedTo", "id")
}
