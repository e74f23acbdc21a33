package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// ExportReport makes an address at which a report can be fetched.
func (r *mutationResolver) ExportReport(ctx context.Context, in exec.ExportReportInput) (*exec.ExportReportPayload, error) {
	bucket := model.BucketDay
	if in.Bucket != nil {
		bucket = *in.Bucket
	}
	address, until, err := r.Desk.ExportReport(ctx, in.Rows, *in.Filter, bucket)
	payload := &exec.ExportReportPayload{}
	if err == nil {
		payload.URL, payload.ExpiresAt = &address, &until
	}
	payload.UserErrors, err = refused(err)
	return payload, err
}
