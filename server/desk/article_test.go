package desk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestArticle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	yuki := o.hire("yuki", model.Supervisor)
	lead := o.as(yuki.ID, model.Supervisor)
	a, err := o.CreateArticle(lead, desk.ArticleChange{Title: ptr(" Refunds "), Body: ptr("We refund.\r\n"), Source: ptr("https://example.com/refunds"), Language: ptr("EN_us")})
	if err != nil || a.Title != "Refunds" || a.Body != "We refund." || a.Language != "en-US" || !a.Enabled || a.UpdatedBy != yuki.ID {
		t.Fatal(a, err)
	}
	_, err = o.CreateArticle(lead, desk.ArticleChange{Title: ptr("Other"), Body: ptr("Text"), Source: ptr("https://example.com/refunds")})
	wantCode(t, err, model.Taken, "source")
	_, err = o.CreateArticle(lead, desk.ArticleChange{Title: ptr("Other")})
	wantCode(t, err, model.Invalid, "body")
	got, err := o.UpdateArticle(lead, a.ID, desk.ArticleChange{Title: ptr(" ")})
	wantCode(t, err, model.Invalid, "title")
	if got == nil || got.Title != "Refunds" {
		t.Error("as it is now:", got)
	}
	o.wind(time.Hour)
	if got, err = o.UpdateArticle(o.asAdmin(), a.ID, desk.ArticleChange{Body: ptr("Vouchers only.")}); err != nil || got.UpdatedBy != o.admin || !got.UpdatedAt.After(a.UpdatedAt) || got.Title != "Refunds" {
		t.Error(got, err)
	}
	if found, err := o.db.SearchArticles(t.Context(), o.account, "voucher", 8); err != nil || len(found) != 1 || found[0].ArticleID != a.ID {
		t.Error(found, err)
	}
	if again, err := o.UpdateArticle(lead, a.ID, desk.ArticleChange{Enabled: ptr(true)}); err != nil || again.UpdatedBy != o.admin {
		t.Error("what changes nothing is no change:", again, err)
	}
	_, err = o.UpdateArticle(lead, model.NewID(model.KindArticle), desk.ArticleChange{})
	wantCode(t, err, model.NotFound, "articleId")
	if err := o.DeleteArticle(lead, a.ID); err != nil {
		t.Error(err)
	}
	wantCode(t, o.DeleteArticle(lead, a.ID), model.NotFound, "articleId")
	o.count(0, `articles`)
	hana := o.as(o.hire("hana", model.AgentRole).ID, model.AgentRole)
	_, err = o.CreateArticle(hana, desk.ArticleChange{})
	wantCode(t, err, model.Forbidden)
	_, err = o.ImportArticles(hana, []desk.ImportedText{{Content: "x"}})
	wantCode(t, err, model.Forbidden)
	o.wantArticlesNoted("ARTICLE_DELETED", "ARTICLE_UPDATED", "ARTICLE_CREATED")
}

// wantArticlesNoted compares the newest entries of the audit log, which hold no text of an article.
func (o *office) wantArticlesNoted(want ...string) {
	o.t.Helper()
	var got []string
	for _, e := range o.audited() {
		if e.SubjectKind != model.AuditArticle {
			continue
		}
		got = append(got, string(e.Action))
		for _, side := range []json.RawMessage{e.Before, e.After} {
			if strings.Contains(string(side), "refund.") || strings.Contains(string(side), "Vouchers") || side != nil && !strings.Contains(string(side), `"digest"`) {
				o.t.Errorf("%s shows %s", e.Action, side)
			}
		}
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("noted %q, want %q", got, want)
	}
}

// What comes from the same source again changes its article, and what says the same changes nothing.
func TestImportArticles(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	texts := func() []desk.ImportedText {
		return []desk.ImportedText{
			{Source: "faq/refunds.md", Content: "---\ntitle: \"Refund policy\"\nlang: en\n---\n# Refunds\n\nWe refund."},
			{Source: "delivery.md", Content: "\uFEFFIntro\n\n## Delivery ##\n\nThree days."},
			{Source: `C:\docs\size chart.txt`, Content: "S, M, L"},
			{Source: "https://example.com/help", Content: "<!DOCTYPE html><html lang=de><title>Hilfe | Laden</title><h1>Rückgabe</h1><p>14 Tage"},
			{Title: "Notes", Content: "A text from nowhere", Language: "en"},
		}
	}
	got, err := o.ImportArticles(o.asAdmin(), texts())
	if err != nil {
		t.Fatal(err)
	}
	o.wantImported(got, "Refund policy (en) CREATED", "Delivery () CREATED", "size chart () CREATED", "Rückgabe (de) CREATED", "Notes (en) CREATED")
	if got[0].Article.Body != "# Refunds\n\nWe refund." || got[3].Article.Body != "# Rückgabe\n\n14 Tage" {
		t.Errorf("%q, %q", got[0].Article.Body, got[3].Article.Body)
	}
	if _, err := o.UpdateArticle(o.asAdmin(), got[1].Article.ID, desk.ArticleChange{Enabled: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	again := texts()[:3]
	again[1].Content = "# Shipping\n\nFour days."
	got, err = o.ImportArticles(o.asAdmin(), again)
	if err != nil {
		t.Fatal(err)
	}
	o.wantImported(got, "Refund policy (en) UNCHANGED", "Shipping () UPDATED", "size chart () UNCHANGED")
	if got[1].Article.Enabled {
		t.Error("an import switches an article on")
	}
	o.count(5, `articles`)
}

func (o *office) wantImported(got []desk.Imported, want ...string) {
	o.t.Helper()
	var list []string
	for _, i := range got {
		list = append(list, fmt.Sprintf("%s (%s) %s", i.Article.Title, i.Article.Language, i.Outcome))
	}
	if !slices.Equal(list, want) {
		o.t.Errorf("imported %q, want %q", list, want)
	}
}

// An import is taken as a whole or not at all.
func TestImportIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := desk.ImportedText{Field: desk.FieldAt("files", 0), Source: "a.md", Content: "Text"}
	file := func(name, content string) desk.ImportedText {
		return desk.ImportedText{Field: desk.FieldAt("files", 1), Source: name, Content: content}
	}
	for name, c := range map[string]struct {
		texts []desk.ImportedText
		code  model.Code
		field []string
	}{
		"nothing":           {nil, model.Invalid, nil},
		"too many":          {slices.Repeat([]desk.ImportedText{{Content: "Text"}}, 101), model.Invalid, nil},
		"too much":          {slices.Repeat([]desk.ImportedText{{Content: strings.Repeat("text ", 30_000)}}, 34), model.TooLarge, nil},
		"twice":             {[]desk.ImportedText{good, file(" a.md", "Text")}, model.Invalid, []string{"files", "1"}},
		"empty":             {[]desk.ImportedText{good, file("b.md", " \n")}, model.Invalid, []string{"files", "1", "content"}},
		"only marks":        {[]desk.ImportedText{good, file("b.html", "<div><script>alert(1)</script></div>")}, model.Invalid, []string{"files", "1", "content"}},
		"too long":          {[]desk.ImportedText{good, file("b.md", strings.Repeat("x", model.MaxArticle+1))}, model.TooLarge, []string{"files", "1", "content"}},
		"no language":       {[]desk.ImportedText{good, {Field: desk.FieldAt("files", 1), Content: "x", Language: "English"}}, model.Invalid, []string{"files", "1", "language"}},
		"too long a name":   {[]desk.ImportedText{good, file(strings.Repeat("n", 501), "Text")}, model.Invalid, []string{"files", "1", "source"}},
		"front matter only": {[]desk.ImportedText{good, file("b.md", "---\ntitle: B\n---\n")}, model.Invalid, []string{"files", "1", "content"}},
	} {
		imported, err := o.ImportArticles(o.asAdmin(), c.texts)
		wantCode(t, err, c.code, c.field...)
		if imported != nil {
			t.Errorf("%s: %v", name, imported)
		}
	}
	o.count(0, `articles`)
}

// As much as an import takes is stored in the time that a request has.
func TestLargestImport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var texts []desk.ImportedText
	for n := range desk.MaxImported {
		var b strings.Builder
		for w := 0; b.Len() < 49_900; w++ {
			fmt.Fprintf(&b, "word%d of%d %s ", n, w%500, []string{"refund", "parcel", "in", "the", "shop.\n\n"}[w%5])
		}
		texts = append(texts, desk.ImportedText{Source: fmt.Sprint(n, ".md"), Content: b.String()})
	}
	start := time.Now()
	imported, err := o.ImportArticles(o.asAdmin(), texts)
	if err != nil || len(imported) != desk.MaxImported {
		t.Fatal(len(imported), err)
	}
	t.Log("5 MB are stored in", time.Since(start))
}

func TestReadHTML(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]string{
		"plain text": "plain text", "": "",
		"<p>One  <b>bold</b>, <i>two</i>.</p><p>Three</p>":                     "One bold, two.\n\nThree",
		"<h2>A<br>b</h2>text<h3> C </h3>":                                      "## Ab\n\ntext\n\n### C",
		"<ul><li>one<li>two <ul><li>three</ul></ul>after":                      "- one\n- two\n- three\n\nafter",
		"<table><tr><th>Size<th>cm</tr><tr><td>S</td><td>40</td></tr></table>": "| Size | cm |\n|---|---|\n| S | 40 |",
		"<pre>a\n  b</pre>": "```\na\n  b\n```",
		"<style>x{}</style><script>alert('<p>no</p>')</script><nav><a>Home</a></nav>Tom &amp; J&eacute;r&lt;ome<!-- no -->": "Tom & Jér<ome",
		"a<br>b<br/>c&nbsp;d<div>e</div>f":                      "a\nb\nc d\ne\nf",
		"<p onclick=x>un<span>broken</span></p></div></p></h1>": "unbroken",
		"返<b>金</b>について":                                         "返金について",
		"<a href=\"javascript:x\">link</a> &amp;lt;script&gt;":  "link &lt;script>",
	} {
		if _, _, got := desk.ReadHTML(html); strings.TrimSpace(got) != want {
			t.Errorf("%q says %q, want %q", html, strings.TrimSpace(got), want)
		}
	}
	deep := strings.Repeat("<div><b>", 50_000) + "deep" + strings.Repeat("<table><tr><td>", 1000)
	if _, _, got := desk.ReadHTML(deep); !strings.Contains(got, "deep") {
		t.Errorf("what is deep is lost: %.80q", got)
	}
}

// Whatever is pasted, no mark of HTML but what was written as text is left, and it ends.
func FuzzReadHTML(f *testing.F) {
	for _, seed := range []string{"<h1>A</h1>", "<pre><b>x</pre>", "<table><td>x</h1><tr>", "<script>", "<title>x", "</tr></pre></script>", "<svg/><nav>x", "&lt;p&gt;<p>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		_, _, body := desk.ReadHTML(content)
		if len(body) > 8*len(content)+64 {
			t.Errorf("%d bytes of %d", len(body), len(content))
		}
		if lower := strings.ToLower(body); strings.Contains(lower, "<script") && !strings.Contains(content, "&") && !strings.Contains(content, "<<") {
			t.Errorf("%q leaves %q", content, body)
		}
	})
}
