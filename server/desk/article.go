package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// ArticleChange is what is given of an article; nil leaves it as it is, or to its default in a new one.
type ArticleChange struct {
	Title    *string
	Body     *string
	Source   *string
	Language *string
	Enabled  *bool
}

func (change ArticleChange) apply(a *model.Article) error {
	set(&a.Title, change.Title)
	set(&a.Body, change.Body)
	set(&a.Source, change.Source)
	set(&a.Language, change.Language)
	set(&a.Enabled, change.Enabled)
	a.Clean()
	return a.Check()
}

// CreateArticle adds an article to what AI Agents answer from.
func (d *Desk) CreateArticle(ctx context.Context, in ArticleChange) (article *model.Article, err error) {
	err = d.changeArticles(ctx, func(s *db.Store, v *model.Viewer) error {
		a := d.newArticle(v)
		if err := in.apply(a); err != nil {
			return err
		}
		article = a
		return d.saveArticle(ctx, s, v, nil, a)
	})
	if err != nil {
		return nil, err
	}
	return article, nil
}

// UpdateArticle changes an article. Refused, it returns the article as it is.
func (d *Desk) UpdateArticle(ctx context.Context, id model.ID, change ArticleChange) (article *model.Article, err error) {
	err = d.changeArticles(ctx, func(s *db.Store, v *model.Viewer) error {
		before, err := s.Article(ctx, v.Account, id)
		if err != nil {
			return at(err, "articleId")
		}
		article = before
		a := *before
		if err := change.apply(&a); err != nil {
			return err
		}
		if err := d.saveArticle(ctx, s, v, before, &a); err != nil {
			return err
		}
		article = &a
		return nil
	})
	return article, err
}

// DeleteArticle deletes an article.
func (d *Desk) DeleteArticle(ctx context.Context, id model.ID) error {
	return d.changeArticles(ctx, func(s *db.Store, v *model.Viewer) error {
		a, err := s.Article(ctx, v.Account, id)
		if err != nil {
			return at(err, "articleId")
		}
		if err := s.DeleteArticle(ctx, v.Account, id); err != nil {
			return err
		}
		return d.audit(ctx, s, v, ofAccount(model.AuditArticleDeleted, model.AuditArticle, id), shownArticle(a), nil)
	})
}

// changeArticles runs what changes the account's articles, one after another.
func (d *Desk) changeArticles(ctx context.Context, change func(*db.Store, *model.Viewer) error) error {
	v, err := asLead(ctx)
	if err != nil {
		return err
	}
	return d.db.Tx(ctx, func(s *db.Store) error {
		if err := s.LockArticles(ctx, v.Account); err != nil {
			return err
		}
		return change(s, v)
	})
}

func (d *Desk) newArticle(v *model.Viewer) *model.Article {
	now := d.moment()
	return &model.Article{AccountID: v.Account, ID: model.NewIDAt(model.KindArticle, now), Enabled: true, CreatedAt: now, UpdatedAt: now, UpdatedBy: v.Agent}
}

// saveArticle stores an article and notes what it was and is, unless that is the same. Before is nil for a new one.
func (d *Desk) saveArticle(ctx context.Context, s *db.Store, v *model.Viewer, before, a *model.Article) error {
	if before != nil && *before == *a {
		return nil
	}
	d.touch(v, before, a)
	if err := s.SaveArticles(ctx, v.Account, a); err != nil {
		return err
	}
	return d.auditArticle(ctx, s, v, before, a)
}

// touch notes on an article that was changed who did it, and when.
func (d *Desk) touch(v *model.Viewer, before, a *model.Article) {
	if before != nil {
		a.UpdatedAt, a.UpdatedBy = d.moment(), v.Agent
	}
}

func (d *Desk) auditArticle(ctx context.Context, s *db.Store, v *model.Viewer, before, a *model.Article) error {
	if before == nil {
		return d.audit(ctx, s, v, ofAccount(model.AuditArticleCreated, model.AuditArticle, a.ID), nil, shownArticle(a))
	}
	return d.audit(ctx, s, v, ofAccount(model.AuditArticleUpdated, model.AuditArticle, a.ID), shownArticle(before), shownArticle(a))
}

// shownArticle tells of the text only whether it is the same.
func shownArticle(a *model.Article) shown {
	sum := sha256.Sum256([]byte(a.Body))
	return shown{"title": a.Title, "source": a.Source, "language": a.Language, "enabled": a.Enabled,
		"characters": utf8.RuneCountInString(a.Body), "digest": hex.EncodeToString(sum[:8])}
}
