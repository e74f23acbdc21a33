package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const (
	noArticle = "There is no such article."

	// articleColumns leave out the body, which may be long: ArticleBodies reads it.
	articleColumns = `t.account_id, t.id::text, t.title, coalesce(t.source, ''), coalesce(t.language, ''), t.enabled, coalesce(t.updated_by::text, ''), t.created_at, t.updated_at`
)

func articleFields(a *model.Article) []any {
	return []any{&a.AccountID, (*string)(&a.ID), &a.Title, &a.Source, &a.Language, &a.Enabled, (*string)(&a.UpdatedBy), &a.CreatedAt, &a.UpdatedAt}
}

func wholeArticleFields(a *model.Article) []any { return append(articleFields(a), &a.Body) }

// LockArticles takes the lock under which the account's articles change, one transaction after another: they count the
// same words. It comes before every other lock.
func (s *Store) LockArticles(ctx context.Context, account int64) error {
	_, err := s.hot.Exec(ctx, `INSERT INTO article_counts (account_id, parts, dictionaries) VALUES ($1, 0, ARRAY[$2])
		ON CONFLICT (account_id) DO UPDATE SET parts = article_counts.parts`, account, usualDictionary)
	if err != nil {
		return fmt.Errorf("lock the articles: %w", err)
	}
	return nil
}

// Article returns one article of the account with its body, or NOT_FOUND.
func (s *Store) Article(ctx context.Context, account int64, id model.ID) (*model.Article, error) {
	a, err := one(rowsOf(ctx, s, "SELECT "+articleColumns+", t.body FROM articles t WHERE t.account_id = $1 AND t.id = $2", []any{account, string(id)}, wholeArticleFields))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read article %s: %w", id, err)
	case a == nil:
		return nil, model.Refuse(model.NotFound, noArticle)
	}
	return a, nil
}

// ArticlesFrom returns the articles that came from these sources, by source, with their bodies.
func (s *Store) ArticlesFrom(ctx context.Context, account int64, sources []string) (map[string]*model.Article, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+articleColumns+", t.body FROM articles t WHERE t.account_id = $1 AND t.source = ANY ($2)", []any{account, sources}, wholeArticleFields)
	return keyed(rows, err, func(a *model.Article) string { return a.Source })
}

// ArticlesByID returns those of the articles that the account has, without their bodies.
func (s *Store) ArticlesByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Article, error) {
	rows, err := rowsOf(ctx, s, "SELECT "+articleColumns+" FROM articles t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])", []any{account, texts(ids)}, articleFields)
	return keyed(rows, err, func(a *model.Article) model.ID { return a.ID })
}

// ArticleBodies returns the bodies of those of the articles that the account has.
func (s *Store) ArticleBodies(ctx context.Context, account int64, ids []model.ID) (map[model.ID]string, error) {
	type held struct {
		id   model.ID
		body string
	}
	rows, err := rowsOf(ctx, s, `SELECT t.id::text, t.body FROM articles t WHERE t.account_id = $1 AND t.id = ANY ($2::uuid[])`, []any{account, texts(ids)},
		func(h *held) []any { return []any{(*string)(&h.id), &h.body} })
	if err != nil {
		return nil, fmt.Errorf("read articles: %w", err)
	}
	bodies := make(map[model.ID]string, len(rows))
	for _, h := range rows {
		bodies[h.id] = h.body
	}
	return bodies, nil
}

// ArticleFilter says which articles. Both conditions hold together.
type ArticleFilter struct {
	Text    string // stands in the title or the source; empty: no condition
	Enabled *bool
}

// Articles returns a page of the account's articles, by title and without their bodies.
func (s *Store) Articles(ctx context.Context, account int64, f ArticleFilter, p model.Page) (*model.Slice[*model.Article], error) {
	w, err := newWindow(p, "p")
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{account}}
	q.add("SELECT ", articleColumns, ", lower(t.title) FROM articles t WHERE t.account_id = $1")
	if f.Text != "" {
		text := q.arg(f.Text)
		q.add(" AND (strpos(lower(t.title), lower(", text, ")) > 0 OR strpos(lower(t.source), lower(", text, ")) > 0)")
	}
	if f.Enabled != nil {
		q.add(" AND t.enabled = ", q.arg(*f.Enabled))
	}
	columns := []string{"lower(t.title)", "t.id"}
	q.bounds(w, columns, false, func(k key) string { return q.arg(k.text) + ", " + q.arg(string(k.id)) })
	q.add(w.order(columns, false), " LIMIT ", w.limit())
	rows, err := listed(ctx, s, q, func(a *titled) []any { return append(articleFields(&a.Article), &a.lower) })
	if err != nil {
		return nil, fmt.Errorf("list articles: %w", err)
	}
	return articlesOf(slice(w, rows, func(a *titled) key { return key{segment: 'p', text: a.lower, id: a.ID} })), nil
}

// titled is an article with its title as the database orders it: what lower makes of a letter depends on the locale.
type titled struct {
	model.Article
	lower string
}

func articlesOf(s *model.Slice[*titled]) *model.Slice[*model.Article] {
	page := &model.Slice[*model.Article]{Nodes: make([]*model.Article, len(s.Nodes)), Cursors: s.Cursors, HasNext: s.HasNext, HasPrevious: s.HasPrevious}
	for i, a := range s.Nodes {
		page.Nodes[i] = &a.Article
	}
	return page
}
