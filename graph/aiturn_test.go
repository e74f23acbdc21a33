package graph_test

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

const previewAi = `mutation($i: PreviewAiAgentInput!) { previewAiAgent(input: $i) {
	preview { texts resolves handOver summary team { id } toolCalls { tool arguments } ai { model version calls promptTokens completionTokens took articles { id title } } }
	userErrors { code field message } } }`

// The fake model repeats what it is told, which shows that it was told of the article.
func TestPreview(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	robin := at(a.do(a.admin, createAi, vars{"i": robinsSettings()}), "aiAgent", "id")
	a.do(a.admin, `mutation($i: CreateArticleInput!) { createArticle(input: $i) { article { id } userErrors { code } } }`,
		vars{"i": vars{"title": "Refunds", "body": "We refund unused items within 30 days."}})
	before := a.fingerprint()
	ask := func(texts ...any) vars {
		var messages []vars
		for _, text := range texts {
			messages = append(messages, vars{"text": text})
		}
		return vars{"i": vars{"aiAgentId": robin, "messages": messages}}
	}
	got := at(a.do(a.admin, previewAi, ask("How do refunds work?")), "preview")
	if at(got, "texts", 0) == "" || at(got, "resolves") != false || at(got, "handOver") != nil || at(got, "ai", "articles", 0, "title") != "Refunds" ||
		at(got, "ai", "calls") != 1.0 || at(got, "ai", "version") != 1.0 || at(got, "ai", "promptTokens").(float64) < 100 {
		t.Errorf("%v", got)
	}
	if a.fingerprint() != before {
		t.Error("a preview changed something")
	}
	for _, texts := range [][]any{{" "}, {"hello", " "}} {
		if code := a.send(a.admin, previewAi, ask(texts...)).code(); code != "INVALID" {
			t.Errorf("%v: %q", texts, code)
		}
	}
	_, hana := a.hire("hana", model.AgentRole)
	if code := a.send(hana, previewAi, ask("hello")).code(); code != "FORBIDDEN" {
		t.Errorf("an agent: %q", code)
	}
}

// Who sees a message sees how an AI Agent made it.
func TestHowAMessageWasMade(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	hanaID, hana := a.hire("hana", model.AgentRole)
	channel := a.connect("Front", "+15550100100", hanaID)
	conversation := a.customer(a.account(), channel, "+4915100", "Ana", "hello")
	article := at(a.do(a.admin, `mutation($i: CreateArticleInput!) { createArticle(input: $i) { article { id } userErrors { code } } }`,
		vars{"i": vars{"title": "Refunds", "body": "We refund unused items."}}), "article", "id")
	mark := model.AiMark{Version: 2, Model: "m-1", Calls: 3, PromptTokens: 100, CompletionTokens: 20, Took: 1500 * time.Millisecond,
		Articles: []model.ID{model.NewID(model.KindArticle), model.ID(article.(string))}}
	a.exec(`UPDATE messages SET data = $1`, &model.MessageData{Ai: &mark})
	got := a.do(hana, `query($id: ID!) { conversation(id: $id) { messages(first: 5) { nodes { ai { model version calls promptTokens completionTokens took articles { id title } } } } } }`, vars{"id": conversation})
	is := at(got, "messages", "nodes", 0, "ai")
	for field, want := range map[string]any{"model": "m-1", "version": 2.0, "calls": 3.0, "promptTokens": 100.0, "completionTokens": 20.0, "took": 1500.0} {
		if at(is, field) != want {
			t.Errorf("%s is %v, want %v", field, at(is, field), want)
		}
	}
	if at(is, "articles", 0, "id") != article || at(is, "articles", 1) != nil {
		t.Errorf("%v", is)
	}
}
