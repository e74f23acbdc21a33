package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// The limits of one import.
const (
	MaxImported    = 100
	maxImportBytes = 5_000_000
)

// ImportedText is what becomes an article: a Markdown, HTML or plain file, or a page of a site that was pasted.
type ImportedText struct {
	Field    []string // where it stands in the input
	Source   string   // the name of the file or the address of the page: imported again, it changes its article
	Title    string   // empty: what the text calls itself
	Language string   // empty: what the text says
	Content  string
}

// Imported is an article after an import.
type Imported struct {
	Article *model.Article
	Outcome model.ImportOutcome
}

// ImportArticles makes an article of each text, or changes the one that came from the same source. All are taken or none.
func (d *Desk) ImportArticles(ctx context.Context, texts []ImportedText) (imported []Imported, err error) {
	if err := checkImport(texts); err != nil {
		return nil, err
	}
	err = d.changeArticles(ctx, func(s *db.Store, v *model.Viewer) error {
		there, err := s.ArticlesFrom(ctx, v.Account, sourcesOf(texts))
		if err != nil {
			return err
		}
		if imported, err = d.readTexts(v, there, texts); err != nil {
			return err
		}
		return d.saveImported(ctx, s, v, there, imported)
	})
	if err != nil {
		return nil, err
	}
	return imported, nil
}

// readTexts makes the articles. One that is there stays on or off as it was.
func (d *Desk) readTexts(v *model.Viewer, there map[string]*model.Article, texts []ImportedText) ([]Imported, error) {
	imported := make([]Imported, len(texts))
	for i, text := range texts {
		a, outcome, before := d.newArticle(v), model.ImportCreated, there[text.Source]
		if before != nil {
			*a, outcome = *before, model.ImportUpdated
		}
		if err := text.fill(a); err != nil {
			return nil, within(err, text.Field)
		}
		if before != nil && *a == *before {
			outcome = model.ImportUnchanged
		}
		imported[i] = Imported{a, outcome}
	}
	return imported, nil
}

func (d *Desk) saveImported(ctx context.Context, s *db.Store, v *model.Viewer, there map[string]*model.Article, imported []Imported) error {
	var changed []*model.Article
	for _, i := range imported {
		if i.Outcome != model.ImportUnchanged {
			d.touch(v, there[i.Article.Source], i.Article)
			changed = append(changed, i.Article)
		}
	}
	if err := s.SaveArticles(ctx, v.Account, changed...); err != nil {
		return err
	}
	for _, a := range changed {
		if err := d.auditArticle(ctx, s, v, there[a.Source], a); err != nil {
			return err
		}
	}
	return nil
}

// checkImport brings the sources into the form in which they are kept, and refuses what is too much.
func checkImport(texts []ImportedText) error {
	if len(texts) == 0 || len(texts) > MaxImported {
		return model.Refuse(model.Invalid, "Import 1 to 100 texts at once.")
	}
	size, seen := 0, map[string]bool{}
	for i := range texts {
		t := &texts[i]
		a := model.Article{Source: t.Source}
		a.Clean()
		if t.Source = a.Source; t.Source != "" && seen[t.Source] {
			return model.Refuse(model.Invalid, "Two of the texts have this source. Name each once.", t.Field...)
		}
		seen[t.Source] = true
		size += len(t.Content)
	}
	if size > maxImportBytes {
		return model.Refuse(model.TooLarge, fmt.Sprintf("An import holds 5 MB, and this one has %d bytes. Import fewer texts at once.", size))
	}
	return nil
}

func sourcesOf(texts []ImportedText) []string {
	sources := make([]string, 0, len(texts))
	for _, t := range texts {
		sources = append(sources, t.Source)
	}
	return sources
}

// fill makes the article say what the text says. What neither the import nor the text says stays.
func (t ImportedText) fill(a *model.Article) error {
	title, language, body := t.read()
	a.Body, a.Source = body, t.Source
	for _, name := range []string{t.Title, title, a.Title, t.fileName(), "Untitled"} {
		if a.Title = shortened(name, model.MaxTitle); strings.TrimSpace(a.Title) != "" {
			break
		}
	}
	switch {
	case t.Language != "":
		a.Language = t.Language
	case model.IsLanguage(language): // what a page says of itself may be anything
		a.Language = language
	}
	a.Clean()
	return a.Check()
}

// fileName is what the source is called without its folders and ending.
func (t ImportedText) fileName() string {
	name := strings.TrimRight(t.Source, `/\`)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	return name
}

func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// within puts a refusal about an article's field where its text stands.
func within(err error, field []string) error {
	var refusal *model.Error
	if !errors.As(err, &refusal) {
		return err
	}
	name := "content"
	if len(refusal.Field) > 0 && refusal.Field[0] != "body" {
		name = refusal.Field[0]
	}
	return model.Refuse(refusal.Code, refusal.Text, append(slices.Clone(field), name)...)
}

// FieldAt is the path of the n-th value of a list in an input.
func FieldAt(list string, n int) []string { return []string{list, strconv.Itoa(n)} }
