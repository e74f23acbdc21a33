package desk_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

const png = "\x89PNG\r\n\x1a\nnot much of a picture"

func (l *line) uploads(name, declared, bytes string) *model.Attachment {
	l.t.Helper()
	a, err := l.Upload(l.asHana(), name, declared, strings.NewReader(bytes))
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// opens fetches a signed address as the media handler does.
func (l *line) opens(address string) (string, *model.Attachment, error) {
	l.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		l.t.Fatal(err)
	}
	a, r, err := l.OpenAttachment(l.t.Context(), path.Base(u.Path), u.Query())
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(body), a, nil
}

func TestUploadIsSentOnce(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	file := l.uploads(`C:\tmp\a b.png`, "text/html", png)
	if file.State != model.AttachmentReady || file.ContentType != "application/octet-stream" || file.FileName != "a b.png" || file.Size != int64(len(png)) {
		t.Errorf("uploaded %+v", file)
	}
	if file = l.uploads("b.png", "image/png", png); file.ContentType != "image/png" {
		t.Errorf("uploaded %+v", file)
	}
	r := desk.Reply{Conversation: c, Text: "look", Attachments: []model.ID{file.ID}}
	_, _, err := l.Reply(l.asAdmin(), r)
	wantCode(t, err, model.AttachmentNotReady, "attachmentIds") // somebody else's
	m, _, err := l.Reply(l.asHana(), r)
	if err != nil || m.Kind != model.MediaMessage {
		t.Fatal(m, err)
	}
	_, _, err = l.Reply(l.asHana(), r)
	wantCode(t, err, model.AttachmentNotReady, "attachmentIds") // used
	l.count(1, `messages WHERE direction = 'OUTBOUND'`)
	l.deliver(c)
	if len(l.courier.sent) != 1 || len(l.courier.sent[0].Files) != 1 {
		t.Fatalf("sent %+v", l.courier.sent)
	}
	address := l.courier.sent[0].Files[0].URL
	if body, a, err := l.opens(address); body != png || err != nil || a.ID != file.ID {
		t.Errorf("the provider gets %q, %v", body, err)
	}
	l.exec(`UPDATE attachments SET message_id = $1 WHERE id = $2`, model.NewID(model.KindMessage), file.ID)
	if _, _, err := l.opens(address); model.CodeOf(err) != model.NotFound {
		t.Errorf("the address of another message: %v", err)
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	big := io.LimitReader(zeros{}, model.MaxAttachmentBytes+1)
	_, err := l.Upload(l.asHana(), "big", "", big)
	wantCode(t, err, model.TooLarge)
	_, err = l.Upload(l.asHana(), "empty", "", strings.NewReader(""))
	wantCode(t, err, model.Invalid)
	_, err = l.Upload(l.asHana(), "broken", "", io.MultiReader(strings.NewReader("abc"), broken{}))
	if !errors.Is(err, errBroken) {
		t.Errorf("a broken upload: %v", err)
	}
	_, err = l.Upload(t.Context(), "x", "", strings.NewReader("x"))
	wantCode(t, err, model.Unauthenticated)
	l.count(0, `attachments`)
	if a, err := l.Upload(l.asHana(), "most", "", io.LimitReader(zeros{}, model.MaxAttachmentBytes)); err != nil || a.Size != model.MaxAttachmentBytes {
		t.Errorf("16 MB: %+v, %v", a, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

var errBroken = errors.New("connection lost")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestAttachmentURLExpires(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	file := l.uploads("a.png", "image/png", png)
	address, err := l.AttachmentURL(l.asHana(), file)
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := l.opens(address); body != png || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	for _, forged := range []string{strings.Replace(address, "/1_", "/2_", 1), strings.Replace(address, "agent", "message", 1), strings.Replace(address, "sig=", "sig=x", 1)} {
		if _, _, err := l.opens(forged); model.CodeOf(err) != model.NotFound {
			t.Errorf("%s: %v", forged, err)
		}
	}
	l.wind(15*time.Minute + time.Second)
	if _, _, err := l.opens(address); model.CodeOf(err) != model.NotFound {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	file.State = model.AttachmentPending
	if address, err := l.AttachmentURL(l.asHana(), file); address != "" || err != nil {
		t.Errorf("%q, %v", address, err)
	}
}

func TestUnusedUploadsAreDeleted(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	used, unused := l.uploads("a.png", "image/png", png), l.uploads("b.png", "image/png", png)
	if _, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Attachments: []model.ID{used.ID}}); err != nil {
		t.Fatal(err)
	}
	l.wind(24*time.Hour + time.Minute)
	drop := func() {
		t.Helper()
		if err := l.DropUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	l.count(2, `attachments`)
	l.exec(`UPDATE conversations SET last_inbound_at = now() + interval '1 day'`)
	_, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Attachments: []model.ID{unused.ID}})
	wantCode(t, err, model.AttachmentNotReady, "attachmentIds") // it may go at any time
	l.wind(time.Hour)
	drop()
	l.count(1, `attachments WHERE id = $1`, used.ID)
	if _, err := l.blobs.Open(t.Context(), unused.BlobKey); err == nil {
		t.Error("the bytes are still there")
	}
	if _, err := l.blobs.Open(t.Context(), used.BlobKey); err != nil {
		t.Error(err)
	}
}

// sendsFile is a customer's message with a file, and that file as it is stored.
func (l *line) sendsFile() model.ID {
	l.t.Helper()
	in := model.Incoming{ExternalID: string(model.NewID(model.KindRequest)), Addresses: []string{"+4915100"}, Kind: model.MediaMessage, At: l.now(),
		Media: []model.IncomingMedia{{URL: "https://provider.example/1", ContentType: "image/png"}}}
	if err := l.Receive(l.t.Context(), l.channel, []model.Incoming{in}); err != nil {
		l.t.Fatal(err)
	}
	var id model.ID
	l.one((*string)(&id), `SELECT a.id::text FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.external_id = $1`, in.ExternalID)
	l.count(1, `river_job WHERE kind = 'fetch_media' AND queue = 'media' AND args->>'attachment' = $1`, string(id))
	return id
}

func (l *line) file(id model.ID) *model.Attachment {
	l.t.Helper()
	a, err := l.db.Attachment(l.t.Context(), l.account, id)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func media(body io.Reader, size int64) func() (*channel.Media, error) {
	return func() (*channel.Media, error) {
		return &channel.Media{Body: io.NopCloser(body), ContentType: "image/png", FileName: "cat.png", Size: size}, nil
	}
}

func TestFetchMedia(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	id := l.sendsFile()
	l.events()
	fetch := func() error { return l.FetchMedia(t.Context(), l.account, id) }
	l.courier.media = func() (*channel.Media, error) { return nil, errors.New("no route") }
	if err := fetch(); err == nil {
		t.Error("nobody would try again")
	}
	l.courier.media = media(io.MultiReader(strings.NewReader(png), broken{}), -1)
	if err := fetch(); !errors.Is(err, errBroken) {
		t.Errorf("half a file: %v", err)
	}
	l.courier.media = media(strings.NewReader(png), int64(len(png)+1))
	if err := fetch(); err == nil {
		t.Error("a file that is shorter than announced")
	}
	if a := l.file(id); a.State != model.AttachmentPending {
		t.Errorf("file %+v", a)
	}
	l.wantKinds()
	l.courier.media = media(strings.NewReader(png), -1)
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	a := l.file(id)
	if a.State != model.AttachmentReady || a.ContentType != "image/png" || a.FileName != "cat.png" || a.Size != int64(len(png)) {
		t.Errorf("file %+v", a)
	}
	l.wantKinds(model.MessageChanged)
	l.count(1, `messages WHERE id = $1 AND version = 2`, a.MessageID)
	l.courier.media = func() (*channel.Media, error) { t.Error("fetched again"); return nil, context.Canceled }
	if err := fetch(); err != nil {
		t.Error(err)
	}
	if err := l.FetchMedia(t.Context(), l.account, model.NewID(model.KindAttachment)); err != nil {
		t.Errorf("a file that is gone: %v", err)
	}
	l.wantKinds()
	address, err := l.AttachmentURL(l.asHana(), a)
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := l.opens(address); body != png || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

func TestFetchMediaGivesUp(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for want, answer := range map[string]func() (*channel.Media, error){
		"16 MB":           media(zeros{}, -1),
		"larger":          media(strings.NewReader("x"), 10<<30),
		"no longer":       func() (*channel.Media, error) { return nil, model.Refuse(model.NotFound, "It is no longer there.") },
		"not be fetched ": func() (*channel.Media, error) { return nil, errors.New("no route") },
	} {
		id := l.sendsFile()
		if strings.HasPrefix(want, "not") {
			l.exec(`UPDATE attachments SET created_at = now() - interval '31 minutes' WHERE id = $1`, id)
		}
		l.events()
		l.courier.media = answer
		if err := l.FetchMedia(t.Context(), l.account, id); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if a := l.file(id); a.State != model.AttachmentFailed || !strings.Contains(a.Failure, want) || a.Size != 0 {
			t.Errorf("%s: file %+v", want, a)
		}
		l.wantKinds(model.MessageChanged)
	}
	late := l.sendsFile()
	l.exec(`UPDATE attachments SET created_at = now() - interval '4 hours' WHERE id = $1`, late)
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := l.file(late); a.State != model.AttachmentFailed {
		t.Errorf("a file whose job is gone: %+v", a)
	}
}

func TestSeveralFilesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.exec(`UPDATE channels SET kind = 'SMS'`)
	l.exec(`UPDATE identities SET kind = 'SMS'`)
	var ids []model.ID
	for range 10 {
		ids = append(ids, l.uploads("a.png", "image/png", png).ID)
	}
	slices.Reverse(ids)
	if _, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Attachments: ids}); err != nil {
		t.Fatal(err)
	}
	l.deliver(c)
	for i, file := range l.courier.sent[0].Files {
		address := file.URL
		if !bytes.Contains([]byte(address), []byte(ids[i])) {
			t.Errorf("file %d is %s, want %s", i, address, ids[i])
		}
	}
}
