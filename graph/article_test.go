package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

const articleFields = `{ id title body source language enabled updatedBy { email } createdAt updatedAt }`

func TestArticlesThroughTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	got := at(a.do(a.admin, `mutation($i: CreateArticleInput!) { createArticle(input: $i) { article `+articleFields+` userErrors { code field message } } }`,
		vars{"i": vars{"title": "Refunds", "body": "# How long\n\nA refund takes five days.", "language": "EN"}}), "article")
	id := at(got, "id")
	if at(got, "title") != "Refunds" || at(got, "body") != "# How long\n\nA refund takes five days." || at(got, "source") != nil || at(got, "language") != "en" || at(got, "enabled") != true || at(got, "updatedBy", "email") != adminEmail {
		t.Error(got)
	}
	found := a.send(a.admin, `{ searchArticles(query: "how do refunds work") { position heading text score article { id title } } }`, nil)
	if at(found.Data, "searchArticles", 0, "article", "id") != id || at(found.Data, "searchArticles", 0, "heading") != "How long" || at(found.Data, "searchArticles", 0, "position") != float64(1) {
		t.Error(found.raw)
	}
	const update = `mutation($i: UpdateArticleInput!) { updateArticle(input: $i) { article { enabled title } userErrors { code field message } } }`
	if got := a.do(a.admin, update, vars{"i": vars{"articleId": id, "enabled": false}}); at(got, "article", "enabled") != false {
		t.Error(got)
	}
	if got := a.send(a.admin, update, vars{"i": vars{"articleId": id, "title": ""}}); got.code() != "INVALID" || at(got.Data, "updateArticle", "article", "title") != "Refunds" || at(got.Data, "updateArticle", "userErrors", 0, "field", 0) != "title" {
		t.Error(got.raw)
	}
	if found := a.send(a.admin, `{ searchArticles(query: "refund") { text } }`, nil); found.raw != `{"data":{"searchArticles":[]}}` {
		t.Error("what is off is found:", found.raw)
	}
	if found := a.send(a.admin, `{ searchArticles(query: "refund", first: 0) { text } }`, nil); found.raw != `{"data":{"searchArticles":[]}}` {
		t.Error(found.raw)
	}
	if got := a.do(a.admin, `mutation($i: DeleteArticleInput!) { deleteArticle(input: $i) { deletedArticleId userErrors { code } } }`, vars{"i": vars{"articleId": id}}); at(got, "deletedArticleId") != id {
		t.Error(got)
	}
	if got := a.send(a.admin, `query($id: ID!) { article(id: $id) { id } node(id: $id) { id } }`, vars{"id": id}); got.raw != `{"data":{"article":null,"node":null}}` {
		t.Error(got.raw)
	}
}

const importArticles = `mutation($i: ImportArticlesInput!) { importArticles(input: $i) { imported { outcome article ` + articleFields + ` } userErrors { code field message } } }`

func TestImportThroughTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	in := vars{"files": []vars{{"name": "refunds.md", "content": "# Refunds\n\nFive days."}, {"name": "b.md", "content": "Text", "language": "en"}},
		"pages": []vars{{"url": "https://example.com/help", "title": "Help", "content": "<h2>Delivery</h2><ul><li>Three days</li></ul>"}, {"content": "返金は五日以内に行われます。", "title": "返金"}}}
	outcomes := func() (list []string) {
		t.Helper()
		for _, i := range at(a.do(a.admin, importArticles, vars{"i": in}), "imported").([]any) {
			list = append(list, fmt.Sprint(at(i, "outcome"), " ", at(i, "article", "title"), " ", at(i, "article", "source")))
		}
		return list
	}
	if got := outcomes(); !slices.Equal(got, []string{"CREATED Refunds refunds.md", "CREATED b b.md", "CREATED Help https://example.com/help", "CREATED 返金 <nil>"}) {
		t.Errorf("%q", got)
	}
	in["files"].([]vars)[0]["content"] = "# Refunds\n\nSix days."
	in["pages"] = in["pages"].([]vars)[:1]
	if got := outcomes(); !slices.Equal(got, []string{"UPDATED Refunds refunds.md", "UNCHANGED b b.md", "UNCHANGED Help https://example.com/help"}) {
		t.Errorf("%q", got)
	}
	const list = `query($f: ArticleFilter) { articles(filter: $f, first: 3) { nodes { title body } pageInfo { hasNextPage } } }`
	if got := a.do(a.admin, list, nil); at(got, "nodes", 0, "title") != "b" || at(got, "nodes", 2, "body") != "# Refunds\n\nSix days." || at(got, "pageInfo", "hasNextPage") != true {
		t.Error(got)
	}
	if got := a.do(a.admin, list, vars{"f": vars{"text": "EXAMPLE.com", "enabled": true}}); at(got, "nodes", 0, "title") != "Help" || at(got, "nodes", 1) != nil || at(got, "nodes", 0, "body") != "## Delivery\n\n- Three days" {
		t.Error(got)
	}
	if got := a.send(a.admin, `{ searchArticles(query: "返金") { article { title } } }`, nil); at(got.Data, "searchArticles", 0, "article", "title") != "返金" {
		t.Error(got.raw)
	}
	got := a.send(a.admin, importArticles, vars{"i": vars{"files": []vars{{"name": "c.md", "content": "Text"}, {"name": "d.md", "content": ""}}}})
	if fmt.Sprint(at(got.Data, "importArticles", "userErrors", 0, "field")) != "[files 1 content]" || fmt.Sprint(at(got.Data, "importArticles", "imported")) != "[]" {
		t.Error(got.raw)
	}
}

// Who may import articles may send them; of everybody else a request stays small.
func TestLongBodiesAreForLeads(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, hana := a.hire("hana", model.AgentRole)
	in := vars{"i": vars{"files": []vars{{"name": "long.md", "content": strings.Repeat("返金 text\n", 6_000)}}}}
	if got := at(a.do(a.admin, importArticles, in), "imported", 0, "outcome"); got != "CREATED" {
		t.Error(got)
	}
	for _, token := range []string{hana, ""} {
		if got := a.send(token, importArticles, in); !strings.Contains(got.raw, "the body is longer than 65536 bytes") {
			t.Errorf("%.200s", got.raw)
		}
	}
}

// Agents read articles, which answers name, and do not change them.
func TestAgentsReadArticles(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ids := a.furnish(a.admin)
	_, sora := a.hire("sora", model.AgentRole)
	got := a.send(sora, `query($id: ID!) { article(id: $id) { title body } node(id: $id) { ... on Article { title } } articles { nodes { title updatedBy { id } } } }`, vars{"id": ids["article"]})
	if at(got.Data, "article", "body") != "We refund." || at(got.Data, "node", "title") != "Refunds" || at(got.Data, "articles", "nodes", 0, "title") != "Refunds" {
		t.Error(got.raw)
	}
}
