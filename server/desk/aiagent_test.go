package desk_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/desk"
)

func at[T any](value T) *T { return &value }

// trains adds an AI Agent with the name, whose model answers.
func (o *office) trains(name string) *model.AiAgent {
	o.t.Helper()
	a, err := o.CreateAiAgent(o.asAdmin(), desk.AiAgentChange{Name: &name, Instructions: at("Be kind."), Model: at(aitest.DefaultModel), BaseURL: at(o.models.URL()), Key: at(aitest.Key)})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

// puts changes the AI Agent of the line, and waits for what follows.
func (s *shift) puts(ai *model.AiAgent, started bool) {
	s.t.Helper()
	change := desk.ChannelAiChange{Channel: s.channel.ID, AiAgent: at(model.ID("")), Started: &started}
	if ai != nil {
		change.AiAgent = &ai.ID
	}
	if _, err := s.SetChannelAi(s.asAdmin(), change); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

// answers fails unless the AI Agent has the conversation.
func (s *shift) answers(ai *model.AiAgent, id model.ID) {
	s.t.Helper()
	if c := s.conversationNow(id); c.Status != model.AiReplying || c.AiAgentID != ai.ID {
		s.t.Errorf("conversation %s is %s and %q's, want %s's", id, c.Status, c.AiAgentID, ai.Name)
	}
}

// wantGone fails unless the conversation went from its AI Agent to people for the reason.
func (s *shift) wantGone(id model.ID, reason model.HandOverReason) {
	s.t.Helper()
	if c := s.conversationNow(id); c.Status != model.Open || c.AiAgentID != "" {
		s.t.Errorf("conversation %s is %s and %q's", id, c.Status, c.AiAgentID)
	}
	s.count(1, `conversation_changes WHERE conversation_id = $1 AND hand_over = $2`, id, reason)
	s.count(1, `messages WHERE conversation_id = $1 AND kind = 'NOTE'`, id)
}

func TestAKeyStaysWithItsHost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	robin := o.trains("Robin")
	thief := aitest.Start(aitest.Options{})
	t.Cleanup(thief.Close)
	_, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, BaseURL: at(thief.URL())})
	wantCode(t, err, model.Invalid, "apiKey")
	if thief.Counts().Requests != 0 {
		t.Error("the key went to another host")
	}
	a, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, BaseURL: at(thief.URL()), Key: at(aitest.Key)})
	if err != nil || a.BaseURL != thief.URL() || thief.Counts().Requests != 1 {
		t.Error(err)
	}
	o.count(0, `audit_log WHERE after::text LIKE '%' || $1 || '%'`, aitest.Key)
	o.count(1, `ai_agents WHERE secret LIKE 'k1:%'`)
}

func TestWhatWouldNotAnswerIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	robin := o.trains("Robin")
	asked := o.models.Counts().Requests
	_, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, Key: at("sk-wrong-wrong-wrong")})
	wantCode(t, err, model.ProviderRefused, "apiKey")
	a, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, Model: at("gpt-none")})
	if e, ok := err.(*model.Error); !ok || e.Field[0] != "model" || a.Model != aitest.DefaultModel || a.Version != 1 {
		t.Errorf("%v, %+v", err, a)
	}
	asked = o.models.Counts().Requests - asked
	if _, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, Instructions: at("Be brief.")}); err != nil {
		t.Error(err)
	}
	if asked == 0 || o.models.Counts().Requests-asked != 1 {
		t.Errorf("the model was asked %d times for what does not touch it", o.models.Counts().Requests-asked-1)
	}
	if works, sentence, err := o.TestAiAgent(o.asAdmin(), robin.ID); err != nil || !works || !strings.Contains(sentence, aitest.DefaultModel) {
		t.Error(works, sentence, err)
	}
	o.models.Close()
	if works, sentence, err := o.TestAiAgent(o.asAdmin(), robin.ID); err != nil || works || sentence == "" {
		t.Error(works, sentence, err)
	}
	_, err = o.CreateAiAgent(o.asAdmin(), desk.AiAgentChange{Name: at("robin"), Model: at("m"), BaseURL: at(o.models.URL())})
	wantCode(t, err, model.ProviderUnreached, "baseUrl")
}

func TestOnlyAdminsKeepAiAgents(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	robin := o.trains("Robin")
	sora := o.as(o.hire("sora", model.Supervisor).ID, model.Supervisor)
	for what, do := range map[string]func() error{
		"create": func() error { _, err := o.CreateAiAgent(sora, desk.AiAgentChange{Name: at("X")}); return err },
		"update": func() error {
			_, err := o.UpdateAiAgent(sora, desk.AiAgentChange{AiAgent: robin.ID, Name: at("X")})
			return err
		},
		"delete": func() error { return o.DeleteAiAgent(sora, robin.ID) },
		"test":   func() error { _, _, err := o.TestAiAgent(sora, robin.ID); return err },
	} {
		if err := do(); model.CodeOf(err) != model.Forbidden {
			t.Errorf("a supervisor may %s: %v", what, err)
		}
	}
	_, err := o.CreateAiAgent(o.asAdmin(), desk.AiAgentChange{Name: at("ROBIN"), Model: at(aitest.DefaultModel), BaseURL: at(o.models.URL()), Key: at(aitest.Key)})
	wantCode(t, err, model.Taken, "name")
}

func TestOfTwoChangesAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	robin := o.trains("Robin")
	var done sync.WaitGroup
	var mu sync.Mutex
	codes := map[model.Code]int{}
	for i := range 8 {
		done.Go(func() {
			_, err := o.UpdateAiAgent(o.asAdmin(), desk.AiAgentChange{AiAgent: robin.ID, Instructions: at(fmt.Sprint(i))})
			mu.Lock()
			defer mu.Unlock()
			codes[model.CodeOf(err)]++
		})
	}
	done.Wait()
	var version int
	o.one(&version, `SELECT version FROM ai_agents`)
	if codes[""]+codes[model.Conflict] != 8 || codes[""] == 0 || version != 1+codes[""] {
		t.Errorf("%v, version %d", codes, version)
	}
}

func TestRekeySealsTheKeysOfAiAgents(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	robin := o.trains("Robin")
	both := o.deskWith(sealingKeys(t, sealingKey("2", 'b')+","+sealingKey("1", 'a')))
	if n, err := both.Rekey(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	o.count(1, `ai_agents WHERE secret LIKE 'k2:%'`)
	if works, sentence, err := o.deskWith(sealingKeys(t, sealingKey("2", 'b'))).TestAiAgent(o.asAdmin(), robin.ID); err != nil || !works {
		t.Error(works, sentence, err)
	}
}
