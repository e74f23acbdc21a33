package cloudapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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

// mediaScheme begins the address of a file that Meta knows by an id: "whatsapp-media:<id>?sha256=<hex>". Where the file
// is, Meta says when asked, and that address works for five minutes.
const mediaScheme = "whatsapp-media"

// mediaLink is the address of a file in a webhook, "" when there is none.
func mediaLink(part tree) string {
	id := part.at("id").word()
	if !isMediaID(id) {
		return part.at("url").text(4096)
	}
	link := url.URL{Scheme: mediaScheme, Opaque: id}
	if sum := digest(part.at("sha256").word()); sum != nil {
		link.RawQuery = "sha256=" + hex.EncodeToString(sum)
	}
	return link.String()
}

func isMediaID(id string) bool {
	return id != "" && len(id) <= 128 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}

// digest reads a SHA-256 in base64, as Meta writes it, or in hexadecimal; nil when it is neither.
func digest(text string) []byte {
	if b, err := hex.DecodeString(text); err == nil && len(b) == sha256.Size {
		return b
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := encoding.DecodeString(text); err == nil && len(b) == sha256.Size {
			return b
		}
	}
	return nil
}

// FetchMedia opens a file of a customer's message. It asks Meta where the file with the id is, and fetches it with the
// access token, which goes to Meta's hosts only and never across a redirect. Reading the body to its end fails when that
// is not the file that Meta named. A file that Meta no longer has gives NOT_FOUND, as does a link that leads anywhere
// else; refused credentials give PROVIDER_REFUSED, and too large a file TOO_LARGE, all as *model.Error. Any other error
// may pass.
func (p *Provider) FetchMedia(ctx context.Context, c *model.Channel, secret model.Secret, from string) (*channel.Media, error) {
	link, err := url.Parse(from)
	if err != nil || !isToken(secret[AccessToken]) {
		return nil, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	file := located{address: from}
	if link.Scheme == mediaScheme {
		if file, err = p.locate(ctx, c, secret, link); err != nil {
			return nil, err
		}
	}
	return p.open(ctx, secret, file)
}

// located is a file whose address is known.
type located struct {
	address     string
	contentType string
	sum         []byte // nil: not known
}

func (p *Provider) locate(ctx context.Context, c *model.Channel, secret model.Secret, link *url.URL) (located, error) {
	if !isMediaID(link.Opaque) {
		return located{}, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	k, ctx, cancel := p.call(ctx, secret)
	defer cancel()
	if err := k.get(ctx, url.Values{"phone_number_id": {c.Sender.NumberID}}, link.Opaque); err != nil {
		return located{}, k.mediaRefusal(err)
	}
	file := located{address: k.answer.at("url").text(4096), contentType: clean(k.answer.at("mime_type").word(), 256)}
	if file.sum = digest(link.Query().Get("sha256")); file.sum == nil {
		file.sum = digest(k.answer.at("sha256").word())
	}
	if size, ok := k.answer.at("file_size").number(); ok && size > maxMedia {
		return located{}, model.Refuse(model.TooLarge, tooLarge)
	}
	return file, nil
}

const tooLarge = "The file is larger than 16 MB."

// mediaRefusal is what an error means when Meta is asked where a file is.
func (k *call) mediaRefusal(err error) error {
	e := k.sendError(err)
	switch {
	case e.Outcome == channel.Credentials:
		return model.Refuse(model.ProviderRefused, "Meta does not hand the file out with this access token.")
	case k.status == http.StatusNotFound, k.status < 500 && (e.Code == "100" || e.Code == "33" || e.Code == "131052"):
		return model.Refuse(model.NotFound, "Meta no longer has the file.")
	}
	return fmt.Errorf("ask where a file is: %w", e)
}

// open begins to fetch the file.
func (p *Provider) open(ctx context.Context, secret model.Secret, file located) (*channel.Media, error) {
	u, err := url.Parse(file.address)
	if err != nil || !p.own(u) {
		return nil, model.Refuse(model.NotFound, "The link to the file is not one of Meta's.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	req.Header.Set("Authorization", "Bearer "+secret[AccessToken])
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "identity") // a compressed answer could unpack to any size
	resp, err := p.guard.Follow(p.media, req, maxRedirects)
	if err != nil {
		return nil, mediaError(err)
	}
	if err := refusedMedia(resp); err != nil {
		resp.Body.Close()
		return nil, fmt.Errorf("fetch media: %w", err)
	}
	media := &channel.Media{Body: resp.Body, ContentType: clean(resp.Header.Get("Content-Type"), 256), Size: resp.ContentLength}
	if file.contentType != "" {
		media.ContentType = file.contentType
	}
	if file.sum != nil {
		media.Body = &summed{ReadCloser: resp.Body, want: file.sum, hash: sha256.New()}
	}
	return media, nil
}

// mediaError says what never mends, and takes the URL out of any other error: it opens the file.
func mediaError(err error) error {
	if errors.Is(err, egress.ErrTooLarge) {
		return model.Refuse(model.TooLarge, tooLarge)
	}
	if errors.Is(err, egress.ErrRefused) {
		return model.Refuse(model.NotFound, "The file is in a place that may not be asked.")
	}
	return fmt.Errorf("fetch media: %s", cause(err))
}

// refusedMedia is what an answer means that is not the file. An address that is a few minutes old answers 404, and the
// next try asks for a new one; that the file itself is gone, locate finds out.
func refusedMedia(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return model.Refuse(model.ProviderRefused, "Meta does not hand the file out with this access token.")
	}
	return fmt.Errorf("%s answered %d", resp.Request.URL.Hostname(), resp.StatusCode)
}
