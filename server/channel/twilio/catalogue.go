package twilio

import (
	"strings"

	"github.com/livedesk/livedesk/server/channel"
)

// meaning is what an error code of Twilio tells: the outcome when it answers a send, what it says, and what to do.
type meaning struct {
	outcome channel.Outcome
	text    string
	advice  string
}

// lookUp explains a code. Twilio adds codes, so one that is not known leads to Twilio's own page.
func lookUp(code string) meaning {
	if m, ok := catalogue[code]; ok {
		return m
	}
	m := meaning{outcome: channel.Rejected}
	if code != "" && strings.Trim(code, "0123456789") == "" {
		m.advice = "Look the code up at https://www.twilio.com/docs/api/errors/" + code
	}
	return m
}

// The advice that several codes share.
const (
	waitAdvice      = "Send it again in a few minutes."
	tokenAdvice     = "Enter the account's current Auth Token in the channel's settings; sending resumes by itself."
	addressAdvice   = "Check the customer's number."
	contentAdvice   = "Change the message and send it again."
	templateAdvice  = "Choose another template, or mend this one in Twilio's Content Template Builder."
	senderAdvice    = "Check the sender in the Twilio Console and in the channel's settings."
	serviceAdvice   = "Check the senders of the Messaging Service in the Twilio Console."
	customerAdvice  = "The customer must be reached another way."
	unblockAdvice   = "The customer has to write again, or unblock you, before they can be answered."
	limitAdvice     = "Wait until the limit ends, or raise it with Twilio."
	consentAdvice   = "Twilio or the carrier stopped it: review what is sent, and to whom."
	mediaAdvice     = "Send a smaller file, or one of another type."
	complianceStep  = "Finish the registration that the carrier demands in the Twilio Console."
	windowAdvice    = "More than 24 hours passed since the customer wrote: send an approved template."
	sandboxAdvice   = "In the sandbox the customer first has to send the join code to its number."
	geographyAdvice = "Allow the customer's country under Messaging Geo Permissions in the Twilio Console."
)

// catalogue holds the codes that a desk meets (Twilio, Error and Warning Dictionary).
var catalogue = map[string]meaning{
	"14107": {channel.NotSent, "Twilio slows down messages between two numbers that answer each other.", waitAdvice},
	"20429": {channel.NotSent, "Twilio takes no more requests at the moment.", waitAdvice},
	"21611": {channel.NotSent, "The sender's queue at Twilio is full.", waitAdvice},
	"30001": {channel.NotSent, "Twilio's queue overflowed.", waitAdvice},
	"63017": {channel.NotSent, "The sender is above its rate.", waitAdvice},
	"63018": {channel.NotSent, "The sender is above its rate.", waitAdvice},

	"20500": {channel.Ambiguous, "Twilio had an internal error.", waitAdvice},
	"20503": {channel.Ambiguous, "Twilio is not available at the moment.", waitAdvice},

	"20003": {channel.Credentials, "Twilio does not accept the credentials, or the account is suspended.", tokenAdvice},
	"20005": {channel.Credentials, "The Twilio account is not active.", "Reactivate the account in the Twilio Console."},
	"20404": {channel.Credentials, "Twilio does not know the account.", "Check the Account SID in the channel's settings."},
	"21222": {channel.Credentials, "The Account SID has characters that Twilio does not use.", "Check the Account SID in the channel's settings."},
	"21224": {channel.Credentials, "The Auth Token has characters that Twilio does not use.", tokenAdvice},

	"21211": {channel.Rejected, "The customer's number is not valid.", addressAdvice},
	"21212": {channel.Rejected, "The channel's number is not a valid sender.", senderAdvice},
	"21602": {channel.Rejected, "The message is empty.", contentAdvice},
	"21603": {channel.Rejected, "The channel has no sender.", senderAdvice},
	"21604": {channel.Rejected, "The customer's number is missing.", addressAdvice},
	"21606": {channel.Rejected, "The channel's number cannot send to this customer.", senderAdvice},
	"21609": {channel.Rejected, "Twilio cannot call the desk's address for reports.", "Set a public https address without underscores for the desk."},
	"21614": {channel.Rejected, "The customer's number is not a mobile number.", addressAdvice},
	"21617": {channel.Rejected, "The message is too long.", "Send it as several shorter messages."},
	"21619": {channel.Rejected, "The message has neither text nor file.", contentAdvice},
	"21620": {channel.Rejected, "Twilio cannot use the address of the file.", "Twilio must be able to fetch files from the desk's public address."},
	"21623": {channel.Rejected, "The message has too many files.", "Send the files one by one."},
	"21654": {channel.Rejected, "The template does not exist.", templateAdvice},
	"21655": {channel.Rejected, "The template's id is not valid.", templateAdvice},
	"21656": {channel.Rejected, "The template's variables are not valid.", "Fill every variable of the template."},
	"21658": {channel.Rejected, "The template's variables are not valid.", "Fill every variable of the template."},
	"63005": {channel.Rejected, "WhatsApp does not take this content.", contentAdvice},
	"63006": {channel.Rejected, "The message has not the form that WhatsApp demands.", contentAdvice},
	"63019": {channel.Rejected, "WhatsApp could not fetch the file.", "Twilio must be able to fetch files from the desk's public address."},
	"63021": {channel.Rejected, "WhatsApp does not take this content.", contentAdvice},
	"63028": {channel.Rejected, "The number of variables does not fit the template.", "Fill every variable of the template."},
	"63034": {channel.Rejected, "The file is too large for WhatsApp.", mediaAdvice},

	"21610": {channel.Rejected, "The customer unsubscribed by answering STOP.", "The customer can subscribe again by sending START."},
	"21612": {channel.Rejected, "The customer cannot be reached from this sender.", customerAdvice},
	"30005": {channel.Rejected, "The number does not exist or is out of service.", addressAdvice},
	"30006": {channel.Rejected, "The number is a landline or its carrier takes no messages.", customerAdvice},
	"63003": {channel.Rejected, "The customer's address is not on WhatsApp.", customerAdvice},
	"63014": {channel.Rejected, "The customer blocked the sender.", unblockAdvice},
	"63024": {channel.Rejected, "The recipient is not valid.", addressAdvice},
	"63032": {channel.Rejected, "WhatsApp does not deliver this to the customer.", customerAdvice},
	"63033": {channel.Rejected, "The customer blocked the sender.", unblockAdvice},

	"20008": {channel.Rejected, "Twilio's test credentials cannot do this.", "Enter the live Account SID and Auth Token in the channel's settings."},
	"21408": {channel.Rejected, "The Twilio account may not send to the customer's country.", geographyAdvice},
	"21608": {channel.Rejected, "A trial account sends to verified numbers only.", "Upgrade the Twilio account, or verify the customer's number there."},
	"21701": {channel.Rejected, "The Messaging Service does not exist.", serviceAdvice},
	"21702": {channel.Rejected, "The Messaging Service is not ready.", serviceAdvice},
	"21703": {channel.Rejected, "The Messaging Service has no sender.", serviceAdvice},
	"21704": {channel.Rejected, "The Messaging Service has no sender for this message.", serviceAdvice},
	"21705": {channel.Rejected, "The Messaging Service cannot be used.", serviceAdvice},
	"30007": {channel.Rejected, "The carrier filtered the message.", consentAdvice},
	"30023": {channel.Rejected, "The daily limit of messages is reached.", limitAdvice},
	"30034": {channel.Rejected, "The sender is not registered for messages to US numbers (A2P 10DLC).", complianceStep},
	"63001": {channel.Rejected, "WhatsApp does not accept the sender's credentials.", senderAdvice},
	"63002": {channel.Rejected, "The sender is not known to WhatsApp.", senderAdvice},
	"63007": {channel.Rejected, "Twilio finds no WhatsApp sender with the channel's number.", senderAdvice},
	"63008": {channel.Rejected, "The WhatsApp sender is not set up completely.", senderAdvice},
	"63013": {channel.Rejected, "The message breaks a policy of WhatsApp.", consentAdvice},
	"63015": {channel.Rejected, "The customer has not joined the WhatsApp sandbox.", sandboxAdvice},
	"63016": {channel.Rejected, "The reply window of WhatsApp is closed.", windowAdvice},
	"63026": {channel.Rejected, "WhatsApp takes the message for spam.", consentAdvice},
	"63027": {channel.Rejected, "The template does not exist in this language.", templateAdvice},
	"63038": {channel.Rejected, "The daily limit of messages is reached.", limitAdvice},
	"63040": {channel.Rejected, "WhatsApp rejected the template.", templateAdvice},
	"63041": {channel.Rejected, "WhatsApp paused the template.", templateAdvice},
	"63042": {channel.Rejected, "WhatsApp disabled the template.", templateAdvice},
	"63051": {channel.Rejected, "WhatsApp locked the business account.", "Ask for a review in the WhatsApp Manager."},

	"30003": {channel.Rejected, "The customer's phone is switched off or out of reach.", waitAdvice},
	"30008": {channel.Rejected, "The carrier did not say why it failed.", waitAdvice},
	"30410": {channel.Rejected, "The carrier did not answer in time.", waitAdvice},
	"63009": {channel.Rejected, "WhatsApp had an error.", waitAdvice},
	"63010": {channel.Rejected, "WhatsApp had an internal error.", waitAdvice},
	"63012": {channel.Rejected, "WhatsApp was not available.", waitAdvice},
}
