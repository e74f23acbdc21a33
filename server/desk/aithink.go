package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai"
)

// aiFound is how many parts of articles one search gives to a model.
const aiFound = 5

// thought is one answer in the making: the chat with the model, and what it came to.
type thought struct {
	desk     *Desk
	agent    *model.AiAgent
	endpoint ai.Endpoint
	briefing model.AiBriefing
	request  ai.Request
	system   string
	dialogue model.AiDialogue
	mark     model.AiMark
	given    []model.ID // articles that the model has seen; their places are their numbers
	uses     []model.AiUse
	problem  *ai.Error // why the model could not be asked
}

func (d *Desk) newThought(a *model.AiAgent, b model.AiBriefing) (*thought, error) {
	e, err := d.aiEndpoint(a)
	if err != nil {
		return nil, err
	}
	b.Name, b.Instructions, b.Topics = a.Name, a.Instructions, a.HandOverTopics
	t := &thought{desk: d, agent: a, endpoint: e, briefing: b, system: model.AiSystem(b), mark: model.AiMark{Version: a.Version, Model: a.Model}}
	t.dialogue.Teams = b.Teams
	t.request = ai.Request{MaxTokens: a.MaxTokens, Temperature: a.Temperature}
	for _, tool := range model.AiTools(b.Teams) {
		t.request.Tools = append(t.request.Tools, ai.Tool{Name: tool.Name, Description: tool.Description, Parameters: tool.Parameters})
	}
	return t, nil
}

// think asks the model until it has come to something. What the customer asks is looked up first, so that most answers
// take one call.
func (t *thought) think(ctx context.Context, transcript, pending []*model.Message) (model.AiStep, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(t.agent.TimeoutSeconds)*time.Second)
	defer cancel()
	if err := t.begin(ctx, transcript, pending); err != nil {
		return model.AiStep{}, err
	}
	nudge := ""
	for {
		t.request.System = t.system + nudge
		answer, err := t.desk.ai.Complete(ctx, t.endpoint, t.request)
		if err != nil {
			return t.failed(err)
		}
		t.note(answer)
		step := t.dialogue.Hear(model.AiSaid{Text: answer.Text, Refused: answer.Refusal != "" || answer.Finish == ai.ContentFilter, Cut: answer.Finish == ai.Length, Calls: callsOf(answer)})
		if !step.Ask {
			return step, nil
		}
		t.request.NoTools, nudge = step.NoTools, ""
		if step.Nudge != "" {
			nudge = "\n" + step.Nudge + "\n"
		}
		if err := t.answerCalls(ctx, answer, step.Results); err != nil {
			return model.AiStep{}, err
		}
	}
}

// begin tells the model of the conversation, and what the articles say about the last of it. What is to be answered comes
// last, also when the desk has said something since, such as a greeting.
func (t *thought) begin(ctx context.Context, transcript, pending []*model.Message) error {
	before := slices.DeleteFunc(slices.Clone(transcript), func(m *model.Message) bool { return slices.Contains(pending, m) })
	for _, line := range model.AiChat(append(before, pending...)) {
		role := ai.Assistant
		if line.Customer {
			role = ai.User
		}
		t.request.Messages = append(t.request.Messages, ai.Message{Role: role, Text: line.Text})
	}
	found, err := t.search(ctx, questionOf(pending))
	if err != nil || len(found) == 0 || len(t.request.Messages) == 0 {
		return err
	}
	known := model.AiKnown(model.AiArticles(found, t.number))
	if last := &t.request.Messages[len(t.request.Messages)-1]; last.Role == ai.User {
		last.Text += "\n\n" + known
		return nil
	}
	t.request.Messages = append(t.request.Messages, ai.Message{Role: ai.User, Text: known})
	return nil
}

// questionOf is what the customer wrote in a row.
func questionOf(pending []*model.Message) string {
	var texts []string
	for _, m := range pending {
		texts = append(texts, m.Text)
	}
	return strings.Join(texts, "\n")
}

func (t *thought) search(ctx context.Context, question string) ([]model.Found, error) {
	return t.desk.db.SearchArticles(ctx, t.agent.AccountID, question, aiFound)
}

// number is under which the model is told of an article: no id of the desk is.
func (t *thought) number(article model.ID) int {
	at := slices.Index(t.given, article)
	if at < 0 {
		at = len(t.given)
		t.given = append(t.given, article)
	}
	return at + 1
}

// note counts what the model was asked and took.
func (t *thought) note(a *ai.Answer) {
	t.mark.Calls++
	t.mark.PromptTokens += a.Usage.Prompt
	t.mark.CompletionTokens += a.Usage.Completion
	t.mark.Took += a.Took
	if a.Model != "" {
		t.mark.Model = model.CleanText(a.Model, model.MaxAiModel)
	}
	for _, c := range a.Calls {
		t.uses = append(t.uses, model.AiUse{Tool: c.Name, Arguments: c.Arguments})
	}
}

func callsOf(a *ai.Answer) (calls []model.AiCall) {
	for _, c := range a.Calls {
		calls = append(calls, model.AiCall{ID: c.ID, Name: c.Name, Arguments: c.Arguments})
	}
	return calls
}

// answerCalls tells the model what its tools found.
func (t *thought) answerCalls(ctx context.Context, a *ai.Answer, results []model.AiResult) error {
	if len(results) == 0 {
		return nil
	}
	t.request.Messages = append(t.request.Messages, ai.Message{Role: ai.Assistant, Text: a.Text, Calls: a.Calls})
	for _, r := range results {
		text := r.Text
		switch {
		case r.Hours:
			text = model.AiHours(t.briefing)
		case r.Query != "":
			found, err := t.search(ctx, r.Query)
			if err != nil {
				return err
			}
			text = model.AiArticles(found, t.number)
		}
		t.request.Messages = append(t.request.Messages, ai.Message{Role: ai.ToolRole, CallID: r.CallID, Text: text})
	}
	return nil
}

// failed is what a model that cannot be asked leads to: people get the conversation.
func (t *thought) failed(err error) (model.AiStep, error) {
	var e *ai.Error
	if !errors.As(err, &e) {
		return model.AiStep{}, err
	}
	t.problem = e
	t.desk.log.Warn("an AI Agent's model failed", "account", t.agent.AccountID, "ai", t.agent.ID, "error", e)
	switch e.Kind {
	case ai.Credentials:
		return model.AiStep{HandOver: model.HandOverCredentials}, nil
	case ai.Quota:
		return model.AiStep{HandOver: model.HandOverQuota}, nil
	case ai.Timeout:
		return model.AiStep{HandOver: model.HandOverTimeout}, nil
	}
	return model.AiStep{HandOver: model.HandOverError}, nil
}
