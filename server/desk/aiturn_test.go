package desk_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/desk"
)

// bot is a line on which an AI Agent answers.
type bot struct {
	*shift
	robin *model.AiAgent
}

func newBot(t *testing.T) *bot {
	t.Helper()
	b := &bot{shift: newShift(t, model.ConcurrentLoad)}
	b.robin = b.trains("Robin")
	b.puts(b.robin, true)
	return b
}

// asks is a customer's message, and what the desk does about it at once.
func (b *bot) asks(number, text string) *model.Conversation {
	b.t.Helper()
	id, _ := b.writes(number, text)
	b.EndReceiving()
	return b.conversationNow(id)
}

// due begins the turns that are due.
func (b *bot) due() []model.AiDuty {
	b.t.Helper()
	b.exec(`UPDATE ai_duties SET last_at = last_at - interval '1 s', first_at = first_at - interval '1 s'`)
	duties, _, err := b.ClaimAiTurns(b.t.Context(), 100, []int64{})
	if err != nil {
		b.t.Fatal(err)
	}
	return duties
}

// turn lets the AI Agent answer whatever it has to.
func (b *bot) turn() {
	b.t.Helper()
	for _, d := range b.due() {
		if err := b.AiTurn(b.t.Context(), d); err != nil {
			b.t.Error(err)
		}
	}
	b.EndReceiving()
}

func TestAnAiAgentAnswers(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.models.Say("opening hours", "We are open **every day**.")
	c := b.asks("+49151", "What are your opening hours?")
	b.answers(b.robin, c.ID)
	b.count(1, `ai_duties`)
	b.turn()
	b.wantTold(c.ID, "We are open *every day*.")
	b.count(0, `ai_duties`)
	c = b.conversationNow(c.ID)
	if c.Status != model.AiReplying || c.WaitingSince != nil || c.UnreadCount != 0 {
		t.Errorf("%+v", c)
	}
	b.count(1, `messages WHERE direction = 'OUTBOUND' AND kind = 'TEXT' AND ai_agent_id = $1 AND status = 'QUEUED' AND data #>> '{ai,model}' = $2 AND (data #>> '{ai,promptTokens}')::int > 0`, b.robin.ID, aitest.DefaultModel)
	b.count(1, `ai_turns WHERE outcome = 'ANSWERED' AND ai_version = 1 AND calls = 1 AND epoch = $1 AND up_to_seq = 1`, c.Epoch)
	b.count(1, `river_job WHERE kind = 'send_messages'`)
	b.models.Say("thanks", "You are welcome.")
	b.asks("+49151", "thanks")
	b.turn()
	b.wantTold(c.ID, "We are open *every day*.", "You are welcome.")
	if chat := b.models.Last().Chat; len(chat.Messages) != 4 || chat.Messages[2].Text() != "We are open *every day*." {
		t.Errorf("the model was told %+v", chat.Messages)
	}
	b.sound()
}

// Messages that come soon after one another are answered together, when the customer pauses.
func TestABurstGetsOneAnswer(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	slow := desk.New(b.options(b.courier, desk.AiPause))
	t.Cleanup(slow.EndReceiving)
	c := b.asks("+49151", "hello")
	b.asks("+49151", "I have a question")
	b.asks("+49151", "about my kettle")
	duties, next, err := slow.ClaimAiTurns(t.Context(), 10, []int64{})
	if err != nil || len(duties) != 0 || next <= 0 || next > desk.AiPause {
		t.Fatal(duties, next, err)
	}
	b.exec(`UPDATE ai_duties SET last_at = last_at - interval '1500 ms'`)
	if duties, _, err = slow.ClaimAiTurns(t.Context(), 10, []int64{}); err != nil || len(duties) != 1 {
		t.Fatal(duties, err)
	}
	b.models.Say("kettle", "What about it?")
	if err := slow.AiTurn(t.Context(), duties[0]); err != nil {
		t.Fatal(err)
	}
	b.wantTold(c.ID, "What about it?")
	b.count(1, `ai_turns WHERE up_to_seq = 3`)
	// Whoever never pauses is answered all the same.
	b.asks("+49151", "and")
	b.exec(`UPDATE ai_duties SET first_at = first_at - interval '6 s', last_at = now()`)
	if duties, _, err = slow.ClaimAiTurns(t.Context(), 10, []int64{}); err != nil || len(duties) != 1 {
		t.Fatal(duties, err)
	}
}

// What the customer writes while the model thinks is answered with the rest; who goes on and on is answered all the same,
// and then once more.
func TestTheCustomerOvertakesTheModel(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := b.asks("+49151", "message 0")
	for i := range 3 {
		for _, d := range b.due() {
			b.asks("+49151", fmt.Sprint("message ", i+1)) // the model has not begun to answer for the newer ones
			release := b.models.Hold()
			var done sync.WaitGroup
			done.Go(func() {
				if err := b.AiTurn(t.Context(), d); err != nil {
					t.Error(err)
				}
			})
			b.models.Until(t.Context(), func(c aitest.Counts) bool { return c.InFlight == 1 })
			b.asks("+49151", fmt.Sprint("meanwhile ", i))
			release()
			done.Wait()
		}
	}
	b.count(1, `messages WHERE direction = 'OUTBOUND'`)
	b.count(1, `ai_turns`)
	b.count(1, `ai_duties WHERE overtaken = 0 AND tries = 0 AND after_seq = 6`)
	if b.conversationNow(c.ID).WaitingSince == nil {
		t.Error("the customer still waits")
	}
	b.models.Say("meanwhile 2", "And that too.")
	b.turn()
	b.count(2, `messages WHERE direction = 'OUTBOUND'`)
	b.count(0, `ai_duties`)
	b.sound()
}

// After a person took over nothing of the AI Agent is said, whenever its model answers.
func TestAPersonTakesOver(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]func(*bot, model.ID) error{
		"replying": func(b *bot, id model.ID) error {
			_, _, err := b.Reply(b.asHana(), desk.Reply{Conversation: id, Text: "I am here"})
			return err
		},
		"taking": func(b *bot, id model.ID) error {
			_, err := b.Assign(b.asHana(), desk.Assign{Conversation: id, Agent: b.hana.ID})
			return err
		},
		"opening": func(b *bot, id model.ID) error {
			_, err := b.SetStatus(b.asHana(), desk.StatusChange{Conversation: id, Status: model.Open})
			return err
		},
		"resolving": func(b *bot, id model.ID) error {
			_, err := b.SetStatus(b.asHana(), desk.StatusChange{Conversation: id, Status: model.Resolved})
			return err
		},
		"giving it to it again": func(b *bot, id model.ID) error {
			if _, err := b.Assign(b.asHana(), desk.Assign{Conversation: id, Agent: b.hana.ID}); err != nil {
				return err
			}
			_, err := b.Assign(b.asHana(), desk.Assign{Conversation: id, AiAgent: b.robin.ID})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBot(t)
			c := b.asks("+49151", "hello")
			duties := b.due()
			release := b.models.Hold()
			var done sync.WaitGroup
			done.Go(func() {
				if err := b.AiTurn(t.Context(), duties[0]); err != nil {
					t.Error(err)
				}
			})
			b.models.Until(t.Context(), func(c aitest.Counts) bool { return c.InFlight == 1 })
			if err := takes(b, c.ID); err != nil {
				t.Fatal(err)
			}
			release()
			done.Wait()
			b.count(0, `messages WHERE ai_agent_id IS NOT NULL`)
			b.count(0, `ai_turns`)
			if name == "giving it to it again" {
				b.turn()
				b.count(1, `messages WHERE ai_agent_id IS NOT NULL`)
			}
			b.count(0, `ai_duties`)
			b.sound()
		})
	}
}

// A turn whose process died begins again when its lease is over. What the dead process comes to after all is thrown away.
func TestATurnIsEndedOnce(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := b.asks("+49151", "hello")
	first := b.due()
	if len(first) != 1 || len(b.due()) != 0 {
		t.Fatal("a turn under way began again")
	}
	b.exec(`UPDATE ai_duties SET lease_until = now()`)
	second := b.due()
	if len(second) != 1 || second[0].Tries != 2 {
		t.Fatal(second)
	}
	if ours, err := b.RenewAiTurns(t.Context(), append(first, second...)); err != nil || len(ours) != 1 || ours[0] != second[0].Fence {
		t.Error(ours, err)
	}
	for _, d := range append(second, first...) {
		if err := b.AiTurn(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	b.count(1, `messages WHERE direction = 'OUTBOUND'`)
	b.asks("+49151", "again")
	third := b.due()
	if err := b.AiTurn(t.Context(), first[0]); err != nil { // late, in a new duty of the same epoch
		t.Error(err)
	}
	b.count(1, `messages WHERE direction = 'OUTBOUND'`)
	if err := b.AiTurn(t.Context(), third[0]); err != nil {
		t.Error(err)
	}
	b.count(2, `messages WHERE direction = 'OUTBOUND'`)
	b.answers(b.robin, c.ID)
	b.sound()
}

// What kills its process again and again goes to people.
func TestAHopelessTurnIsHandedOver(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := b.asks("+49151", "hello")
	for range 5 {
		b.due()
		b.exec(`UPDATE ai_duties SET lease_until = now()`)
	}
	b.turn()
	b.wantGone(c.ID, model.HandOverError)
	b.sound()
}

func TestWhatFailsIsHandedOver(t *testing.T) {
	t.Parallel()
	empty := func(m *aitest.Server) { m.Reply("", aitest.Reply{}) }
	for name, c := range map[string]struct {
		breaks  func(*aitest.Server)
		reason  model.HandOverReason
		problem string
	}{
		"key":        {func(m *aitest.Server) { m.Fail(aitest.HTML(401)) }, model.HandOverCredentials, "CREDENTIALS"},
		"quota":      {func(m *aitest.Server) { m.Fail(aitest.NoQuota()) }, model.HandOverQuota, "QUOTA"},
		"server":     {func(m *aitest.Server) { m.Fail(aitest.Times(5, aitest.ServerError(500))...) }, model.HandOverError, "SERVER"},
		"rate":       {func(m *aitest.Server) { m.Fail(aitest.Times(5, aitest.RateLimit())...) }, model.HandOverError, "RATE_LIMITED"},
		"no JSON":    {func(m *aitest.Server) { m.Fail(aitest.HTML(200)) }, model.HandOverError, "BROKEN"},
		"model":      {func(m *aitest.Server) { m.Fail(aitest.Refuse(404, "x", "model", "model_not_found", "no")) }, model.HandOverError, "REFUSED"},
		"empty":      {empty, model.HandOverError, ""},
		"no choices": {func(m *aitest.Server) { m.Reply("", aitest.Reply{Nothing: true}) }, model.HandOverError, ""},
		"refusal":    {func(m *aitest.Server) { m.Reply("", aitest.Reply{Refusal: "I cannot."}) }, model.HandOverRefused, ""},
		"filter":     {func(m *aitest.Server) { m.Reply("", aitest.Reply{Text: "Ha", Finish: "content_filter"}) }, model.HandOverRefused, ""},
		"cut":        {func(m *aitest.Server) { m.Reply("", aitest.Reply{Text: "and then", Finish: "length"}) }, model.HandOverError, ""},
		"loop":       {func(m *aitest.Server) { m.Insist(model.AiOpen, "{}"); empty(m) }, model.HandOverError, ""},
		"no tool":    {func(m *aitest.Server) { m.Insist(model.AiSearch, "{"); empty(m) }, model.HandOverError, ""},
		"bad JSON":   {func(m *aitest.Server) { m.Call("", model.AiPass, `{"reason":`) }, model.HandOverAsked, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBot(t)
			ken := b.works("ken", 5)
			c.breaks(b.models)
			conversation := b.asks("+49151", "hello")
			b.turn()
			b.wantGone(conversation.ID, c.reason)
			b.owns(ken, conversation.ID)
			b.wantTold(conversation.ID, model.DefaultClosing)
			b.count(1, `ai_turns WHERE outcome = 'HANDED_OVER' AND hand_over = $1 AND message_id IS NULL`, c.reason)
			b.count(1, `channels WHERE coalesce(ai_problem, '') = $1`, c.problem)
			b.sound()
		})
	}
}

// A model that does not answer in time is not waited for.
func TestASlowModelIsHandedOver(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	if _, err := b.UpdateAiAgent(b.asAdmin(), desk.AiAgentChange{AiAgent: b.robin.ID, TimeoutSeconds: at(5)}); err != nil {
		t.Fatal(err)
	}
	c := b.asks("+49151", "hello")
	defer b.models.Hold()()
	began := time.Now()
	b.turn()
	if took := time.Since(began); took < 4*time.Second || took > 8*time.Second {
		t.Errorf("it was waited for %s", took)
	}
	b.wantGone(c.ID, model.HandOverTimeout)
	b.count(1, `channels WHERE ai_problem = 'TIMEOUT'`)
}

func TestAProblemIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.models.Fail(aitest.HTML(401))
	b.asks("+49151", "hello")
	b.turn()
	b.count(1, `channels WHERE ai_problem = 'CREDENTIALS'`)
	b.asks("+49152", "hello")
	b.turn()
	b.count(1, `channels WHERE ai_problem IS NULL`)
}

func TestTools(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	team := model.NewID(model.KindTeam)
	b.exec(`INSERT INTO teams (account_id, id, name) VALUES ($1, $2, 'Returns')`, b.account, team)
	b.exec(`INSERT INTO team_agents (account_id, team_id, agent_id) VALUES ($1, $2, $3)`, b.account, team, b.hana.ID)
	b.models.Call("person", model.AiPass, `{"reason":"ASKED_FOR_PERSON","summary":"Wants a human.","team":"returns"}`)
	c := b.asks("+49151", "a person please")
	b.turn()
	b.wantGone(c.ID, model.HandOverAsked)
	b.count(1, `conversations WHERE id = $1 AND team_id = $2`, c.ID, team)
	b.count(1, `messages WHERE kind = 'NOTE' AND text LIKE '%Wants a human.'`)

	b.models.Call("when", model.AiOpen, ``)
	b.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		return aitest.Reply{Text: "I was told: " + c.Last().Text()}, c.ResultOf() == model.AiOpen
	})
	c = b.asks("+49152", "when are you there")
	b.turn()
	b.wantTold(c.ID, "I was told: No business hours are set. Do not say when people are there.")

	// It resolves what it has answered, and nothing before.
	b.models.Call("all good", model.AiResolve, `{"message":"Goodbye!"}`)
	b.models.After(model.AiResolve, "Is that all?")
	c = b.asks("+49153", "all good")
	b.turn()
	b.wantTold(c.ID, "Is that all?")
	b.asks("+49153", "all good")
	b.turn()
	b.wantTold(c.ID, "Is that all?", "Goodbye!")
	b.count(1, `conversations WHERE id = $1 AND status = 'RESOLVED' AND waiting_since IS NULL`, c.ID)
	b.count(1, `conversation_changes WHERE conversation_id = $1 AND reason = 'RESOLVED_BY_AI' AND ai_agent_id = $2 AND actor_system = 'ai'`, c.ID, b.robin.ID)
	b.count(1, `ai_turns WHERE outcome = 'RESOLVED'`)
	b.sound()
}

func TestTooManyTurns(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	if _, err := b.UpdateAiAgent(b.asAdmin(), desk.AiAgentChange{AiAgent: b.robin.ID, MaxTurns: at(2)}); err != nil {
		t.Fatal(err)
	}
	b.models.Say("", "Yes.")
	c := b.asks("+49151", "one")
	for range 3 {
		b.turn()
		b.asks("+49151", "and")
	}
	b.wantTold(c.ID, "Yes.", "Yes.", model.DefaultClosing)
	b.wantGone(c.ID, model.HandOverTurns)
}

// sends is a customer's message of any kind.
func (b *bot) sends(number string, in model.Incoming) *model.Conversation {
	b.t.Helper()
	in.ExternalID, in.Addresses, in.At = string(model.NewID(model.KindRequest)), []string{number}, b.now()
	if err := b.Receive(b.t.Context(), b.channel, []model.Incoming{in}); err != nil {
		b.t.Fatal(err)
	}
	b.EndReceiving()
	var id model.ID
	b.one((*string)(&id), `SELECT conversation_id::text FROM messages WHERE external_id = $1`, in.ExternalID)
	return b.conversationNow(id)
}

func TestKindsOfMessages(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := b.sends("+49151", model.Incoming{Kind: model.MediaMessage, Media: []model.IncomingMedia{{URL: "https://x/1", ContentType: "image/jpeg"}}})
	b.turn()
	b.wantGone(c.ID, model.HandOverMedia)
	before := b.models.Counts().Requests

	c = b.sends("+49152", model.Incoming{Kind: model.MediaMessage, Text: "is this yours?", Media: []model.IncomingMedia{{URL: "https://x/2", ContentType: "image/jpeg"}}})
	b.turn()
	b.answers(b.robin, c.ID)
	if text := b.models.Last().Chat.Last().Text(); !strings.Contains(text, "is this yours?\n(a file that you cannot see)") {
		t.Errorf("the model was told %q", text)
	}
	c = b.sends("+49153", model.Incoming{Kind: model.LocationMessage, Data: &model.MessageData{Location: &model.Location{Latitude: 52.5, Longitude: 13.4, Name: "Alex"}}})
	b.turn()
	b.answers(b.robin, c.ID)
	if b.models.Counts().Requests != before+2 {
		t.Error("the model was not asked twice")
	}
	b.sends("+49153", model.Incoming{Kind: model.ReactionMessage, Text: "👍"})
	b.turn()
	if c = b.conversationNow(c.ID); c.WaitingSince != nil || c.UnreadCount != 0 || b.models.Counts().Requests != before+2 {
		t.Errorf("%+v after a reaction", c)
	}
	b.count(1, `ai_turns WHERE outcome = 'NOTHING'`)
	b.count(0, `ai_duties`)
}

// A turn that its process cannot end in time is given back, and begins elsewhere at once.
func TestAStoppedTurnBeginsElsewhere(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := b.asks("+49151", "hello")
	defer b.models.Hold()()
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	d := b.due()[0]
	done.Go(func() { b.AiTurn(ctx, d) })
	b.models.Until(t.Context(), func(c aitest.Counts) bool { return c.InFlight == 1 })
	stop()
	done.Wait()
	if again := b.due(); len(again) != 1 || again[0].Tries != 1 {
		t.Errorf("%+v", again)
	}
	b.answers(b.robin, c.ID)
}

// Articles answer: the model is given those that are about the question, and what it names of them is kept.
func TestAnswersComeFromArticles(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	refunds := b.article("Refunds", "We refund unused items within 30 days. The money goes back to the card.")
	shipping := b.article("Shipping", "Parcels leave our warehouse within one business day.")
	b.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		text := c.Last().Text()
		return aitest.Reply{Text: "Within 30 days [[1]], and for another one [[7]]."}, strings.Contains(text, "refund?\n⟦/customer⟧") && strings.Contains(text, "Article 1:\n⟦article⟧\nRefunds")
	})
	c := b.asks("+49151", "How long can I get a refund?")
	b.turn()
	b.wantTold(c.ID, "Within 30 days, and for another one.")
	b.count(1, `messages WHERE data #> '{ai,articles}' = jsonb_build_array($1::text)`, refunds)

	// What was not found at first is searched with the model's own words; the numbers go on.
	b.models.Call("weird", model.AiSearch, `{"query":"parcels warehouse"}`)
	b.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		return aitest.Reply{Text: "Within a day."}, c.ResultOf() == model.AiSearch && strings.Contains(c.Last().Text(), "Article 1:\n⟦article⟧\nShipping")
	})
	c = b.asks("+49152", "weird")
	b.turn()
	b.wantTold(c.ID, "Within a day.")
	b.count(1, `messages WHERE data #> '{ai,articles}' = jsonb_build_array($1::text)`, shipping)
	b.count(1, `ai_turns WHERE calls = 2 AND articles = ARRAY[$1::uuid]`, shipping)

	b.models.Call("moon", model.AiSearch, `{"query":"moon"}`)
	b.models.Call("", model.AiPass, `{"reason":"NO_KNOWLEDGE","summary":"Asks about the moon."}`)
	b.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		return aitest.Reply{Calls: []aitest.Call{{Function: aitest.Function{Name: model.AiPass, Arguments: `{"reason":"NO_KNOWLEDGE","summary":"Asks about the moon."}`}}}},
			c.ResultOf() == model.AiSearch && c.Last().Text() == "No article is about that."
	})
	c = b.asks("+49153", "moon")
	b.turn()
	b.wantGone(c.ID, model.HandOverNoKnowledge)
}

func (b *bot) article(title, body string) model.ID {
	b.t.Helper()
	on := true
	a, err := b.CreateArticle(b.asAdmin(), desk.ArticleChange{Title: &title, Body: &body, Enabled: &on})
	if err != nil {
		b.t.Fatal(err)
	}
	return a.ID
}

// An AI Agent that gets a conversation back by hand answers what is still open in it.
