package cloudapi

import (
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// shape is how WhatsApp shows a file: its type of message, and how large such a file may be, in bytes.
type shape struct {
	kind string
	most int64
}

// shapes are the types of files that WhatsApp shows as what they are (Meta, supported media types). Every other file, and
// a larger one, goes as a document, which may have 100 MB.
var shapes = map[string]shape{
	"image/jpeg": {"image", 5 << 20},
	"image/png":  {"image", 5 << 20},
	"video/mp4":  {"video", 16 << 20},
	"video/3gpp": {"video", 16 << 20},
	"audio/aac":  {"audio", 16 << 20},
	"audio/amr":  {"audio", 16 << 20},
	"audio/mpeg": {"audio", 16 << 20},
	"audio/mp4":  {"audio", 16 << 20},
	"audio/ogg":  {"audio", 16 << 20},
}

// fileOf writes a file as a link that Meta fetches, with the text as its caption. Sound has no caption.
func fileOf(m *channel.Outgoing) (kind string, part object, refused *channel.SendError) {
	f := m.Files[0]
	content, _, _ := strings.Cut(strings.ToLower(f.ContentType), ";")
	s, ok := shapes[strings.TrimSpace(content)]
	if !ok || f.Size > s.most {
		s = shape{kind: "document"}
	}
	part = object{"link": f.URL}
	if s.kind == "document" && f.Name != "" {
		part["filename"] = f.Name
	}
	switch {
	case m.Text == "":
	case s.kind == "audio":
		return "", nil, rejected("WhatsApp takes no text with a sound file.", "Send the text apart from the file.")
	case model.TextUnits(m.Text) > maxCaption:
		return "", nil, rejected("The text is too long to stand under a file: WhatsApp takes 1,024 characters.", "Send the text apart from the file.")
	default:
		part["caption"] = m.Text
	}
	return s.kind, part, nil
}
