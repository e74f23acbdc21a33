package graph

import (
	"context"

	"github.com/livedesk/livedesk/model"
)

type attachmentResolver struct{ *Resolver }

// URL is where the bytes can be fetched for a while.
func (r *attachmentResolver) URL(ctx context.Context, a *model.Attachment) (*string, error) {
	url, err := r.Desk.AttachmentURL(ctx, a)
	return present(url), err
}

// Failure is why there are no bytes.
func (*attachmentResolver) Failure(_ context.Context, a *model.Attachment) (*string, error) {
	return present(a.Failure), nil
}
