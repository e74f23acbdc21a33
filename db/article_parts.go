package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// usualDictionary knows the stems of an article whose language nobody said. Those of another language it makes are
// wrong, and the same wherever the word stands.
const usualDictionary = "english_stem"

// dictionaries are those that every Postgres from 14 on has, by the first part of the language's tag.
var dictionaries = map[string]string{"ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish",
	"fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali",
	"nb": "norwegian", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
	"ta": "tamil", "tr": "turkish", "yi": "yiddish"}

func dictionaryOf(language string) string {
	first, _, _ := strings.Cut(language, "-")
	if name, ok := dictionaries[first]; ok {
		return name + "_stem"
	}
	return usualDictionary
}

// SaveArticles stores new articles of an account, or what may change about its articles, and replaces their parts. Each
// term is counted once, however many articles hold it. LockArticles comes first.
func (s *Store) SaveArticles(ctx context.Context, account int64, list ...*model.Article) error {
	for _, a := range list {
		if err := s.saveArticle(ctx, a); err != nil {
			return fmt.Errorf("save article %s: %w", a.ID, err)
		}
	}
	ids := idsOfArticles(list)
	err := s.forgetParts(ctx, account, ids)
	for _, a := range list {
		if err == nil {
			err = s.addParts(ctx, a)
		}
	}
	if err == nil {
		err = s.countParts(ctx, account, ids)
	}
	return err
}

func idsOfArticles(list []*model.Article) []model.ID {
	ids := make([]model.ID, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	return ids
}

func (s *Store) saveArticle(ctx context.Context, a *model.Article) error {
	_, err := s.hot.Exec(ctx, `INSERT INTO articles (account_id, id, title, body, source, language, enabled, updated_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (account_id, id) DO UPDATE SET title = excluded.title, body = excluded.body, source = excluded.source, language = excluded.language,
			enabled = excluded.enabled, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
		a.AccountID, string(a.ID), a.Title, a.Body, nullText(a.Source), nullText(a.Language), a.Enabled, null(a.UpdatedBy), a.CreatedAt, a.UpdatedAt)
	return err
}

// DeleteArticle deletes an article. LockArticles comes first.
func (s *Store) DeleteArticle(ctx context.Context, account int64, id model.ID) error {
	err := s.forgetParts(ctx, account, []model.ID{id})
	if err == nil {
		_, err = s.hot.Exec(ctx, `DELETE FROM articles WHERE account_id = $1 AND id = $2`, account, string(id))
	}
	if err != nil {
		return fmt.Errorf("delete article %s: %w", id, err)
	}
	return nil
}

// termsOf counts the terms of the articles' parts. A lexeme is a term behind the account; what is behind a ^ as well is
// there without it, too.
const termsOf = `SELECT substr(x, length($1::bigint::text) + 2) AS term, count(*)::int AS n FROM article_parts p CROSS JOIN unnest(tsvector_to_array(p.terms)) x
	WHERE p.account_id = $1::bigint AND p.article_id = ANY ($2::uuid[]) AND NOT starts_with(x, $1::bigint::text || ':^') GROUP BY 1`

// forgetParts deletes the parts of articles and counts their terms no more.
func (s *Store) forgetParts(ctx context.Context, account int64, ids []model.ID) error {
	for _, q := range []string{
		`WITH gone AS (` + termsOf + `) UPDATE article_terms t SET parts = t.parts - gone.n FROM gone WHERE t.account_id = $1::bigint AND t.term = gone.term`,
		`DELETE FROM article_terms t USING (` + termsOf + `) gone WHERE t.account_id = $1::bigint AND t.term = gone.term AND t.parts = 0`,
		`WITH gone AS (DELETE FROM article_parts p WHERE p.account_id = $1::bigint AND p.article_id = ANY ($2::uuid[]) RETURNING p.terms)
			UPDATE article_counts c SET parts = c.parts - (SELECT count(*) FROM gone WHERE gone.terms IS NOT NULL) WHERE c.account_id = $1::bigint`,
	} {
		if _, err := s.hot.Exec(ctx, q, account, texts(ids)); err != nil {
			return fmt.Errorf("forget parts of articles: %w", err)
		}
	}
	return nil
}

// addParts splits an article. The parts of one that is off have no terms.
func (s *Store) addParts(ctx context.Context, a *model.Article) error {
	parts, dictionary := model.Split(a.Body), dictionaryOf(a.Language)
	vectors, err := s.vectors(ctx, a, dictionary, parts)
	if err != nil {
		return fmt.Errorf("read the terms of article %s: %w", a.ID, err)
	}
	var headings, texts []string
	for _, part := range parts {
		headings, texts = append(headings, part.Heading), append(texts, part.Text)
	}
	_, err = s.hot.Exec(ctx, `WITH known AS (UPDATE article_counts SET dictionaries = dictionaries || $6::text WHERE account_id = $1 AND NOT $6::text = ANY (dictionaries))
		INSERT INTO article_parts (account_id, article_id, position, heading, text, terms)
		SELECT $1, $2, p.n, p.heading, p.text, p.terms::tsvector FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY p(heading, text, terms, n)`,
		a.AccountID, string(a.ID), headings, texts, vectors, dictionary)
	if err != nil {
		return fmt.Errorf("add the parts of article %s: %w", a.ID, err)
	}
	return nil
}

// countParts counts the new parts of articles and their terms. xmax is 0 in a row that was not there before.
func (s *Store) countParts(ctx context.Context, account int64, ids []model.ID) error {
	_, err := s.hot.Exec(ctx, `WITH counted AS (
			INSERT INTO article_terms (account_id, term, parts) SELECT $1::bigint, m.term, m.n FROM (`+termsOf+`) m
			ON CONFLICT (account_id, term) DO UPDATE SET parts = article_terms.parts + excluded.parts RETURNING term, xmax = 0 AS new),
		words AS (
			INSERT INTO article_words (account_id, term, alike) SELECT $1::bigint, n.term, n.alike
			FROM (SELECT c.term, article_alike($1::bigint, c.term) AS alike FROM counted c WHERE c.new OFFSET 0) n WHERE n.alike IS NOT NULL)
		UPDATE article_counts c SET parts = c.parts + (SELECT count(*) FROM article_parts p WHERE p.account_id = $1::bigint AND p.article_id = ANY ($2::uuid[]) AND p.terms IS NOT NULL)
		WHERE c.account_id = $1::bigint`, account, texts(ids))
	if err != nil {
		return fmt.Errorf("count terms of articles: %w", err)
	}
	return nil
}
