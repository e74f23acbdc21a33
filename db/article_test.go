package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
)

// shelf is a database with one account and its articles.
type shelf struct {
	*db.DB
	t       testing.TB
	account int64
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s := &shelf{DB: dbtest.New(t), t: t}
	s.account = s.another()
	return s
}

// another makes another account.
func (s *shelf) another() (account int64) {
	s.t.Helper()
	if err := s.Pool().QueryRow(s.t.Context(), `INSERT INTO accounts (name) VALUES ('Test') RETURNING id`).Scan(&account); err != nil {
		s.t.Fatal(err)
	}
	_, err := s.Pool().Exec(s.t.Context(), `INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, 'Admin', 'a@example.org', 'ADMIN', 5)`, account, model.NewID(model.KindAgent))
	if err != nil {
		s.t.Fatal(err)
	}
	return account
}

func (s *shelf) put(a *model.Article) *model.Article {
	s.t.Helper()
	if a.ID == "" {
		a.ID, a.CreatedAt = model.NewID(model.KindArticle), time.Now()
	}
	a.UpdatedAt = time.Now()
	s.change(a.AccountID, func(tx *db.Store) error { return tx.SaveArticles(s.t.Context(), a.AccountID, a) })
	return a
}

// change runs what changes articles, as the desk does.
func (s *shelf) change(account int64, do func(*db.Store) error) {
	s.t.Helper()
	err := s.Tx(s.t.Context(), func(tx *db.Store) error {
		if err := tx.LockArticles(s.t.Context(), account); err != nil {
			return err
		}
		return do(tx)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) write(title, body, language string) *model.Article {
	s.t.Helper()
	return s.put(&model.Article{AccountID: s.account, Title: title, Body: body, Language: language, Enabled: true})
}

func (s *shelf) search(question string, limit int) []model.Found {
	s.t.Helper()
	found, err := s.SearchArticles(s.t.Context(), s.account, question, limit)
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// stand checks what verify knows about articles, and that what is counted is exactly what stands there.
func (s *shelf) stand() {
	s.t.Helper()
	all, err := s.Verify(s.t.Context(), 5)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, v := range all {
		s.t.Errorf("%s: %s", v.Invariant.Name, v.Where)
	}
}

func (s *shelf) count(want int, from string, args ...any) {
	s.t.Helper()
	var got int
	if err := s.Pool().QueryRow(s.t.Context(), `SELECT count(*) FROM `+from, args...).Scan(&got); err != nil || got != want {
		s.t.Errorf("%d of %s, want %d (%v)", got, from, want, err)
	}
}

// What is counted goes with the parts, whatever becomes of an article.
func TestArticlesAndTheirParts(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	a := s.write("Refunds", "# How long\n\nA refund takes five days.\n", "")
	b := s.write("Delivery", "A parcel takes three days.", "")
	s.stand()
	s.count(1, `article_terms WHERE term = 'refund' AND parts = 1`)
	s.count(1, `article_terms WHERE term = 'days' AND parts = 2`)
	a.Body = "A parcel comes back."
	s.put(a)
	s.stand()
	s.count(0, `article_terms WHERE term = 'five'`)
	s.count(1, `article_terms WHERE term = 'parcel' AND parts = 2`)
	a.Enabled = false
	s.put(a)
	s.stand()
	s.count(1, `article_counts WHERE parts = 1`)
	s.count(1, `article_parts WHERE terms IS NULL`)
	if found := s.search("refunds", 8); len(found) != 0 {
		t.Error("an article that is off is found:", found)
	}
	for _, id := range []model.ID{a.ID, b.ID} {
		s.change(s.account, func(tx *db.Store) error { return tx.DeleteArticle(t.Context(), s.account, id) })
		s.stand()
	}
	s.count(0, `article_parts`)
	s.count(0, `article_terms`)
	s.count(1, `article_counts WHERE parts = 0`)
	if found := s.search("parcel", 8); len(found) != 0 {
		t.Error("an article that is gone is found:", found)
	}
}

// Changes of articles that share words come one after another and lose no count.
func TestArticlesChangeTogether(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	done := make(chan error)
	const writers = 6
	for w := range writers {
		go func() {
			done <- func() error {
				a := &model.Article{AccountID: s.account, ID: model.NewID(model.KindArticle), Title: fmt.Sprint("Article ", w), Body: "Refund parcel days and words", Enabled: true, CreatedAt: time.Now(), UpdatedAt: time.Now()}
				for range 5 {
					err := s.Tx(context.WithoutCancel(t.Context()), func(tx *db.Store) error {
						if err := tx.LockArticles(t.Context(), s.account); err != nil {
							return err
						}
						return tx.SaveArticles(t.Context(), s.account, a)
					})
					if err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s.count(1, `article_terms WHERE term = 'refund' AND parts = $1`, writers)
	s.stand()
}

func TestArticlePages(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	for _, title := range []string{"banana", "Apple", "Éclair", "cherry", "返金"} {
		s.put(&model.Article{AccountID: s.account, Title: title, Body: "Text", Source: "https://example.com/" + title, Enabled: title != "cherry"})
	}
	s.put(&model.Article{AccountID: s.another(), Title: "another's", Body: "Text", Enabled: true})
	titles := func(f db.ArticleFilter) (all []string) {
		t.Helper()
		two, after := 2, (*string)(nil)
		for {
			page, err := s.Articles(t.Context(), s.account, f, model.Page{First: &two, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Nodes {
				all = append(all, a.Title)
			}
			if !page.HasNext {
				return all
			}
			after = &page.Cursors[len(page.Cursors)-1]
		}
	}
	on := true
	for want, f := range map[string]db.ArticleFilter{
		"[Apple banana cherry Éclair 返金]": {}, "[Apple banana Éclair 返金]": {Enabled: &on},
		"[Apple]": {Text: "PP"}, "[返金]": {Text: "金"}, "[Apple banana]": {Text: "a", Enabled: &on}, "[]": {Text: "%"},
	} {
		if f.Text == "a" {
			f.Text = "APP"
			want = "[Apple]"
		}
		if got := fmt.Sprint(titles(f)); got != want {
			t.Errorf("%+v lists %s, want %s", f, got, want)
		}
	}
}
