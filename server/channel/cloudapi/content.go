package cloudapi

import (
	"math"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// content decides what the message is made of. The part of the message that matters has the name of its type.
func content(m tree, in *model.Incoming, data *model.MessageData) {
	kind := strings.ToLower(clean(m.at("type").word(), 64))
	read := readers[kind]
	if read != nil && read(m.at(kind), in, data) {
		return
	}
	in.Kind, data.Provider = model.UnsupportedMessage, unsupported(m, kind)
}

// readers read the types that Meta has. They return false when the part does not hold what it should.
var readers = map[string]func(part tree, in *model.Incoming, data *model.MessageData) bool{
	"text":        readText,
	"image":       readMedia,
	"video":       readMedia,
	"audio":       readMedia,
	"voice":       readMedia,
	"sticker":     readMedia,
	"document":    readMedia,
	"location":    readLocation,
	"contacts":    readContacts,
	"button":      readButton,
	"interactive": readInteractive,
	"reaction":    readReaction,
	"order":       readOrder,
	"system":      readSystem,
}

// unsupported names what the desk cannot show.
func unsupported(m tree, kind string) string {
	if inner := m.at(kind, "type").word(); kind == "unsupported" && inner != "" {
		return clean(inner, 64) // newer versions say what it was
	}
	if kind == "" {
		return "empty"
	}
	return kind
}

func readText(part tree, in *model.Incoming, _ *model.MessageData) bool {
	in.Kind, in.Text = model.TextMessage, part.at("body").text(model.MaxIncomingText)
	return strings.TrimSpace(in.Text) != ""
}

func readMedia(part tree, in *model.Incoming, _ *model.MessageData) bool {
	link := mediaLink(part)
	if link == "" {
		return false
	}
	in.Kind, in.Text = model.MediaMessage, part.at("caption").text(model.MaxIncomingText)
	in.Media = []model.IncomingMedia{{URL: link, ContentType: clean(part.at("mime_type").word(), 256), FileName: clean(part.at("filename").word(), 255)}}
	return true
}

// readLocation reads a place. A dropped pin has neither name nor address.
func readLocation(part tree, in *model.Incoming, data *model.MessageData) bool {
	latitude, ok := part.at("latitude").number()
	longitude, ok2 := part.at("longitude").number()
	if !ok || !ok2 || !(math.Abs(latitude) <= 90) || !(math.Abs(longitude) <= 180) {
		return false // also NaN, which no comparison takes and JSON cannot hold
	}
	in.Kind = model.LocationMessage
	data.Location = &model.Location{Latitude: latitude, Longitude: longitude, Name: part.at("name").word(), Address: part.at("address").word()}
	return true
}

// maxCards is how many visiting cards, and how many numbers on one, are kept.
const maxCards = 100

func readContacts(part tree, in *model.Incoming, data *model.MessageData) bool {
	for _, c := range part.list() {
		card := model.ContactCard{Name: c.at("name", "formatted_name").word()}
		for _, p := range c.at("phones").list() {
			if phone := firstOf(p.at("phone"), p.at("wa_id")); phone != "" && len(card.Phones) < maxCards {
				card.Phones = append(card.Phones, phone)
			}
		}
		if card.Name == "" {
			card.Name = firstOf(c.at("name", "first_name"), c.at("org", "company"))
		}
		if (card.Name != "" || len(card.Phones) > 0) && len(data.Cards) < maxCards {
			data.Cards = append(data.Cards, card)
		}
	}
	in.Kind = model.ContactsMessage
	return len(data.Cards) > 0
}

// firstOf is the first of the words that is not empty.
func firstOf(words ...tree) string {
	for _, w := range words {
		if s := w.word(); s != "" {
			return s
		}
	}
	return ""
}

// readReaction reads an emoji on a message; without one, the customer took it back.
func readReaction(part tree, in *model.Incoming, data *model.MessageData) bool {
	in.Kind, in.Text = model.ReactionMessage, part.at("emoji").word()
	if id := part.at("message_id").word(); id != "" {
		data.Quoted = id
	}
	return in.Text != "" || data.Quoted != ""
}

// readSystem shows what WhatsApp itself says, for example that the customer has another number now.
func readSystem(part tree, in *model.Incoming, data *model.MessageData) bool {
	in.Kind, in.Text, data.Provider = model.UnsupportedMessage, part.at("body").text(model.MaxIncomingText), "system"
	return true
}
