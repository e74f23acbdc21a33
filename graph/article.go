package graph

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type (
	articleResolver          struct{ *Resolver }
	foundArticlePartResolver struct{ *Resolver }
)

// Articles lists what AI Agents know.
func (r *queryResolver) Articles(ctx context.Context, in *exec.ArticleFilter, first *int, after *string, last *int, before *string) (*exec.ArticleConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	var f db.ArticleFilter
	if in != nil {
		f = db.ArticleFilter{Text: given(in.Text), Enabled: in.Enabled}
	}
	return articleConnection(r.DB.Articles(ctx, v.Account, f, page(first, after, last, before)))
}

// Article finds one article.
func (r *queryResolver) Article(ctx context.Context, id model.ID) (*model.Article, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return first(ctx, &r.load(ctx, v.Account).Articles, id)
}

// SearchArticles finds what an AI Agent would.
func (r *queryResolver) SearchArticles(ctx context.Context, query string, first int) ([]*model.Found, error) {
	v, err := seesAll(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.DB.SearchArticles(ctx, v.Account, query, first)
	list := make([]*model.Found, len(found))
	for i := range found {
		list[i] = &found[i]
	}
	return list, err
}

// Article is the one that each part belongs to.
func (r *foundArticlePartResolver) Article(ctx context.Context, found []*model.Found) ([]*model.Article, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	return r.load(ctx, v.Account).Articles.Get(ctx, idsOf(found, func(f *model.Found) model.ID { return f.ArticleID }))
}

// Body is the text of each article.
func (r *articleResolver) Body(ctx context.Context, articles []*model.Article) ([]string, error) {
	return r.load(ctx, articles[0].AccountID).ArticleBodies.Get(ctx, idsOf(articles, func(a *model.Article) model.ID { return a.ID }))
}

// Source is where the article comes from.
func (*articleResolver) Source(_ context.Context, a *model.Article) (*string, error) {
	return present(a.Source), nil
}

// Language is the article's.
func (*articleResolver) Language(_ context.Context, a *model.Article) (*string, error) {
	return present(a.Language), nil
}

// UpdatedBy is who last changed each article.
func (r *articleResolver) UpdatedBy(ctx context.Context, articles []*model.Article) ([]*model.Agent, error) {
	return some(ctx, &r.load(ctx, articles[0].AccountID).Agents, idsOf(articles, func(a *model.Article) model.ID { return a.UpdatedBy }))
}

// CreateArticle adds an article.
func (r *mutationResolver) CreateArticle(ctx context.Context, in exec.CreateArticleInput) (*exec.CreateArticlePayload, error) {
	article, err := r.Desk.CreateArticle(ctx, desk.ArticleChange{Title: &in.Title, Body: &in.Body, Source: in.Source, Language: in.Language, Enabled: &in.Enabled})
	errs, err := refused(err)
	return &exec.CreateArticlePayload{Article: article, UserErrors: errs}, err
}

// UpdateArticle changes an article.
func (r *mutationResolver) UpdateArticle(ctx context.Context, in exec.UpdateArticleInput) (*exec.UpdateArticlePayload, error) {
	article, err := r.Desk.UpdateArticle(ctx, in.ArticleID, desk.ArticleChange{Title: in.Title, Body: in.Body, Source: in.Source, Language: in.Language, Enabled: in.Enabled})
	errs, err := refused(err)
	return &exec.UpdateArticlePayload{Article: article, UserErrors: errs}, err
}

// DeleteArticle deletes an article.
func (r *mutationResolver) DeleteArticle(ctx context.Context, in exec.DeleteArticleInput) (*exec.DeleteArticlePayload, error) {
	err := r.Desk.DeleteArticle(ctx, in.ArticleID)
	deleted := gone(in.ArticleID, err)
	errs, err := refused(err)
	return &exec.DeleteArticlePayload{DeletedArticleID: deleted, UserErrors: errs}, err
}

// ImportArticles makes articles of files and pages.
func (r *mutationResolver) ImportArticles(ctx context.Context, in exec.ImportArticlesInput) (*exec.ImportArticlesPayload, error) {
	var texts []desk.ImportedText
	for i, f := range in.Files {
		texts = append(texts, desk.ImportedText{Field: desk.FieldAt("files", i), Source: f.Name, Language: given(f.Language), Content: f.Content})
	}
	for i, p := range in.Pages {
		texts = append(texts, desk.ImportedText{Field: desk.FieldAt("pages", i), Source: given(p.URL), Title: given(p.Title), Language: given(p.Language), Content: p.Content})
	}
	imported, err := r.Desk.ImportArticles(ctx, texts)
	errs, err := refused(err)
	payload := &exec.ImportArticlesPayload{Imported: make([]*exec.ImportedArticle, len(imported)), UserErrors: errs}
	for i, a := range imported {
		payload.Imported[i] = &exec.ImportedArticle{Article: a.Article, Outcome: a.Outcome}
	}
	return payload, err
}
