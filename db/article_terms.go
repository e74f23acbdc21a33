package db

import (
	"context"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/livedesk/livedesk/model"
)

// maxPosition is the last one that a tsvector knows.
const maxPosition = 16_383

// vectors write the terms of an article's parts as the database reads them; nil for one that is off. Each lexeme begins
// with the account. Those of the title and the headings are written once more behind a ^: what a part is about counts
// more than what it mentions.
func (s *Store) vectors(ctx context.Context, a *model.Article, dictionary string, parts []model.Part) ([]*string, error) {
	vectors := make([]*string, len(parts))
	if !a.Enabled {
		return vectors, nil
	}
	about, said := make([][]string, len(parts)), make([][]string, len(parts))
	var all [][]string
	for i, part := range parts {
		about[i], said[i] = termsIn(a.Title+"\n"+part.Headings()), termsIn(part.Text)
		all = append(all, about[i], said[i])
	}
	lexemes, err := s.lexemes(ctx, dictionary, all)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		v := vector{account: strconv.FormatInt(a.AccountID, 10) + ":", lexemes: lexemes}
		v.add(about[i], "", "A")
		v.add(about[i], "^", "A")
		v.add(said[i], "", "")
		text := v.String()
		vectors[i] = &text
	}
	return vectors, nil
}

// termsIn cuts a text. NFKC makes one letter of a letter and its accent, and full ones of the narrow letters of Japanese.
func termsIn(text string) []string { return model.Terms(norm.NFKC.String(text)) }

// lexemes returns what stands for each of the terms: itself and its stem. A stop word has nothing.
func (s *Store) lexemes(ctx context.Context, dictionary string, lists [][]string) (map[string][]string, error) {
	found := map[string][]string{}
	var words []string
	for _, list := range lists {
		for _, term := range list {
			if found[term] == nil {
				found[term] = []string{term}
				words = append(words, term)
			}
		}
	}
	type stem struct {
		term  string
		stems []string // nil: the dictionary does not know the word; empty: a stop word
	}
	rows, err := rowsOf(ctx, s, `SELECT w, ts_lexize($1::text::regdictionary, w) FROM unnest($2::text[]) w WHERE NOT starts_with(w, '=')`, []any{dictionary, words},
		func(x *stem) []any { return []any{&x.term, &x.stems} })
	for _, x := range rows {
		switch {
		case x.stems != nil && len(x.stems) == 0:
			found[x.term] = []string{}
		case x.stems != nil && x.stems[0] != x.term:
			found[x.term] = []string{x.term, x.stems[0]}
		}
	}
	return found, err
}

// vector is the text of a tsvector. Terms hold letters and digits alone, so that they need no escaping.
type vector struct {
	strings.Builder
	account string
	lexemes map[string][]string
}

func (v *vector) add(terms []string, mark, weight string) {
	for i, term := range terms {
		at := strconv.Itoa(min(i+1, maxPosition)) + weight
		for _, lexeme := range v.lexemes[term] {
			for _, s := range []string{"'", v.account, mark, lexeme, "':", at, " "} {
				v.WriteString(s)
			}
		}
	}
}
