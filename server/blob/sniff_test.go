package blob

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

func encoded(t *testing.T, encode func(*bytes.Buffer, image.Image) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewPaletted(image.Rect(0, 0, 4, 4), nil)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pngHeader is a PNG that declares a size and ends there.
func pngHeader(width, height uint32) string {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk)))
}

func TestSniff(t *testing.T) {
	t.Parallel()
	pngBytes := encoded(t, func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, image.NewGray(i.Bounds())) })
	jpegBytes := encoded(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, image.NewGray(i.Bounds()), nil) })
	gifBytes := encoded(t, func(b *bytes.Buffer, i image.Image) error { return gif.Encode(b, image.NewGray(i.Bounds()), nil) })
	const (
		svg   = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
		html  = `<!DOCTYPE html><script>alert(1)</script>`
		mp4   = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
		docx  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
		vcard = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n"
		bin   = octetStream
	)
	for _, c := range []struct{ head, declared, want string }{
		// What customers send.
		{jpegBytes, "image/jpeg", "image/jpeg"},
		{jpegBytes, "IMAGE/JPG; name=a.jpg", "image/jpeg"},
		{pngBytes, "image/png", "image/png"},
		{gifBytes, "image/gif", "image/gif"},
		{"RIFF\x24\x00\x00\x00WEBPVP8X", "image/webp", "image/webp"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic", "image/heic"},
		{"OggS\x00\x02", "audio/ogg; codecs=opus", "audio/ogg"},
		{"OggS\x00\x02", "video/ogg", "video/ogg"},
		{"ID3\x04\x00", "audio/mp3", "audio/mpeg"},
		{"\xff\xfb\x90\x64", "audio/mpeg", "audio/mpeg"},
		{"\xff\xf1\x50\x80", "audio/aac", "audio/aac"},
		{"#!AMR\n", "audio/amr", "audio/amr"},
		{"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/x-wav", "audio/wav"},
		{mp4, "video/mp4", "video/mp4"},
		{mp4, "audio/mp4", "audio/mp4"},
		{"\x00\x00\x00\x14ftyp3gp4\x00\x00\x03\x003gp4", "video/3gpp", "video/3gpp"},
		{"\x00\x00\x00\x14ftypqt  ", "video/quicktime", "video/quicktime"},
		{"%PDF-1.7", "application/pdf", "application/pdf"},
		{"PK\x03\x04\x14\x00", docx, docx},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "application/msword"},
		{"{\\rtf1", "text/rtf", "application/rtf"},
		{vcard, "text/vcard", "text/vcard; charset=utf-8"},
		{vcard, "text/x-vcard; charset=us-ascii", "text/vcard; charset=utf-8"},
		{"\ufeff" + strings.ToLower(vcard), "text/directory", "text/vcard; charset=utf-8"},
		{"a;b\n1;2\n", "text/csv", "text/csv; charset=utf-8"},
		{"grüezi", "text/plain", "text/plain; charset=utf-8"},
		{"\xff\xfeh\x00i\x00", "text/plain", "text/plain; charset=utf-16le"},
		{"", "text/plain", "text/plain; charset=utf-8"},

		// Nothing declared: what the bytes are, if that is plain.
		{jpegBytes, "", "image/jpeg"},
		{jpegBytes, "application/octet-stream", "image/jpeg"},
		{"%PDF-1.7", "binary/octet-stream", "application/pdf"},
		{"hello", "", "text/plain; charset=utf-8"},
		{"PK\x03\x04\x14\x00", "", bin},
		{svg, "", bin},
		{html, "", bin},
		{"\x00\x01\x02", "", bin},
		{"\x00\x00\x00\x18ftypavif", "", bin},

		// The bytes are something else than declared.
		{html, "image/jpeg", bin},
		{svg, "image/png", bin},
		{pngBytes, "image/jpeg", bin},
		{"MZ\x90\x00", "image/jpeg", bin},
		{"MZ\x90\x00", "application/pdf", bin},
		{"PK\x03\x04", "application/pdf", bin},
		{"%PDF-1.7", "application/msword", bin},
		{html, "text/plain", bin},
		{svg, "text/plain", bin},
		{" \n\t<SVG>", "text/plain", bin},
		{"\ufeff<svg>", "text/csv", bin},
		{`<?xml version="1.0"?><svg/>`, "text/plain", bin},
		{"hello", "text/vcard", bin},
		{"\x00\x01", "text/plain", bin},
		{"", "image/jpeg", bin},
		{"\xff", "audio/mpeg", bin},
		{"\x00\x00\x00\x18ftypavif", "image/heic", bin},

		// What a browser would run is never named, also when it is what it says.
		{svg, "image/svg+xml", bin},
		{html, "text/html", bin},
		{html, "application/xhtml+xml", bin},
		{"<a/>", "text/xml", bin},
		{"alert(1)", "text/javascript", bin},
		{"alert(1)", "application/javascript", bin},
		{"PK\x03\x04", "application/java-archive", bin},
		{"PK\x03\x04", "application/zip", bin},
		{"\x1f\x8b\x08", "application/gzip", bin},
		{"hello", "no type at all", bin},
		{"hello", "text/plain; charset", bin},
		{"hello", "multipart/mixed", bin},

		// Few bytes that need gigabytes to be shown.
		{pngHeader(16384, 16384), "image/png", "image/png"},
		{pngHeader(30000, 30000), "image/png", bin},
		{pngHeader(30000, 30000), "", bin},
		{"GIF89a\xff\xff\xff\xff\x00\x00\x00", "image/gif", bin},
		{"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00", "image/jpeg", bin},
	} {
		if got := Sniff([]byte(c.head), c.declared); got != c.want {
			t.Errorf("%.20q as %q: %q, want %q", c.head, c.declared, got, c.want)
		}
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "audio/ogg": true, "video/mp4": true,
		"image/svg+xml": false, "text/html": false, "text/plain; charset=utf-8": false, "application/pdf": false,
		"application/octet-stream": false, "": false,
	} {
		if Inline(contentType) != want {
			t.Error(contentType)
		}
	}
}

// Whatever the bytes and the declaration, the result is a type of the list or octet-stream, and stays itself.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("<svg/>"), "image/svg+xml")
	f.Add([]byte("\xff\xd8\xff\xe0"), "image/jpeg")
	f.Add([]byte("BEGIN:VCARD"), "text/plain; charset=x")
	f.Add([]byte(pngHeader(1, 1)), "")
	f.Fuzz(func(t *testing.T, head []byte, declared string) {
		got := Sniff(head, declared)
		name, charset, isText := strings.Cut(got, "; charset=")
		if _, listed := forms[name]; !listed && got != octetStream {
			t.Errorf("%q as %q: %q", head, declared, got)
		}
		if isText != strings.HasPrefix(name, "text/") || isText && !slices.Contains([]string{"utf-8", "utf-16le", "utf-16be"}, charset) {
			t.Errorf("%q as %q: %q", head, declared, got)
		}
		if again := Sniff(head, got); got != octetStream && again != got {
			t.Errorf("%q as %q: %q, then %q", head, declared, got, again)
		}
	})
}
