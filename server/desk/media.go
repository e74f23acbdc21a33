package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel"
)

// The times of fetching customers' files.
const (
	mediaTime   = 30 * time.Second // of one try, to the last byte
	mediaGiveUp = 30 * time.Minute // after that a try that fails is the last one
	mediaLate   = 3 * time.Hour    // after that no job can be left
)

const noFile = "The file could not be fetched from the provider."

// FetchMedia fetches a file that a customer sent, in one try. An error asks for another one later; what cannot be had,
// or not in time, becomes FAILED with a reason. A file that was settled before is left alone.
func (d *Desk) FetchMedia(ctx context.Context, account int64, attachment model.ID) error {
	a, err := d.db.Attachment(ctx, account, attachment)
	if model.CodeOf(err) == model.NotFound || err == nil && a.State != model.AttachmentPending {
		return nil
	}
	if err != nil {
		return err
	}
	err = d.fetch(ctx, a)
	if err == nil {
		a.State = model.AttachmentReady
		_, err = d.settleMedia(ctx, a)
		return err
	}
	reason := mediaFailure(err)
	if reason == "" && d.now().Sub(a.CreatedAt) < mediaGiveUp {
		return fmt.Errorf("fetch attachment %s: %w", attachment, err)
	}
	if reason == "" {
		reason = noFile
		d.log.WarnContext(ctx, "gave up on a customer's file", "account", account, "attachment", attachment, "error", err)
	}
	return d.failMedia(ctx, a, reason)
}

// fetch streams the file from the provider into the store and notes what it is.
func (d *Desk) fetch(ctx context.Context, a *model.Attachment) error {
	id, err := d.db.ChannelIDOf(ctx, a.AccountID, a.ConversationID)
	if err != nil {
		return err
	}
	c, err := d.db.Channel(ctx, a.AccountID, id)
	if err != nil {
		return err
	}
	fetcher, ok := d.providers[c.Provider].(channel.MediaFetcher)
	if !ok {
		return model.Refuse(model.NotFound, "Files of this provider cannot be fetched.")
	}
	secret, _, err := d.Secrets(ctx, c)
	if err != nil {
		return err
	}
	if a.BlobKey, err = d.db.KeepBlobKey(ctx, a.AccountID, a.ID, blob.NewKey(a.AccountID)); err != nil || a.BlobKey == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mediaTime)
	defer cancel()
	media, err := fetcher.FetchMedia(ctx, c, secret, a.SourceURL)
	if err != nil {
		return err
	}
	defer media.Body.Close()
	return d.keepMedia(ctx, a, media)
}

func (d *Desk) keepMedia(ctx context.Context, a *model.Attachment, media *channel.Media) error {
	if media.Size > model.MaxAttachmentBytes {
		return blob.ErrTooLarge
	}
	if a.FileName == "" {
		a.FileName = cleanFileName(media.FileName)
	}
	declared := media.ContentType
	if declared == "" {
		declared = a.ContentType
	}
	if err := d.putBlob(ctx, a, declared, media.Body); err != nil {
		return err
	}
	if media.Size > 0 && a.Size != media.Size {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// mediaFailure is what to tell of a file that can never be had; "" while another try may help.
func mediaFailure(err error) string {
	var refused *model.Error
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return "The file is larger than 16 MB."
	case errors.As(err, &refused) && (refused.Code == model.NotFound || refused.Code == model.TooLarge):
		return refused.Text
	}
	return ""
}

func (d *Desk) failMedia(ctx context.Context, a *model.Attachment, reason string) error {
	a.State, a.Failure, a.Size = model.AttachmentFailed, reason, 0
	ours, err := d.settleMedia(ctx, a)
	if err != nil || !ours || a.BlobKey == "" {
		return err
	}
	return d.blobs.Delete(ctx, a.BlobKey)
}

// settleMedia stores what became of a file, unless that was decided before.
func (d *Desk) settleMedia(ctx context.Context, a *model.Attachment) (bool, error) {
	ours, err := d.db.SettleMedia(context.WithoutCancel(ctx), a)
	if err == nil && ours {
		d.told(a.AccountID)
	}
	return ours, err
}
