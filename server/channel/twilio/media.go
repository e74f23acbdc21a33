package twilio

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/egress"
)

const (
	maxRedirects = 5
	mediaTimeout = 30 * time.Second // for the whole file with its redirects
	// The caller caps the file itself. What declares itself far beyond is not even begun.
	maxMedia = model.MaxAttachmentBytes + 64<<10
)

// FetchMedia opens a file of a customer's message. It asks Twilio, with the Auth Token, and follows redirects, which
// lead to a store of files, without it. A file that Twilio no longer has gives NOT_FOUND, as does a link that leads
// anywhere else; refused credentials give PROVIDER_REFUSED, and too large a file TOO_LARGE, all as *model.Error. Any
// other error may pass.
func (p *Provider) FetchMedia(ctx context.Context, c *model.Channel, secret model.Secret, from string) (*channel.Media, error) {
	u, err := url.Parse(from)
	if err != nil {
		return nil, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	if u = p.rewrite(u); !p.own(u) {
		return nil, model.Refuse(model.NotFound, "The link to the file is not one of Twilio's.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	req.SetBasicAuth(c.Sender.ProviderAccount, secret[AuthToken])
	req.Header.Set("Accept-Encoding", "identity") // a compressed answer could unpack to any size
	resp, err := p.guard.Follow(p.media, req, maxRedirects)
	if err != nil {
		return nil, mediaError(err)
	}
	if err := refusedMedia(resp); err != nil {
		resp.Body.Close()
		return nil, fmt.Errorf("fetch media: %w", err)
	}
	return &channel.Media{
		Body:        resp.Body,
		ContentType: clean(resp.Header.Get("Content-Type"), 256),
		FileName:    attachedName(resp.Header.Get("Content-Disposition")),
		Size:        resp.ContentLength,
	}, nil
}

// mediaError says what never mends, and takes the URL out of any other error: it names the account, and a redirect's is signed.
func mediaError(err error) error {
	if errors.Is(err, egress.ErrTooLarge) {
		return model.Refuse(model.TooLarge, "The file is larger than 16 MB.")
	}
	if errors.Is(err, egress.ErrRefused) {
		return model.Refuse(model.NotFound, "The file is in a place that may not be asked.")
	}
	var full *url.Error
	if errors.As(err, &full) {
		err = full.Err
	}
	return fmt.Errorf("fetch media: %w", err)
}

// refusedMedia is what an answer means that is not the file.
func refusedMedia(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return model.Refuse(model.NotFound, "Twilio no longer has the file.")
	case http.StatusUnauthorized, http.StatusForbidden:
		return model.Refuse(model.ProviderRefused, "Twilio does not hand the file out with these credentials.")
	}
	return fmt.Errorf("%s answered %d", resp.Request.URL.Hostname(), resp.StatusCode)
}

// attachedName is the file name in a Content-Disposition header, without a path.
func attachedName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil || params["filename"] == "" {
		return ""
	}
	name := path.Base(clean(params["filename"], 255))
	if name == "." || name == "/" {
		return ""
	}
	return name
}
