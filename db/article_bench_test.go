package db_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// library writes articles of 700 words or so, whose words are as common as those of a language: a few stand everywhere
// and most in one place.
func (s *shelf) library(articles int) {
	s.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 8, 40_000)
	word := func() string { return wordOf(zipf.Uint64()) }
	var batch []*model.Article
	for n := range articles {
		var b strings.Builder
		for range 3 {
			fmt.Fprintf(&b, "## %s %s\n\n", word(), word())
			for w := range 230 {
				b.WriteString(word())
				b.WriteString([]string{" ", " ", " ", ". "}[w%4])
			}
			b.WriteString("\n\n")
		}
		a := &model.Article{AccountID: s.account, ID: model.NewID(model.KindArticle), Title: fmt.Sprintf("%s %s %s", word(), word(), word()), Body: b.String(), Enabled: true}
		if n%100 == 0 {
			a.Title, a.Body = "Refunds and returns", "We refund within 30 days.\n\n"+a.Body
		}
		if batch = append(batch, a); len(batch) == 100 || n == articles-1 {
			s.change(s.account, func(tx *db.Store) error { return tx.SaveArticles(s.t.Context(), s.account, batch...) })
			batch = nil
		}
	}
	if _, err := s.Pool().Exec(s.t.Context(), `ANALYZE`); err != nil {
		s.t.Fatal(err)
	}
}

// wordOf makes a word that nobody uses.
func wordOf(n uint64) string {
	var b strings.Builder
	for n += 30; n > 0; n /= 60 {
		b.WriteByte("bdfgklmnprst"[n%12])
		b.WriteByte("aeiou"[n/12%5])
	}
	return b.String()
}

// BenchmarkSearchArticles searches 5,000 articles in 15,000 parts.
func BenchmarkSearchArticles(b *testing.B) {
	s := newShelf(b)
	s.library(5000)
	for name, question := range map[string]string{
		"Question":   "How long does a refund take?",
		"Misspelled": "How long does a refnud taek?",
		"Common":     wordOf(0) + " " + wordOf(1) + " " + wordOf(2),
		"Message": "Hello, I bought a jacket from your shop last Tuesday and paid with my card, but the size does not fit and the colour is not what I saw on the page. " +
			"My sister says that one can send things back, is that so, and when would I have my money? " + wordOf(9) + " " + wordOf(90) + " " + wordOf(900) + " " + wordOf(9000) + " Thanks, Maria",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.search(question, 8)
			}
		})
	}
}
