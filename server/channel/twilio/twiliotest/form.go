package twiliotest

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

const apiVersion = "2010-04-01"

// InboundForm makes the parameters of the webhook for a customer's message, as Twilio sends them: for benchmarks and
// tests that post by themselves. In.To is the number; in.Service is added when it is in a pool. Files get made-up
// addresses.
func InboundForm(accountSid, messageSid string, in Inbound) url.Values {
	base := "https://api.twilio.com/" + apiVersion + "/Accounts/" + accountSid + "/Messages/" + messageSid + "/Media/ME"
	addresses := []string{}
	for i := range in.Media {
		n := strconv.Itoa(i)
		addresses = append(addresses, base+strings.Repeat("0", 32-len(n))+n)
	}
	return in.form(accountSid, messageSid, addresses)
}

func (in *Inbound) form(accountSid, messageSid string, media []string) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"SmsMessageSid": messageSid, "SmsSid": messageSid, "MessageSid": messageSid, "AccountSid": accountSid,
		"From": in.From, "To": in.To, "Body": in.body(), "SmsStatus": received, "ApiVersion": apiVersion,
		"NumMedia": strconv.Itoa(len(media)), "NumSegments": strconv.Itoa(segments(in.From, in.Body)),
	} {
		v.Set(name, value)
	}
	for i, address := range media {
		n := strconv.Itoa(i)
		v.Set("MediaUrl"+n, address)
		v.Set("MediaContentType"+n, in.Media[i].ContentType)
	}
	given(v, "MessagingServiceSid", in.Service)
	if isWhatsApp(in.From) {
		in.whatsAppForm(v)
	} else {
		place(v, "From", in.From)
		place(v, "To", in.To)
	}
	for name, values := range in.Extra {
		v[name] = values
	}
	return v
}

func (in *Inbound) whatsAppForm(v url.Values) {
	v.Set("MessageType", in.kind())
	v.Set("ReferralNumMedia", "0")
	given(v, "ProfileName", in.ProfileName)
	given(v, "WaId", waID(in.From))
	given(v, "ExternalUserId", in.ExternalUserID)
	metadata, _ := json.Marshal(map[string]any{"type": "whatsapp", "data": map[string]any{
		"context": map[string]string{"ProfileName": in.ProfileName, "WaId": waID(in.From)},
	}})
	v.Set("ChannelMetadata", string(metadata))
	if l := in.Location; l != nil {
		v.Set("Latitude", strconv.FormatFloat(l.Latitude, 'f', -1, 64))
		v.Set("Longitude", strconv.FormatFloat(l.Longitude, 'f', -1, 64))
		given(v, "Label", l.Label)
		given(v, "Address", l.Address)
	}
	if b := in.Button; b != nil {
		v.Set("ButtonText", b.Text)
		v.Set("ButtonPayload", b.Payload)
		v.Set("ButtonType", "REPLY")
	}
	if row := in.Row; row != nil {
		data, _ := json.Marshal(map[string]any{"type": "list_reply", "list_reply": row})
		v.Set("InteractiveData", string(data))
		v.Set("ListId", row.ID)
		v.Set("ListTitle", row.Title)
	}
	given(v, "OriginalRepliedMessageSid", in.ReplyTo)
	given(v, "OriginalRepliedMessageSender", in.replySender)
	if in.Forwarded {
		v.Set("Forwarded", "true")
	}
	if r := in.Referral; r != nil {
		r.form(v)
	}
}

func (r *Referral) form(v url.Values) {
	given(v, "ReferralSourceId", r.SourceID)
	given(v, "ReferralSourceType", r.SourceType)
	given(v, "ReferralSourceUrl", r.SourceURL)
	given(v, "ReferralHeadline", r.Headline)
	given(v, "ReferralBody", r.Body)
	given(v, "ReferralCtwaClid", r.ClickID)
}

func given(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

// place adds the geography of an SMS number. Outside North America Twilio knows the country only.
func place(v url.Values, side, number string) {
	v.Set(side+"City", "")
	v.Set(side+"State", "")
	v.Set(side+"Zip", "")
	v.Set(side+"Country", country(number))
}

// country guesses the ISO code of a few dialling codes.
func country(number string) string {
	for prefix, code := range map[string]string{
		"+1": "US", "+33": "FR", "+34": "ES", "+39": "IT", "+43": "AT", "+44": "GB", "+49": "DE", "+55": "BR", "+81": "JP",
		"+86": "CN", "+91": "IN",
	} {
		if strings.HasPrefix(number, prefix) {
			return code
		}
	}
	return ""
}

// statusForm makes the parameters of a status callback.
func (m *message) statusForm(s step) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"MessageSid": m.Sid, "SmsSid": m.Sid, "MessageStatus": s.status, "SmsStatus": s.status,
		"AccountSid": m.Account, "From": m.sender.address, "To": m.To, "ApiVersion": apiVersion,
	} {
		v.Set(name, value)
	}
	given(v, "MessagingServiceSid", m.Service)
	if s.code != 0 {
		v.Set("ErrorCode", strconv.Itoa(s.code))
	}
	if !m.sender.whatsApp() {
		if s.status == delivered || s.status == undelivered {
			v.Set("RawDlrDoneDate", m.Updated.Format("0601021504"))
		}
		return v
	}
	v.Set("ChannelPrefix", "whatsapp")
	v.Set("ChannelInstallSid", m.sender.sid)
	if s.code != 0 {
		v.Set("ChannelStatusMessage", reasonText(s.code))
	}
	if s.status == read {
		v.Set("EventType", "READ")
	}
	return v
}
