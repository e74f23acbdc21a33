package server

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// transferTime bounds an upload or a download: 16 MB at 1 Mbit/s.
const transferTime = 2 * time.Minute

// files serves POST /uploads and GET /media/{id}.
type files struct {
	desk *desk.Desk
	log  *slog.Logger
}

// upload takes one file, as the body itself with its name in X-File-Name (percent-encoded), or as the first file of a
// form. It answers 201 with the id for sendMessage.
func (f *files) upload(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		f.refuse(w, r, http.StatusMethodNotAllowed, model.Refuse(model.Invalid, "Send a file with POST."))
		return
	}
	takeTime(w)
	r.Body = http.MaxBytesReader(w, r.Body, model.MaxAttachmentBytes+64<<10) // a form has heads and tails
	name, declared, body, err := fileOf(r)
	if err != nil {
		f.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	in := &arriving{Reader: body}
	a, err := f.desk.Upload(r.Context(), name, declared, in)
	if err != nil {
		f.refuse(w, r, http.StatusBadRequest, in.blame(err))
		return
	}
	answer(w, http.StatusCreated, map[string]any{"id": a.ID, "contentType": a.ContentType, "fileName": a.FileName, "size": a.Size})
}

// takeTime gives a transfer its own time, in both directions: the answer to an upload is written at its end, and a
// connection that may no longer be read ends a download.
func takeTime(w http.ResponseWriter) {
	c, until := http.NewResponseController(w), time.Now().Add(transferTime)
	_ = errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until))
}

func fileOf(r *http.Request) (name, declared string, body io.Reader, err error) {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType != "multipart/form-data" {
		if name, err = url.PathUnescape(r.Header.Get("X-File-Name")); err != nil {
			err = model.Refuse(model.Invalid, "Give the file's name in X-File-Name percent-encoded.")
		}
		return name, mediaType, r.Body, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", "", nil, model.Refuse(model.Invalid, "The form cannot be read.")
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return "", "", nil, model.Refuse(model.Invalid, "The form holds no file.")
		}
		if part.FileName() != "" {
			return part.FileName(), part.Header.Get("Content-Type"), part, nil
		}
	}
}

// arriving remembers why a file could not be read to its end: that is the caller's fault, not the desk's.
type arriving struct {
	io.Reader
	failed error
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil && err != io.EOF {
		a.failed = err
	}
	return n, err
}

// blame is what to say about a file that was not stored because of err.
func (a *arriving) blame(err error) error {
	var big *http.MaxBytesError
	switch {
	case a.failed == nil:
		return err
	case errors.As(a.failed, &big):
		return model.Refuse(model.TooLarge, "A file holds 16 MB at most.")
	}
	return model.Refuse(model.Invalid, "The file did not arrive whole.")
}

func (f *files) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	refused, ok := refusalOf(err)
	if !ok {
		f.log.ErrorContext(r.Context(), "take an upload", "error", err)
		status, refused = http.StatusInternalServerError, model.Refuse("INTERNAL", "Something broke. Try again.")
	}
	switch refused.Code {
	case model.Unauthenticated:
		status = http.StatusUnauthorized
	case model.TooLarge:
		status = http.StatusRequestEntityTooLarge
	}
	answer(w, status, map[string]any{"errors": []any{map[string]any{"code": refused.Code, "message": refused.Text}}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// download serves a file to whoever holds its signed address. It is never shown as a page of ours.
func (f *files) download(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "Files are fetched with GET.", http.StatusMethodNotAllowed)
		return
	}
	takeTime(w)
	a, reader, err := f.desk.OpenAttachment(r.Context(), r.PathValue("id"), r.URL.Query())
	if err != nil {
		status, text := http.StatusNotFound, "There is no such file, or the address expired."
		if model.CodeOf(err) == "" {
			f.log.ErrorContext(r.Context(), "serve a file", "error", err)
			status, text = http.StatusServiceUnavailable, "The file cannot be read now. Try again."
		}
		http.Error(w, text, status)
		return
	}
	defer reader.Close()
	h := w.Header()
	h.Set("Content-Type", a.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(a)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=900, immutable")
	http.ServeContent(w, r, "", a.CreatedAt, reader)
}

func fileName(a *model.Attachment) string {
	if a.FileName != "" {
		return a.FileName
	}
	if ext, _ := mime.ExtensionsByType(a.ContentType); len(ext) > 0 {
		return "file" + ext[0]
	}
	return "file"
}
