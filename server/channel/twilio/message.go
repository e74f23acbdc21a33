package twilio

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
)

// message reads a customer's message. Whatever it holds, something is shown: what the desk has no kind for becomes
// UNSUPPORTED with the name that Twilio gives it.
func (f form) message(now time.Time) model.Incoming {
	in := model.Incoming{
		ExternalID:  f.messageSID(),
		Addresses:   f.senders(),
		ProfileName: clean(f.first("ProfileName", "ProfileUsername"), 256),
		Text:        f.text("Body", model.MaxIncomingText),
		Media:       f.media(),
		At:          now,
		Raw:         f.raw(),
	}
	data := model.MessageData{
		Referral:  f.referral(),
		Quoted:    f.word("OriginalRepliedMessageSid"),
		Forwarded: f.word("Forwarded") == "true" || f.word("FrequentlyForwarded") == "true",
	}
	f.content(&in, &data)
	if data.Referral != nil || data.Location != nil || data.Choice != nil || data.Forwarded || data.Quoted+data.Provider != "" {
		in.Data = &data
	}
	return in
}

// senders lists who wrote: the number first, then the business-scoped user ids, which are all there is when a customer
// hides the number. An id beyond maxAddress, which is none of WhatsApp's, does not keep the message out.
func (f form) senders() []string {
	var list []string
	for _, field := range []string{"From", "ExternalUserId", "ParentExternalUserId"} {
		if _, id := address(f.word(field)); id != "" && utf8.RuneCountInString(id) <= maxAddress && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int {
		return rank(a) - rank(b)
	})
	return list
}

func rank(address string) int {
	if model.IsPhoneNumber(address) {
		return 0
	}
	return 1
}

// content decides what the message is made of.
func (f form) content(in *model.Incoming, data *model.MessageData) {
	kind := strings.ToLower(f.word("MessageType"))
	data.Location, data.Choice = f.location(), f.choice()
	switch {
	case kind == "reaction" && in.Text != "":
		in.Kind = model.ReactionMessage
	case data.Choice != nil:
		in.Kind = model.InteractiveMessage
		if in.Text == "" {
			in.Text = data.Choice.Title
		}
	case data.Location != nil:
		in.Kind = model.LocationMessage
	case len(in.Media) > 0:
		in.Kind = mediaKind(in.Media)
		if kind == "document" && len(in.Media) == 1 {
			in.Media[0].FileName = fileName(in.Text)
		}
	case f.word("FlowData") != "":
		in.Kind, data.Provider = model.TextMessage, "flow"
		in.Text = clean(strings.TrimSpace(in.Text+"\n"+f.flow()), model.MaxIncomingText)
	case strings.TrimSpace(in.Text) != "":
		in.Kind = model.TextMessage
	default:
		in.Kind, data.Provider = model.UnsupportedMessage, f.unsupported(kind)
	}
}

// unsupported names what the desk cannot show.
func (f form) unsupported(kind string) string {
	switch {
	case kind != "" && kind != "text":
		return clean(kind, 64)
	case f.word("NumMedia") != "" && f.word("NumMedia") != "0":
		return "media"
	}
	return "empty"
}

// media lists the files. Twilio numbers them from 0; a link that is missing in between does not hide those after it.
func (f form) media() []model.IncomingMedia {
	var list []model.IncomingMedia
	for i := range model.MaxAttachments {
		n := strconv.Itoa(i)
		if link := f.text("MediaUrl"+n, 4096); link != "" {
			list = append(list, model.IncomingMedia{URL: link, ContentType: clean(f.word("MediaContentType"+n), 256)})
		}
	}
	return list
}

func mediaKind(media []model.IncomingMedia) model.MessageKind {
	for _, m := range media {
		if !isCard(m.ContentType) {
			return model.MediaMessage
		}
	}
	return model.ContactsMessage
}

func isCard(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case "text/vcard", "text/x-vcard", "text/directory":
		return true
	}
	return false
}

// fileName takes the text of a document message for its name if it looks like one; WhatsApp gives no name apart.
func fileName(text string) string {
	dot := strings.LastIndexByte(text, '.')
	if dot < 1 || len(text) > 255 || len(text)-dot > 6 || dot == len(text)-1 || strings.ContainsAny(text, "/\\\n\r\t") {
		return ""
	}
	return text
}
