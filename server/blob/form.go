package blob

import (
	"bytes"
	"net/http"
	"strings"
)

// The forms of bytes that can be told apart by their start. Several content types share one.
const (
	formJPEG   = "jpeg"
	formPNG    = "png"
	formGIF    = "gif"
	formWebP   = "webp"
	formHEIF   = "heif"
	formBMP    = "bmp"
	formTIFF   = "tiff"
	formMP4    = "mp4" // and 3GPP, QuickTime: ISO base media
	formWebM   = "webm"
	formMPEG   = "mpeg"
	formOgg    = "ogg"
	formMP3    = "mp3"
	formAAC    = "aac"
	formAMR    = "amr"
	formWave   = "wave"
	formFLAC   = "flac"
	formPDF    = "pdf"
	formZip    = "zip"
	formOLE    = "ole" // Office before 2007
	formRTF    = "rtf"
	formVCard  = "vcard"
	formICal   = "ical"
	formText   = "text"
	formOthers = "" // markup and what is not known
)

// forms lists the content types that a desk keeps by name, each with the forms its bytes may have. The set is what
// WhatsApp and MMS carry, and the documents that people attach.
var forms = map[string][]string{
	"image/jpeg": {formJPEG},
	"image/png":  {formPNG},
	"image/gif":  {formGIF},
	"image/webp": {formWebP},
	"image/heic": {formHEIF},
	"image/heif": {formHEIF},
	"image/bmp":  {formBMP},
	"image/tiff": {formTIFF},

	"audio/mpeg": {formMP3},
	"audio/aac":  {formAAC, formMP4},
	"audio/amr":  {formAMR},
	"audio/ogg":  {formOgg},
	"audio/opus": {formOgg},
	"audio/mp4":  {formMP4},
	"audio/3gpp": {formMP4, formAMR},
	"audio/wav":  {formWave},
	"audio/flac": {formFLAC},
	"audio/webm": {formWebM},

	"video/mp4":       {formMP4},
	"video/3gpp":      {formMP4},
	"video/3gpp2":     {formMP4},
	"video/quicktime": {formMP4},
	"video/webm":      {formWebM},
	"video/ogg":       {formOgg},
	"video/mpeg":      {formMPEG},

	"application/pdf":               {formPDF},
	"application/rtf":               {formRTF},
	"application/msword":            {formOLE},
	"application/vnd.ms-excel":      {formOLE},
	"application/vnd.ms-powerpoint": {formOLE},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {formZip},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {formZip},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {formZip},
	"application/vnd.oasis.opendocument.text":                                   {formZip},
	"application/vnd.oasis.opendocument.spreadsheet":                            {formZip},
	"application/vnd.oasis.opendocument.presentation":                           {formZip},

	"text/plain":    {formText, formVCard, formICal},
	"text/csv":      {formText},
	"text/vcard":    {formVCard},
	"text/calendar": {formICal},
}

// aliases are other spellings that senders use.
var aliases = map[string]string{
	"image/jpg":                  "image/jpeg",
	"image/pjpeg":                "image/jpeg",
	"image/x-ms-bmp":             "image/bmp",
	"audio/mp3":                  "audio/mpeg",
	"audio/x-aac":                "audio/aac",
	"audio/m4a":                  "audio/mp4",
	"audio/x-m4a":                "audio/mp4",
	"audio/wave":                 "audio/wav",
	"audio/x-wav":                "audio/wav",
	"audio/vnd.wave":             "audio/wav",
	"audio/x-flac":               "audio/flac",
	"application/ogg":            "audio/ogg",
	"application/x-pdf":          "application/pdf",
	"application/csv":            "text/csv",
	"text/rtf":                   "application/rtf",
	"text/x-vcard":               "text/vcard",
	"text/directory":             "text/vcard",
	"binary/octet-stream":        octetStream,
	"application/unknown":        octetStream,
	"application/x-unknown":      octetStream,
	"application/force-download": octetStream,
}

// undeclared is the content type of bytes that came without one. A zip or OLE file can be anything.
var undeclared = map[string]string{
	formJPEG:  "image/jpeg",
	formPNG:   "image/png",
	formGIF:   "image/gif",
	formWebP:  "image/webp",
	formHEIF:  "image/heic",
	formMP4:   "video/mp4",
	formWebM:  "video/webm",
	formOgg:   "audio/ogg",
	formMP3:   "audio/mpeg",
	formAAC:   "audio/aac",
	formAMR:   "audio/amr",
	formWave:  "audio/wav",
	formFLAC:  "audio/flac",
	formPDF:   "application/pdf",
	formVCard: "text/vcard",
	formText:  "text/plain",
}

// signatures are the starts of the forms; a dot stands for any byte.
var signatures = []struct{ start, form string }{
	{"\xff\xd8\xff", formJPEG},
	{"\x89PNG\r\n\x1a\n", formPNG},
	{"GIF87a", formGIF},
	{"GIF89a", formGIF},
	{"RIFF....WEBPVP8", formWebP},
	{"RIFF....WAVE", formWave},
	{"BM....\x00\x00\x00\x00", formBMP},
	{"II*\x00", formTIFF},
	{"MM\x00*", formTIFF},
	{"....ftyphei", formHEIF},
	{"....ftyphev", formHEIF},
	{"....ftypmif1", formHEIF},
	{"....ftypmsf1", formHEIF},
	{"....ftypavif", formOthers},
	{"....ftyp", formMP4},
	{"\x1aE\xdf\xa3", formWebM},
	{"\x00\x00\x01\xba", formMPEG},
	{"\x00\x00\x01\xb3", formMPEG},
	{"OggS\x00", formOgg},
	{"ID3", formMP3},
	{"#!AMR", formAMR},
	{"fLaC", formFLAC},
	{"%PDF-", formPDF},
	{"PK\x03\x04", formZip},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", formOLE},
	{`{\rtf`, formRTF},
}

// formOf tells the form of the bytes from their start.
func formOf(head []byte) string {
	for _, s := range signatures {
		if startsWith(head, s.start) {
			return s.form
		}
	}
	if len(head) > 1 && head[0] == 0xff && head[1]&0xf6 == 0xf0 {
		return formAAC // an ADTS frame: 12 bits set, layer 0
	}
	if len(head) > 1 && head[0] == 0xff && head[1]&0xe6 == 0xe2 {
		return formMP3 // an MPEG audio frame: 11 bits set, layer III
	}
	if !strings.HasPrefix(http.DetectContentType(head), "text/plain") {
		return formOthers
	}
	text := bytes.ToUpper(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("BEGIN:VCARD")):
		return formVCard
	case bytes.HasPrefix(text, []byte("BEGIN:VCALENDAR")):
		return formICal
	case bytes.HasPrefix(text, []byte("<")):
		return formOthers // markup that the standard's list of tags lacks, such as svg
	}
	return formText
}

func startsWith(head []byte, start string) bool {
	if len(head) < len(start) {
		return false
	}
	for i := range len(start) {
		if start[i] != '.' && start[i] != head[i] {
			return false
		}
	}
	return true
}
