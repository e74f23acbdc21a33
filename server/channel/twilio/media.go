package twilio

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

const (
	maxRedirects = 5
	mediaTimeout = 30 * time.Second // for the whole file, when the context has no deadline
)

// FetchMedia opens a file of a customer's message. The Auth Token goes to Twilio's own hosts and with the first request
// only; its redirects, which lead to a store of files, are followed without it. A file that Twilio no longer has gives
// NOT_FOUND, refused credentials PROVIDER_REFUSED, both as *model.Error; any other error may pass.
func (p *Provider) FetchMedia(ctx context.Context, c *model.Channel, secret model.Secret, from string) (*channel.Media, error) {
	u, err := url.Parse(from)
	if err != nil {
		return nil, model.Refuse(model.NotFound, "The link to the file is not valid.")
	}
	cancel := context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		ctx, cancel = context.WithTimeout(ctx, mediaTimeout)
	}
	resp, err := p.follow(ctx, p.rewrite(u), c.Sender.ProviderAccount, secret[AuthToken])
	if err != nil {
		cancel()
		return nil, fmt.Errorf("fetch media: %w", err)
	}
	return &channel.Media{
		Body:        body{resp.Body, cancel},
		ContentType: clean(resp.Header.Get("Content-Type"), 256),
		FileName:    attachedName(resp.Header.Get("Content-Disposition")),
		Size:        resp.ContentLength,
	}, nil
}

// follow gets the URL and what it redirects to.
func (p *Provider) follow(ctx context.Context, u *url.URL, account, token string) (*http.Response, error) {
	for hop := 0; hop <= maxRedirects; hop++ {
		req, err := p.mediaRequest(ctx, u)
		if err != nil {
			return nil, err
		}
		if hop == 0 && p.own(u) {
			req.SetBasicAuth(account, token)
		}
		resp, err := p.transport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		resp.Body.Close()
		next, err := redirect(resp, u)
		if err != nil {
			return nil, err
		}
		if p.base != nil && p.own(next) && !p.own(u) {
			return nil, fmt.Errorf("redirect from %s into the private network", u.Hostname())
		}
		u = next
	}
	return nil, fmt.Errorf("more than %d redirects", maxRedirects)
}

// mediaRequest asks for the file as it is: a compressed answer could unpack to any size.
func (p *Provider) mediaRequest(ctx context.Context, u *url.URL) (*http.Request, error) {
	if u.User != nil || (u.Scheme != "https" && !p.own(u)) {
		return nil, model.Refuse(model.NotFound, "The link to the file is not one that may be followed.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	return req, nil
}

// redirect returns where the answer leads, or what it means when it leads nowhere.
func redirect(resp *http.Response, u *url.URL) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := u.Parse(resp.Header.Get("Location"))
		if err != nil || resp.Header.Get("Location") == "" {
			return nil, fmt.Errorf("%s redirects to nowhere", u.Hostname())
		}
		return next, nil
	case http.StatusNotFound, http.StatusGone:
		return nil, model.Refuse(model.NotFound, "Twilio no longer has the file.")
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, model.Refuse(model.ProviderRefused, "Twilio does not hand the file out with these credentials.")
	}
	return nil, fmt.Errorf("%s answered %d", u.Hostname(), resp.StatusCode)
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

// body ends the deadline of the download when the file is closed.
type body struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
