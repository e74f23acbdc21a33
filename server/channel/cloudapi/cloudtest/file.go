package cloudtest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// File is what a customer sends besides text.
type File struct {
	ContentType string
	Data        []byte
	Name        string
	Caption     string
	Other       []byte // what is handed out in its place, as after a mix-up; nil: Data
	Redirected  bool   // the address leads to another one
}

type file struct {
	File
	id, number string
	key        string // of the address that works now; empty: none does
}

// keep stores a file, and returns the part of a message that names it. The caller holds the lock.
func (m *Meta) keep(n *number, f *File) (kind string, part object) {
	m.last++
	kept := &file{File: *f, id: fmt.Sprintf("10033834%08d", m.last), number: n.id}
	m.files[kept.id] = kept
	sum := sha256.Sum256(f.Data)
	part = object{"id": kept.id, "mime_type": f.ContentType, "sha256": base64.StdEncoding.EncodeToString(sum[:])}
	if f.Caption != "" {
		part["caption"] = f.Caption
	}
	kind, _, _ = strings.Cut(f.ContentType, "/")
	switch kind {
	case "image", "video", "audio":
	default:
		kind = "document"
		part["filename"] = f.Name
	}
	return kind, part
}

// Forget deletes all files, as Meta does after a week.
func (m *Meta) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.files)
}

// locate gives a file an address, which in Meta's place works for five minutes. The caller holds the lock.
func (m *Meta) locate(f *file, host string) object {
	m.last++
	f.key = strconv.Itoa(m.last)
	sum := sha256.Sum256(f.Data)
	return object{"url": host + "/files/" + f.key, "mime_type": f.ContentType, "sha256": fmt.Sprintf("%x", sum), "file_size": strconv.Itoa(len(f.Data)),
		"id": f.id, "messaging_product": "whatsapp"}
}

// serveFile hands a file out to whoever has the access token.
func (m *Meta) serveFile(w http.ResponseWriter, r *http.Request) {
	if a := m.refusal(r); a != nil {
		a.write(w)
		return
	}
	if f := m.fileAt(r.PathValue("key")); f != nil && f.Redirected {
		http.Redirect(w, r, "/files/"+f.key+"/elsewhere/", http.StatusFound)
		return
	}
	m.hand(w, r)
}

// serveElsewhere is a store behind the host of files, which must not see the token.
func (m *Meta) serveElsewhere(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "the access token crossed a redirect", http.StatusBadRequest)
		return
	}
	m.hand(w, r)
}

func (m *Meta) hand(w http.ResponseWriter, r *http.Request) {
	f := m.fileAt(r.PathValue("key"))
	if f == nil {
		http.NotFound(w, r)
		return
	}
	data := f.Data
	if f.Other != nil {
		data = f.Other
	}
	w.Header().Set("Content-Type", f.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

func (m *Meta) fileAt(key string) *file {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.files {
		if f.key == key {
			return f
		}
	}
	return nil
}
