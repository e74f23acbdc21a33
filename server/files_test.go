package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// uploaded is what the desk says of an upload.
type uploaded struct {
	status                    int
	ID, ContentType, FileName string
	Size                      int64
	Errors                    []struct{ Code, Message string }
}

// upload sends a request to /uploads.
func (w *world) upload(token string, body io.Reader, headers ...string) uploaded {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url()+"/uploads", body)
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got := send(w.t, r)
	answer := uploaded{status: got.status}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		w.t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return answer
}

// inForm is a form with the file, and its content type.
func inForm(name, contentType string, data []byte) (body *bytes.Buffer, boundary string) {
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	form.WriteField("note", "not the file")
	head := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}}
	head.Set("Content-Type", contentType)
	part, _ := form.CreatePart(head)
	part.Write(data)
	form.Close()
	return body, form.FormDataContentType()
}

const html = "<!doctype html><script>alert(1)</script>"

func TestUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	largest := bytes.Repeat([]byte("x"), model.MaxAttachmentBytes)
	for _, c := range []struct {
		name, fileName, contentType string
		data                        []byte
		status                      int
		wantName, wantType          string
	}{
		{"a picture", "pixel.png", "image/png", pixel, 201, "pixel.png", "image/png"},
		{"a picture of no type", "pixel.png", "", pixel, 201, "pixel.png", "image/png"},
		{"a page", "page.html", "text/html", []byte(html), 201, "page.html", "application/octet-stream"},
		{"a page that says it is a picture", "page.png", "image/png", []byte(html), 201, "page.png", "application/octet-stream"},
		{"a drawing with a script", "a.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), 201, "a.svg", "application/octet-stream"},
		{"text", "a.txt", "text/plain", []byte("hello"), 201, "a.txt", "text/plain; charset=utf-8"},
		{"a path", "../../etc/passwd", "image/png", pixel, 201, "passwd", "image/png"},
		{"a path of Windows", `C:\\Users\\hana\\x.png`, "image/png", pixel, 201, "x.png", "image/png"},
		{"a folder", "..", "image/png", pixel, 201, "", "image/png"},
		{"no name", "", "image/png", pixel, 201, "", "image/png"},
		{"a name in Japanese", "写真.png", "image/png", pixel, 201, "写真.png", "image/png"},
		{"a long name", strings.Repeat("é", 300) + ".png", "image/png", pixel, 201, strings.Repeat("é", 100), "image/png"},
		{"nothing", "a.png", "image/png", nil, 400, "", ""},
		{"the largest", "a.txt", "text/plain", largest, 201, "a.txt", "text/plain; charset=utf-8"},
		{"a byte too many", "a.txt", "text/plain", append(largest, 'x'), 413, "", ""},
	} {
		headers := []string{"X-File-Name", url.PathEscape(c.fileName)}
		if c.contentType != "" {
			headers = append(headers, "Content-Type", c.contentType)
		}
		raw := w.upload(w.admin.token, bytes.NewReader(c.data), headers...)
		body, boundary := inForm(c.fileName, c.contentType, c.data)
		form := w.upload(w.admin.token, body, "Content-Type", boundary)
		for how, got := range map[string]uploaded{"raw": raw, "in a form": form} {
			if c.fileName == "" && how == "in a form" {
				continue // a part without a name is a field
			}
			if got.status != c.status || got.status == 201 && (got.FileName != c.wantName || got.ContentType != c.wantType || got.Size != int64(len(c.data)) || got.ID == "") {
				t.Errorf("%s, %s: %+.300v", c.name, how, got)
			}
			if got.status != 201 && (len(got.Errors) != 1 || got.Errors[0].Code == "" || got.Errors[0].Message == "") {
				t.Errorf("%s, %s: does not say why: %+v", c.name, how, got)
			}
		}
	}
	if n, kept := w.count("attachments"), w.count("attachments WHERE state = 'READY'"); n != kept {
		t.Errorf("%d uploads that failed were left", n-kept)
	}
}

func TestUploadsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body, boundary := inForm("a.png", "image/png", pixel)
	whole := body.String()
	nameless, plain := inForm("", "image/png", pixel)
	for _, c := range []struct {
		name, token string
		body        string
		headers     []string
		status      int
		code        string
	}{
		{"no token", "", string(pixel), nil, 401, "UNAUTHENTICATED"},
		{"a bad token", "1_nonsense", string(pixel), nil, 401, "UNAUTHENTICATED"},
		{"a name that is not encoded", w.admin.token, string(pixel), []string{"X-File-Name", "100%"}, 400, "INVALID"},
		{"a form without a file", w.admin.token, nameless.String(), []string{"Content-Type", plain}, 400, "INVALID"},
		{"a form without boundary", w.admin.token, whole, []string{"Content-Type", "multipart/form-data"}, 400, "INVALID"},
		{"a form that breaks off", w.admin.token, whole[:len(whole)-30], []string{"Content-Type", boundary}, 400, "INVALID"},
		{"a form that is none", w.admin.token, "nonsense", []string{"Content-Type", boundary}, 400, "INVALID"},
	} {
		got := w.upload(c.token, strings.NewReader(c.body), c.headers...)
		if got.status != c.status || len(got.Errors) != 1 || got.Errors[0].Code != c.code {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	r := w.get("/uploads")
	if got := send(t, r); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
		t.Errorf("GET: %d", got.status)
	}
	if n := w.count("attachments"); n != 0 {
		t.Errorf("%d attachments", n)
	}
}

// Somebody who sends half a file and leaves is no fault of the desk, and leaves nothing behind.
func TestUploadThatBreaksOff(t *testing.T) {
	t.Parallel()
	var log lines
	w := newWorldLogging(t, &log)
	conn, err := net.Dial("tcp", w.server.Addr().String())
	must(t, err)
	fmt.Fprintf(conn, "POST /uploads HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n%s", w.admin.token, strings.Repeat("x", 100_000))
	w.eventually("the upload begins", func() bool { return w.count("attachments") == 1 })
	conn.Close()
	w.eventually("it is dropped", func() bool { return w.count("attachments") == 0 })
	if text := log.String(); strings.Contains(text, "ERROR") {
		t.Errorf("logged %s", text)
	}
}

// fileOf uploads a file, sends it to the customer and returns the address at which an agent fetches it.
func (d *door) fileFor(p *person, name string, data []byte) (address string) {
	d.t.Helper()
	id := d.upload(p.token, bytes.NewReader(data), "X-File-Name", url.PathEscape(name)).ID
	p.must("sendMessage", `{"conversationId":"`+p.inView()+`","clientKey":"`+id+`","attachmentIds":["`+id+`"]}`)
	p.saw("the file", func(e liveEvent) bool {
		m := e.Event.Message
		if m == nil || len(m.Attachments) != 1 || m.Direction != "OUTBOUND" {
			return false
		}
		address = m.Attachments[0].URL
		return address != ""
	})
	return address
}

func newFile(t *testing.T) (d *door, address string) {
	t.Helper()
	d = newDoor(t)
	d.agent("hana", "WhatsApp")
	d.customerSays(customer, "hello", twiliotest.WhatsAppNumber, false)
	d.agents["hana"].seesMessage("hello")
	return d, d.fileFor(d.agents["hana"], "写真 \"1\".png", pixel)
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	d, address := newFile(t)
	fetch := func(change func(*http.Request)) heard {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		must(t, err)
		change(r)
		return send(t, r)
	}
	got := fetch(func(*http.Request) {})
	if got.status != 200 || got.body != string(pixel) {
		t.Fatalf("answered %d with %d bytes", got.status, len(got.body))
	}
	for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition": `attachment; filename*=utf-8''%E5%86%99%E7%9C%9F%20%221%22.png`, "Cache-Control": "private, max-age=900, immutable", "Accept-Ranges": "bytes"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got := fetch(func(r *http.Request) { r.Method = http.MethodHead }); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != fmt.Sprint(len(pixel)) {
		t.Errorf("HEAD: %d, %s bytes", got.status, got.header.Get("Content-Length"))
	}
	if got := fetch(func(r *http.Request) { r.Header.Set("Range", "bytes=1-3") }); got.status != 206 || got.body != "PNG" || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("a range: %d %q", got.status, got.body)
	}
	if got := fetch(func(r *http.Request) { r.Header.Set("Range", "bytes=9999-") }); got.status != 416 {
		t.Errorf("a range outside: %d", got.status)
	}
	if got := fetch(func(r *http.Request) { r.Header.Set("If-Modified-Since", got.header.Get("Last-Modified")) }); got.status != 304 {
		t.Errorf("if it changed: %d", got.status)
	}
	if got := fetch(func(r *http.Request) { r.Method = http.MethodPost }); got.status != 405 {
		t.Errorf("POST: %d", got.status)
	}
	d.refusesAddresses(address)
}

// refusesAddresses tries every address that is like a good one.
func (d *door) refusesAddresses(good string) {
	d.t.Helper()
	change := func(part func(u *url.URL, q url.Values)) string {
		u, err := url.Parse(good)
		must(d.t, err)
		q := u.Query()
		part(u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for name, address := range map[string]string{
		"without a query":        strings.Split(good, "?")[0],
		"without a signature":    change(func(_ *url.URL, q url.Values) { q.Del("sig") }),
		"with half of one":       change(func(_ *url.URL, q url.Values) { q.Set("sig", q.Get("sig")[:20]) }),
		"with two":               change(func(_ *url.URL, q url.Values) { q.Add("sig", q.Get("sig")) }),
		"that lasts longer":      change(func(_ *url.URL, q url.Values) { q.Set("exp", "9999999999") }),
		"that lasts for ever":    change(func(_ *url.URL, q url.Values) { q.Del("exp") }),
		"for somebody else":      change(func(_ *url.URL, q url.Values) { q.Set("for", "message:x") }),
		"of another account":     strings.Replace(good, "/media/1_", "/media/2_", 1),
		"of another file":        strings.Replace(good, "/media/1_0", "/media/1_1", 1),
		"of no file":             d.url() + "/media/nonsense?exp=1&for=x&sig=y",
		"with NUL":               d.url() + "/media/%00?exp=1&for=%00&sig=%00",
		"of the folder above":    strings.Replace(good, "/media/", "/media/..%2f", 1),
		"signed, and long ended": d.server.expired(d.t, good),
	} {
		r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, address, nil)
		must(d.t, err)
		if got := send(d.t, r); got.status != http.StatusNotFound || strings.Contains(got.body, "PNG") {
			d.t.Errorf("an address %s: %d %s", name, got.status, got.body)
		}
	}
}

// expired is an address like the good one, signed by the server's own keys, whose time is over.
func (s *Server) expired(t testing.TB, good string) string {
	t.Helper()
	return s.signed(t, good, "", time.Now().Add(-time.Second))
}

// signed is an address for the file of another one, for an audience, or that of the other one.
func (s *Server) signed(t testing.TB, like, audience string, until time.Time) string {
	t.Helper()
	keys, err := keyRing(s.config)
	must(t, err)
	media, err := keys.Derive("media")
	must(t, err)
	signer, err := blob.NewSigner(s.config.public, media...)
	must(t, err)
	u, err := url.Parse(like)
	must(t, err)
	if audience == "" {
		audience = u.Query().Get("for")
	}
	return signer.URL(path.Base(u.Path), audience, until)
}

// The provider fetches a file at an address that is good for one message only.
func TestFileOfTheProvider(t *testing.T) {
	t.Parallel()
	d, mine := newFile(t)
	given := make(chan string, 1)
	d.twilio.Fail(func(c *twiliotest.Call) *twiliotest.Fault {
		if address := c.Form.Get("MediaUrl"); address != "" {
			given <- address
		}
		return nil
	})
	d.fileFor(d.agents["hana"], "second.png", pixel)
	theirs := <-given
	u, err := url.Parse(theirs)
	must(t, err)
	audience := u.Query().Get("for")
	if id, found := strings.CutPrefix(audience, "message:"); !found || d.count("messages WHERE id::text = $1 AND direction = 'OUTBOUND'", id) != 1 {
		t.Errorf("the address is for %q", audience)
	}
	soon := time.Now().Add(time.Minute)
	for address, want := range map[string]int{
		theirs:                                   200,
		d.server.signed(t, mine, audience, soon): 404,
		d.server.signed(t, theirs, audience, soon):                                          200,
		d.server.signed(t, theirs, "message:"+string(model.NewID(model.KindMessage)), soon): 404,
		d.server.signed(t, theirs, "message:", soon):                                        404,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		must(t, err)
		if got := send(t, r); got.status != want {
			t.Errorf("%s: %d, want %d", address, got.status, want)
		}
	}
}

// The times of ordinary requests do not end a transfer that goes on.
func TestSlowTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const short = 150 * time.Millisecond
	hasty := httptest.NewUnstartedServer(w.server.http.Handler)
	hasty.Config.ReadTimeout, hasty.Config.WriteTimeout = short, short
	hasty.Start()
	defer hasty.Close()
	w.address = hasty.URL
	large := bytes.Repeat([]byte("0123456789abcdef"), model.MaxAttachmentBytes/16)
	in, out := io.Pipe()
	go func() {
		for part := range slices.Chunk(large, len(large)/4) {
			out.Write(part)
			<-time.After(short) // the pause is what is tried
		}
		out.Close()
	}()
	got := w.upload(w.admin.token, in, "Content-Type", "text/plain")
	if got.status != http.StatusCreated || got.Size != int64(len(large)) {
		t.Fatalf("a slow upload: %+v", got)
	}
	address := w.server.signed(t, w.url()+"/media/1_"+got.ID, "agent:"+w.admin.id, time.Now().Add(time.Minute))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, hasty.URL+strings.TrimPrefix(address, w.server.config.PublicURL), nil)
	must(t, err)
	resp, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	defer resp.Body.Close()
	<-time.After(3 * short)
	body, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(body, large) {
		t.Errorf("a slow download: %d bytes, %v", len(body), err)
	}
}
