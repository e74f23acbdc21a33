package db

import (
	"context"
	"fmt"

	"golang.org/x/text/unicode/norm"

	"github.com/livedesk/livedesk/model"
)

// MaxFound is how many parts of articles one search finds.
const MaxFound = 8

// What a search looks at.
const (
	leastCovered = 0.35   // of what is asked, weighed by how rare it is, a part must say so much; what its headings say counts twice
	fullQuestion = 4.5    // unknown words' worth: what is asked beyond that does not count, or nothing would answer long messages
	background   = `50`   // parts that are thought to hold other words: in few articles a rare word is not as rare as it seems
	postings     = 4000   // rows of the index that are read, those of the rarest words first
	candidates   = 40     // parts that are compared in full
	thorough     = 3      // unknown words, the longest ones, that are compared with all others
	maxSearched  = 16_384 // bytes of a question
)

// searchArticles finds the parts whose terms are among those of the question.
//
// Every term of the question stands for lexemes: itself and its stems in the dictionaries of the account's articles. One
// that no article holds stands for those that are spelled like it, by trigrams and by what is left without a letter.
// The rarer a term, the more it says. The rarest are looked up in the index, each by itself, so that common ones cost
// nothing; the best parts are then compared by all terms. In Chinese, Japanese, Korean and Thai terms are grams (see
// model.Terms); one that is unknown counts half, since it may lie across two words.
const searchArticles = `WITH counts AS MATERIALIZED (SELECT c.parts, c.dictionaries FROM article_counts c WHERE c.account_id = $1 AND c.parts > 0),
asked AS MATERIALIZED (
	SELECT q.n, q.term, q.weight, article_lexemes(q.term, c.dictionaries) AS lexemes FROM counts c CROSS JOIN unnest($2::text[], $3::float8[]) WITH ORDINALITY q(term, weight, n)),
known AS MATERIALIZED (
	SELECT a.n, t.term, t.parts, 1::float8 AS likeness FROM asked a CROSS JOIN unnest(a.lexemes) x JOIN article_terms t ON t.account_id = $1 AND t.term = x),
meant AS MATERIALIZED (
	SELECT k.n, k.term, k.parts, k.likeness FROM known k
	UNION ALL SELECT u.n, m.term, m.parts, m.likeness FROM (
		SELECT a.n, a.term, row_number() OVER (ORDER BY length(a.term) DESC, a.n) AS place FROM asked a
		WHERE a.lexemes IS NOT NULL AND a.weight > 0.5 AND NOT starts_with(a.term, '=') AND NOT EXISTS (SELECT 1 FROM known k WHERE k.n = a.n)) u
	CROSS JOIN article_meant($1, u.term, u.place <= $9) m),
groups AS MATERIALIZED (
	SELECT a.n, coalesce(max(m.parts), 0) AS parts, coalesce(max(m.likeness), 1) AS likeness,
		a.weight * CASE WHEN count(m.term) = 0 AND starts_with(a.term, '=') THEN 0.5 ELSE 1 END * ln((c.parts + ` + background + `)::float8 / (coalesce(max(m.parts), 0) + 1)) AS gain,
		string_agg(format('''%s:%s''', $1::bigint, m.term), ' | ')::tsquery AS body, string_agg(format('''%s:^%s''', $1::bigint, m.term), ' | ')::tsquery AS headings
	FROM counts c CROSS JOIN asked a LEFT JOIN meant m ON m.n = a.n WHERE a.lexemes IS NOT NULL GROUP BY a.n, a.term, a.weight, c.parts),
mass AS (SELECT least(sum(g.gain), $5 * (SELECT ln(c.parts + ` + background + `) FROM counts c)) AS whole FROM groups g),
rare AS MATERIALIZED (
	SELECT g.* FROM (SELECT g.*, sum(g.parts) OVER (ORDER BY g.parts, g.n) AS rows, row_number() OVER (ORDER BY g.parts, g.n) AS place FROM groups g WHERE g.parts > 0) g
	WHERE g.rows <= $6 OR g.place = 1),
hits AS (
	SELECT h.article_id, h.position, r.gain * r.likeness AS gain FROM rare r CROSS JOIN LATERAL (SELECT p.article_id, p.position FROM article_parts p WHERE p.terms @@ r.body LIMIT $6) h
	UNION ALL SELECT h.article_id, h.position, r.gain * r.likeness FROM rare r CROSS JOIN LATERAL (SELECT p.article_id, p.position FROM article_parts p WHERE p.terms @@ r.headings LIMIT $6) h),
best AS MATERIALIZED (SELECT h.article_id, h.position FROM hits h GROUP BY 1, 2 ORDER BY sum(h.gain) DESC, 1, 2 LIMIT $7),
scored AS (
	SELECT p.article_id, p.position, p.heading, p.text, ts_rank(p.terms, (SELECT string_agg(g.body::text, ' | ')::tsquery FROM groups g)) AS rank,
		(SELECT sum(g.gain * g.likeness * ((p.terms @@ g.body)::int + (p.terms @@ g.headings)::int)) FROM groups g) / (SELECT m.whole FROM mass m) AS covered
	FROM best b JOIN article_parts p ON p.account_id = $1 AND p.article_id = b.article_id AND p.position = b.position)
SELECT s.article_id::text, s.position, (SELECT a.title FROM articles a WHERE a.account_id = $1 AND a.id = s.article_id), s.heading, s.text, s.score
FROM (SELECT s.*, 0.45 * s.covered + 0.1 * s.rank AS score FROM scored s WHERE s.covered >= $8 ORDER BY score DESC, s.article_id, s.position LIMIT $4) s
ORDER BY s.score DESC, s.article_id, s.position`

// SearchArticles returns the parts of the account's articles that may answer the question, the best first and at most
// limit or MaxFound; none when no article is about it. Articles that are off are not found. The question may be a whole
// message of a customer.
func (s *Store) SearchArticles(ctx context.Context, account int64, question string, limit int) ([]model.Found, error) {
	args := searchArgs(account, question, limit)
	if args == nil {
		return nil, nil
	}
	rows, err := rowsOf(ctx, s, searchArticles, args, func(f *model.Found) []any {
		return []any{(*string)(&f.ArticleID), &f.Position, &f.Title, &f.Heading, &f.Text, &f.Score}
	})
	if err != nil {
		return nil, fmt.Errorf("search articles: %w", err)
	}
	found := make([]model.Found, len(rows))
	for i, f := range rows {
		found[i] = *f
	}
	return found, nil
}

// searchArgs are the parameters of searchArticles; nil when nothing is asked.
func searchArgs(account int64, question string, limit int) []any {
	if len(question) > maxSearched {
		question = question[:maxSearched]
	}
	terms, weights := model.QuestionTerms(norm.NFKC.String(question))
	if limit = min(limit, MaxFound); len(terms) == 0 || limit <= 0 {
		return nil
	}
	return []any{account, terms, weights, limit, float64(fullQuestion), postings, candidates, leastCovered, thorough}
}
