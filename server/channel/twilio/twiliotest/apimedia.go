package twiliotest

import (
	"net/http"
	"strings"
)

func (t *Twilio) listMedia(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.messageOf(c)
	if m == nil {
		return missing(c.request)
	}
	items, sids := []any{}, []string(nil)
	for _, f := range m.files {
		items, sids = append(items, mediaResource(f)), append(sids, f.sid)
	}
	p, ok := paginate(c.request.URL.Query(), sids)
	if !ok {
		return badPage()
	}
	return reply(http.StatusOK, p.list(c.Path, "media_list", items[p.start:p.end]))
}

// fetchMedia answers for SID.json with the resource, and for the SID alone with the way to the file: a redirect to the
// CDN, where the credentials are not to be sent.
func (t *Twilio) fetchMedia(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	sid, resource := c.fileSid()
	f := t.files[sid]
	if m := t.messageOf(c); f == nil || m == nil || f.parent != m {
		return missing(c.request)
	}
	if resource {
		return reply(http.StatusOK, mediaResource(f))
	}
	return answer{status: http.StatusTemporaryRedirect}.with("Location", t.options.URL+f.path)
}

func mediaResource(f *file) map[string]any {
	m := f.parent
	return map[string]any{
		"sid": f.sid, "account_sid": m.Account, "parent_sid": m.Sid, "content_type": f.contentType,
		"date_created": rfc2822(f.created), "date_updated": rfc2822(f.created),
		"uri": accountPath(m.account) + "/Messages/" + m.Sid + "/Media/" + f.sid + ".json",
	}
}

// serveFile is the CDN. It asks for no credentials, and notes when some are sent. What could run as a page is not
// shown as one: the emulator's own page has the same origin.
func (t *Twilio) serveFile(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	f := t.cdn[r.URL.Path]
	t.fetches = append(t.fetches, MediaFetch{Path: r.URL.Path, Authorized: r.Header.Get("Authorization") != ""})
	t.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	if !strings.HasPrefix(f.contentType, "image/") || f.contentType == "image/svg+xml" {
		h.Set("Content-Disposition", "attachment")
	}
	w.Write(f.data)
}
