package blob

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// HeadLen is how many first bytes Sniff makes use of.
const HeadLen = 4096

const octetStream = "application/octet-stream"

// maxPixels is 16384 x 16384. A larger image needs more than a gigabyte to be shown, in a file of some kilobytes.
const maxPixels = 1 << 28

// Sniff decides the content type under which bytes are stored, from the first of them (up to HeadLen) and what the
// sender declared. It is the declared type, in its usual spelling, if that is on the list of types a desk receives and
// the bytes are of it; the type of the bytes if none was declared; else application/octet-stream, which browsers only
// save. HTML, SVG and other markup is never named as such. Text comes with its charset.
//
//	body := bufio.NewReaderSize(resp.Body, blob.HeadLen)
//	head, _ := body.Peek(blob.HeadLen)
//	contentType := blob.Sniff(head, declared)
func Sniff(head []byte, declared string) string {
	name, _, err := mime.ParseMediaType(declared)
	if err != nil && declared != "" {
		return octetStream
	}
	if usual, ok := aliases[name]; ok {
		name = usual
	}
	form := formOf(head)
	if name == "" || name == octetStream {
		name = undeclared[form]
	}
	if !slices.Contains(forms[name], form) || pixels(form, head) > maxPixels {
		return octetStream
	}
	if !strings.HasPrefix(name, "text/") {
		return name
	}
	if _, charset, ok := strings.Cut(http.DetectContentType(head), "charset="); ok && form == formText {
		return name + "; charset=" + charset
	}
	return name + "; charset=utf-8"
}

// Inline tells whether a browser may show the content type in place. All others are served with
// Content-Disposition: attachment.
func Inline(contentType string) bool {
	switch contentType {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return strings.HasPrefix(contentType, "audio/") || strings.HasPrefix(contentType, "video/")
}

// pixels is the size that the header of an image declares, 0 when the head does not show it. Nothing is unpacked.
func pixels(form string, head []byte) int {
	var c image.Config
	var err error
	switch form {
	case formPNG:
		c, err = png.DecodeConfig(bytes.NewReader(head))
	case formGIF:
		c, err = gif.DecodeConfig(bytes.NewReader(head))
	case formJPEG:
		c, err = jpeg.DecodeConfig(bytes.NewReader(head))
	}
	if err != nil {
		return 0
	}
	return c.Width * c.Height
}
