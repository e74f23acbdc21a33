package db_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
)

// desk is a database with one account and one WhatsApp channel.
type desk struct {
	*db.DB
	t       testing.TB
	account int64
	channel model.ID
	in      *db.Intake
}

func newDesk(t testing.TB, policy model.ReopenPolicy) *desk {
	t.Helper()
	d := &desk{DB: dbtest.New(t), t: t, channel: model.NewID(model.KindChannel)}
	d.in = db.NewIntake(d.DB, time.Now, func(int64) {}, nil)
	d.one(&d.account, `INSERT INTO accounts (name) VALUES ('Test') RETURNING id`)
	d.exec(`INSERT INTO account_feed (account_id) VALUES ($1)`, d.account)
	d.exec(`INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret, reopen_policy)
		VALUES ($1, $2, 'Test', 'WHATSAPP', 'TWILIO', 'AC', '+15550001111', 'k1:x', $3)`, d.account, d.channel, policy)
	return d
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.Pool().Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) one(into any, sql string, args ...any) {
	d.t.Helper()
	if err := d.Pool().QueryRow(d.t.Context(), sql, args...).Scan(into); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

func (d *desk) count(want int, sql string, args ...any) {
	d.t.Helper()
	var n int
	d.one(&n, `SELECT count(*) FROM `+sql, args...)
	if n != want {
		d.t.Errorf("%d %s, want %d", n, sql, want)
	}
}

func (d *desk) arrival(external, text string, addresses ...string) db.Arrival {
	return db.Arrival{Channel: d.channel, Kind: model.WhatsApp, Incoming: model.Incoming{
		ExternalID: external, Addresses: addresses, Kind: model.TextMessage, Text: text, Raw: []byte(`{"Body":"raw"}`)}}
}

func (d *desk) says(external, text string, addresses ...string) db.Arrived {
	d.t.Helper()
	r, err := d.in.Store(d.t.Context(), d.account, d.arrival(external, text, addresses...))
	if err != nil {
		d.t.Fatal(err)
	}
	return r[0]
}

func TestFirstMessagesAtOnceMakeOneConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	other := db.NewIntake(d.DB, time.Now, func(int64) {}, nil) // a second process
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			in := []*db.Intake{d.in, other}[i%2]
			if _, err := in.Store(t.Context(), d.account, d.arrival(fmt.Sprintf("SM%d", i/4), "hello", "+819000000001")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d.count(1, "contacts")
	d.count(1, "conversations WHERE last_seq = 10 AND unread_count = 10 AND status = 'OPEN'")
	d.count(10, "messages")
	d.count(10, "webhook_requests")
	d.count(10, "event_outbox WHERE kind = 'MESSAGE_ADDED'")
	d.count(1, "event_outbox WHERE kind = 'CONVERSATION_ADDED'")
	d.count(1, "conversation_changes WHERE reason = 'CUSTOMER_WROTE'")
}

func TestDuplicateIsStoredOnceForEver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	first := d.says("SM1", "hello", "+819000000001")
	if !first.Began || first.Seq != 1 {
		t.Fatalf("first message: %+v", first)
	}
	d.exec(`UPDATE conversations SET status = 'RESOLVED', resolved_at = now()`)
	if again := d.says("SM1", "hello", "+819000000001"); again.Message != "" {
		t.Fatalf("the duplicate was stored as %+v", again)
	}
	d.count(1, "messages")
	d.count(1, "conversations")
}

func TestOneBadMessageSpoilsNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			a := d.arrival(fmt.Sprintf("SM%d", i), "hello", fmt.Sprintf("+8190000000%02d", i))
			if i == 25 {
				a.Incoming.Text = "a provider cleans this away: \x00"
			}
			_, err := d.in.Store(t.Context(), d.account, a)
			if bad := model.CodeOf(err) == model.Invalid; bad != (i == 25) {
				t.Errorf("message %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	d.count(49, "messages")
}

// What may be mended is not the message's fault: the provider must try again.
func TestAFaultOfTheDatabaseIsNotBlamedOnTheMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	for name, broken := range map[string][2]string{
		"no partition of the day": {`ALTER TABLE webhook_requests RENAME TO away`, `ALTER TABLE away RENAME TO webhook_requests`},
		"a function is missing":   {`ALTER FUNCTION intake(bigint, timestamptz, jsonb, boolean) RENAME TO away`, `ALTER FUNCTION away(bigint, timestamptz, jsonb, boolean) RENAME TO intake`},
	} {
		d.exec(broken[0])
		_, err := d.in.Store(t.Context(), d.account, d.arrival("SM1", "hello", "+819000000001"))
		if err == nil || model.CodeOf(err) != "" {
			t.Errorf("%s: %v", name, err)
		}
		d.exec(broken[1])
	}
	d.says("SM1", "hello", "+819000000001")
	d.count(1, "messages")
}

func TestReopenPolicies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy  model.ReopenPolicy
		ended   string
		reopens bool
	}{
		{model.AlwaysNew, "1 minute", false},
		{model.AlwaysReopen, "300 days", true},
		{model.ReopenWithin, "23 hours", true},
		{model.ReopenWithin, "25 hours", false},
	} {
		t.Run(fmt.Sprint(c.policy, c.ended), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.policy)
			agent := d.agent("hana@example.org")
			d.says("SM1", "hello", "+819000000001")
			d.exec(`UPDATE conversations SET agent_id = $1`, agent)
			d.count(1, "agents WHERE open_count = 1")
			d.exec(`UPDATE conversations SET status = 'CLOSED', resolved_at = now() - $1::interval, closed_at = now()`, c.ended)
			d.count(1, "agents WHERE open_count = 0")
			second := d.says("SM2", "me again", "+819000000001")
			if second.Began == c.reopens {
				t.Errorf("began %v", second.Began)
			}
			d.count(map[bool]int{true: 1, false: 2}[c.reopens], "conversations")
			d.count(map[bool]int{true: 1, false: 0}[c.reopens], "conversations WHERE former_agent_id = $1 AND agent_id IS NULL AND status = 'OPEN' AND epoch = 2", agent)
		})
	}
}

func (d *desk) agent(email string) model.ID {
	d.t.Helper()
	id := model.NewID(model.KindAgent)
	d.exec(`INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, $3, $3, 'AGENT', 5)`, d.account, id, email)
	return id
}

func TestCustomerWakesASnoozedConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	d.says("SM1", "hello", "+819000000001")
	d.exec(`UPDATE conversations SET agent_id = $1, status = 'SNOOZED', snoozed_until = now() + interval '1 day'`, d.agent("hana@example.org"))
	d.says("SM2", "are you there?", "+819000000001")
	d.count(1, "conversations WHERE status = 'OPEN' AND version = 2 AND snoozed_until IS NULL AND agent_id IS NOT NULL")
	d.count(1, "agents WHERE open_count = 1")
	d.count(1, "event_outbox WHERE kind = 'CONVERSATION_CHANGED'")
}

func TestNumberAndUserNameBecomeOneContact(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	first := d.says("SM1", "by number", "+819000000001")
	d.says("SM2", "by user name", "JP.123456")
	d.count(2, "contacts")
	d.count(2, "conversations WHERE status = 'OPEN'")
	both := d.says("SM3", "by both", "+819000000001", "JP.123456")
	d.count(1, "contacts WHERE phone_number = '+819000000001'")
	d.count(2, "identities")
	d.count(2, "event_outbox WHERE kind = 'CONVERSATION_CHANGED'") // the younger one closed, and then it moved
	d.count(1, "conversations WHERE status = 'CLOSED' AND closed_reason = 'MERGED'")
	if both.Conversation != first.Conversation || both.Seq != 2 {
		t.Errorf("the message went to %+v, not to the older conversation %s", both, first.Conversation)
	}
	if later := d.says("SM4", "by user name", "JP.123456"); later.Conversation != first.Conversation {
		t.Errorf("the user name still leads to %s", later.Conversation)
	}
	d.count(1, "contacts")
}

func TestBlockedContactStartsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysReopen)
	d.says("SM1", "hello", "+819000000001")
	d.exec(`UPDATE contacts SET blocked_at = now()`)
	d.exec(`UPDATE conversations SET status = 'RESOLVED', resolved_at = now(), unread_count = 0, waiting_since = NULL`)
	d.says("SM2", "spam", "+819000000001")
	d.count(1, "conversations WHERE status = 'RESOLVED' AND unread_count = 0 AND waiting_since IS NULL AND last_seq = 2")
	d.count(1, "messages WHERE blocked AND text = 'spam'")
}

func TestMediaBecomesAttachmentsWithAJobEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	a := d.arrival("MM1", "", "+819000000001")
	a.Incoming.Kind = model.MediaMessage
	for i := range 10 {
		a.Incoming.Media = append(a.Incoming.Media, model.IncomingMedia{URL: fmt.Sprintf("https://example.org/%d", i), ContentType: "image/png"})
	}
	if _, err := d.in.Store(t.Context(), d.account, a); err != nil {
		t.Fatal(err)
	}
	d.count(10, "attachments WHERE state = 'PENDING'")
	d.count(10, "river_job WHERE kind = 'fetch_media' AND queue = 'media'")
}

// Each Wait waits, and not only the first one.
func TestIntakeWaitsAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	tell := make(chan struct{}, 2)
	in := db.NewIntake(d.DB, time.Now, func(int64) { <-tell }, nil)
	for i := range 2 {
		if _, err := in.Store(t.Context(), d.account, d.arrival(fmt.Sprint("SM", i), "hello", "+4915100")); err != nil {
			t.Fatal(err)
		}
		var told atomic.Bool
		time.AfterFunc(20*time.Millisecond, func() { told.Store(true); tell <- struct{}{} })
		if in.Wait(); !told.Load() {
			t.Errorf("Wait %d returned before message %d was told of", i+1, i+1)
		}
	}
}
