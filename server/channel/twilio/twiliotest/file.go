package twiliotest

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"time"
)

// File is what a customer sends with a message.
type File struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Data        []byte `json:"data"`
}

// file is a Media resource.
type file struct {
	sid, name, contentType string
	path                   string // at the CDN
	parent                 *message
	data                   []byte
	created                time.Time
}

// MediaFetch is one download from the CDN. Twilio's CDN wants no credentials: a client that sends them there leaks
// them.
type MediaFetch struct {
	Path       string
	Authorized bool // the request carried an Authorization header
}

// MediaFetches returns all downloads from the CDN so far.
func (t *Twilio) MediaFetches() []MediaFetch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]MediaFetch(nil), t.fetches...)
}

// keep stores a file of a message. The caller holds the lock.
func (t *Twilio) keep(m *message, f File) {
	kept := &file{
		sid: t.sid("ME"), name: f.Name, contentType: f.ContentType, data: f.Data, parent: m, created: t.now(),
	}
	kept.path = "/cdn/" + m.account.sid + "/" + hexOf(t.random)
	t.files[kept.sid], t.cdn[kept.path] = kept, kept
	m.files = append(m.files, kept)
}

const (
	maxMedia     = 16 << 20 // WhatsApp's limit; Twilio's own is 5 MB for some images
	mediaTimeout = 15 * time.Second
)

// fetch downloads a MediaUrl of the desk, as Twilio does before it sends a message on.
func (t *Twilio) fetch(address string) (File, error) {
	ctx, cancel := context.WithTimeout(t.running, mediaTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return File{}, err
	}
	r.Header.Set("User-Agent", userAgent)
	resp, err := t.client.Do(r)
	if err != nil {
		return File{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return File{}, fmt.Errorf("media answered %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxMedia+1))
	if err != nil {
		return File{}, err
	}
	contentType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || len(data) > maxMedia {
		return File{}, fmt.Errorf("media without Content-Type, or larger than %d bytes", maxMedia)
	}
	return File{Name: path.Base(resp.Request.URL.Path), ContentType: contentType, Data: data}, nil
}
