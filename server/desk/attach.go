package desk

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
)

// For whom the URL of a file is: an agent, or a message at the provider.
const (
	forAgent   = "agent:"
	forMessage = "message:"
)

// maxFileName is how long a file's name may be, in bytes.
const maxFileName = 200

// Upload stores a file that the agent is about to send. It streams, at most model.MaxAttachmentBytes; the content type
// is that of the bytes, whatever was declared. An upload that no message uses is deleted after a day.
func (d *Desk) Upload(ctx context.Context, fileName, declaredType string, body io.Reader) (*model.Attachment, error) {
	v, err := asAgent(ctx)
	if err != nil {
		return nil, err
	}
	now := d.moment()
	a := &model.Attachment{AccountID: v.Account, ID: model.NewIDAt(model.KindAttachment, now), State: model.AttachmentPending, FileName: cleanFileName(fileName),
		BlobKey: blob.NewKey(v.Account), AgentID: v.Agent, CreatedAt: now}
	if err := d.db.AddAttachment(ctx, a); err != nil {
		return nil, err
	}
	err = d.putBlob(ctx, a, declaredType, body)
	if err == nil && a.Size == 0 {
		err = model.Refuse(model.Invalid, "The file is empty.")
	}
	if errors.Is(err, blob.ErrTooLarge) {
		err = model.Refuse(model.TooLarge, "A file holds 16 MB at most.")
	}
	if err != nil {
		return nil, d.dropUpload(context.WithoutCancel(ctx), a, err)
	}
	a.State = model.AttachmentReady
	return a, d.db.ReadyUpload(ctx, a)
}

// dropUpload deletes an upload, first its bytes: what a crash leaves is found again by its row. It returns why, unless
// that fails.
func (d *Desk) dropUpload(ctx context.Context, a *model.Attachment, why error) error {
	if a.BlobKey != "" {
		if err := d.blobs.Delete(ctx, a.BlobKey); err != nil {
			return errors.Join(why, err)
		}
	}
	if err := d.db.DropUpload(ctx, a.AccountID, a.ID); err != nil {
		return errors.Join(why, err)
	}
	return why
}

// putBlob stores the bytes where the attachment says, and notes their type and size in it.
func (d *Desk) putBlob(ctx context.Context, a *model.Attachment, declaredType string, body io.Reader) (err error) {
	buffered := bufio.NewReaderSize(body, blob.HeadLen)
	head, err := buffered.Peek(blob.HeadLen)
	if err != nil && err != io.EOF {
		return err
	}
	a.ContentType = blob.Sniff(head, declaredType)
	a.Size, _, err = d.blobs.Put(ctx, a.BlobKey, a.ContentType, buffered, model.MaxAttachmentBytes)
	return err
}

// cleanFileName keeps the last part of a path, without what cannot be shown.
func cleanFileName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s[strings.LastIndexByte(s, '/')+1:])
	if s == "." || s == ".." {
		return ""
	}
	return model.CleanText(s, maxFileName)
}

// AttachmentURL returns an address at which the viewer may fetch the file for a quarter of an hour, "" while there is
// nothing to fetch. The caller has made sure that the viewer may see it.
func (d *Desk) AttachmentURL(ctx context.Context, a *model.Attachment) (string, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil || a.State != model.AttachmentReady {
		return "", err
	}
	return d.signer.URL(mediaID(a.AccountID, a.ID), forAgent+string(v.Agent), d.now().Add(model.AgentURLLife)), nil
}

// mediaID names a file in an address that nobody has to sign in for, with its account.
func mediaID(account int64, id model.ID) string {
	return strconv.FormatInt(account, 10) + "_" + string(id)
}

// OpenAttachment opens the file of a signed address: id is the last part of its path. NOT_FOUND stands for every address
// that is not one of ours, or no longer. The caller closes the reader.
func (d *Desk) OpenAttachment(ctx context.Context, id string, query url.Values) (*model.Attachment, *blob.Reader, error) {
	gone := model.Refuse(model.NotFound, "There is no such file, or the address expired.")
	audience, err := d.signer.Check(id, query, d.now())
	if err != nil {
		return nil, nil, gone
	}
	before, after, _ := strings.Cut(id, "_")
	account, err := strconv.ParseInt(before, 10, 64)
	if err != nil {
		return nil, nil, gone
	}
	a, err := d.db.Attachment(ctx, account, model.ID(after))
	if err != nil {
		return nil, nil, err
	}
	message, provider := strings.CutPrefix(audience, forMessage)
	if a.State != model.AttachmentReady || provider && message != string(a.MessageID) {
		return nil, nil, gone
	}
	r, err := d.blobs.Open(ctx, a.BlobKey)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, nil, gone
	}
	return a, r, err
}

// uploadGrace is how long an upload stays beyond its life, so that none goes while a message takes it.
const uploadGrace = time.Hour

// DropUploads deletes uploads that no message used for a day.
func (d *Desk) DropUploads(ctx context.Context) error {
	unused, err := d.db.UnusedUploads(ctx, d.now().Add(-model.UploadLife-uploadGrace), 500)
	if err != nil {
		return err
	}
	for _, a := range unused {
		if err := d.dropUpload(ctx, a, nil); err != nil {
			return err
		}
	}
	return nil
}
