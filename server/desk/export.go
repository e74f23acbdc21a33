package desk

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
)

// ExportReport keeps what is to be exported and returns the address at which it can be fetched, and until when.
func (d *Desk) ExportReport(ctx context.Context, rows model.ReportRows, f model.ReportFilter, b model.ReportBucket) (address string, until time.Time, err error) {
	if _, err := asAgent(ctx); err != nil {
		return "", until, err
	}
	v, err := asLead(ctx)
	if err != nil {
		return "", until, err
	}
	zone, err := f.Check()
	if err != nil {
		return "", until, err
	}
	if rows == model.RowsCsatReport || rows == model.RowsConversationReport {
		if _, err := b.Buckets(f.From, f.To, zone); err != nil {
			return "", until, err
		}
	}
	now := d.moment()
	e := &model.ReportExport{AccountID: v.Account, ID: model.NewIDAt(model.KindExport, now), AgentID: v.Agent, Rows: rows, Filter: f, Bucket: b, ExpiresAt: now.Add(model.ExportLife)}
	if err := d.db.AddExport(ctx, e); err != nil {
		return "", until, err
	}
	return d.signer.ExportURL(mediaID(v.Account, e.ID), forAgent+string(v.Agent), e.ExpiresAt), e.ExpiresAt, nil
}

// OpenExport returns the export of a signed address: id is the last part of its path. NOT_FOUND stands for every address
// that is not one of ours, or no longer, and for one whose maker may no longer see reports.
func (d *Desk) OpenExport(ctx context.Context, id string, query url.Values) (*model.ReportExport, error) {
	gone := model.Refuse(model.NotFound, "There is no such export, or the address expired.")
	audience, err := d.signer.CheckExport(id, query, d.now())
	if err != nil {
		return nil, gone
	}
	before, after, _ := strings.Cut(id, "_")
	account, err := strconv.ParseInt(before, 10, 64)
	if err != nil {
		return nil, gone
	}
	e, err := d.db.Export(ctx, account, model.ID(after))
	if err != nil {
		return nil, err
	}
	v, err := d.db.Sight(ctx, &model.Viewer{Account: account, Agent: e.AgentID})
	switch {
	case model.CodeOf(err) == model.Unauthenticated:
		return nil, gone
	case err != nil:
		return nil, err
	case !v.SeesAll() || audience != forAgent+string(e.AgentID) || !d.now().Before(e.ExpiresAt):
		return nil, gone
	}
	return e, nil
}

// KeepFacts stores the facts of reports as far as they have settled.
func (d *Desk) KeepFacts(ctx context.Context) error {
	accounts, asOf, err := d.db.ReportAccounts(ctx, d.now())
	if err != nil {
		return err
	}
	for _, account := range accounts {
		for more := true; more; {
			if more, err = d.db.StoreFacts(ctx, account, asOf); err != nil {
				return err
			}
		}
	}
	return nil
}
