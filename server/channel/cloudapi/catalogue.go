package cloudapi

import (
	"strconv"
	"time"

	"github.com/livedesk/livedesk/server/channel"
)

// meaning is what an error code of Meta tells: the outcome when it answers a send, what it says, and what to do.
type meaning struct {
	outcome channel.Outcome // 0: the HTTP status decides
	text    string
	advice  string
	wait    time.Duration // before it is sent again, at least
}

// lookUp explains a code. Meta adds codes, so one that is not known leads to Meta's own page.
func lookUp(code string) meaning {
	if m, ok := catalogue[code]; ok {
		return m
	}
	n, err := strconv.Atoi(code)
	switch {
	case err != nil:
		return meaning{}
	case n >= 200 && n <= 299:
		return meaning{outcome: channel.Credentials, text: "The access token lacks a permission.", advice: permissionAdvice}
	}
	return meaning{advice: "Look the code " + code + " up at https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes"}
}

// The advice that several codes share.
const (
	waitAdvice       = "Send it again in a few minutes."
	tokenAdvice      = "Enter a valid access token of a system user in the channel's settings; sending resumes by itself."
	permissionAdvice = "Give the system user the permissions whatsapp_business_messaging and whatsapp_business_management, and enter a new access token in the channel's settings."
	addressAdvice    = "Check the customer's number."
	contentAdvice    = "Change the message and send it again."
	templateAdvice   = "Choose another template, or mend this one in the WhatsApp Manager."
	variablesAdvice  = "Fill every variable of the template as it demands."
	customerAdvice   = "The customer must be reached another way, or write first."
	accountAdvice    = "Open the account's quality page in the WhatsApp Manager and ask for a review."
	slowAdvice       = "Wait before more messages are sent; review what is sent, and to whom."
	windowAdvice     = "More than 24 hours passed since the customer wrote: send an approved template."
	mediaAdvice      = "Send a smaller file, or one of another type. Meta must be able to fetch files from the desk's public address."
)

// catalogue holds the codes that a desk meets (Meta, Cloud API error codes). "Unknown error" (1, 131000) does not say that
// Meta did not take the message, so that is not sent again by itself.
var catalogue = map[string]meaning{
	"4":      {channel.NotSent, "The Meta app is above its rate of calls.", waitAdvice, 0},
	"80007":  {channel.NotSent, "The WhatsApp Business Account is above its rate.", waitAdvice, 0},
	"130429": {channel.NotSent, "The number is above its rate of messages.", waitAdvice, 0},
	"131056": {channel.NotSent, "Too many messages went to this customer in a short time.", waitAdvice, 6 * time.Second},
	"131057": {channel.NotSent, "The account is in maintenance.", waitAdvice, 0},
	"2":      {channel.NotSent, "Meta's API is down or overloaded.", waitAdvice, 0},
	"131016": {channel.NotSent, "Meta's service is not available at the moment.", waitAdvice, 0},

	"1":      {channel.Ambiguous, "Meta had an unknown error.", waitAdvice, 0},
	"131000": {channel.Ambiguous, "Meta had an unknown error.", waitAdvice, 0},

	"0":      {channel.Credentials, "Meta does not accept the access token.", tokenAdvice, 0},
	"190":    {channel.Credentials, "The access token has expired or was withdrawn.", tokenAdvice, 0},
	"3":      {channel.Credentials, "The Meta app lacks a capability for this call.", permissionAdvice, 0},
	"10":     {channel.Credentials, "The access token lacks a permission.", permissionAdvice, 0},
	"131005": {channel.Credentials, "The access token lacks a permission.", permissionAdvice, 0},

	"33":     {channel.Rejected, "The channel's number no longer exists at Meta.", "Check the number in the WhatsApp Manager and in the channel's settings.", 0},
	"100":    {channel.Rejected, "", contentAdvice, 0}, // Meta's text names the parameter
	"131008": {channel.Rejected, "", contentAdvice, 0},
	"131009": {channel.Rejected, "", contentAdvice, 0},
	"131051": {channel.Rejected, "WhatsApp does not take this type of message.", contentAdvice, 0},
	"131052": {channel.Rejected, "The file could not be fetched.", mediaAdvice, 0},
	"131053": {channel.Rejected, "WhatsApp could not take the file.", mediaAdvice, 0},

	"131021": {channel.Rejected, "The customer's number is that of the channel.", addressAdvice, 0},
	"131026": {channel.Rejected, "The message cannot be delivered: the customer is not on WhatsApp, blocked the number, or has an old version.", customerAdvice, 0},
	"131030": {channel.Rejected, "A test number sends to listed numbers only.", "Add the customer's number to the list of the test number at Meta.", 0},
	"131047": {channel.Rejected, "The reply window of WhatsApp is closed.", windowAdvice, 0},
	"131049": {channel.Rejected, "WhatsApp chose not to deliver this, to keep its users engaged.", "Do not send it again soon; answer when the customer writes.", 0},
	"131050": {channel.Rejected, "The customer wants no marketing messages from this number.", customerAdvice, 0},
	"130472": {channel.Rejected, "The customer takes part in an experiment of WhatsApp and gets no such message.", customerAdvice, 0},
	"130497": {channel.Rejected, "The account may not write to the customer's country.", customerAdvice, 0},

	"368":    {channel.Rejected, "Meta blocked the account for a while because of a policy.", accountAdvice, 0},
	"131031": {channel.Rejected, "Meta locked the account.", accountAdvice, 0},
	"131037": {channel.Rejected, "The number's display name is not approved yet.", "Have the display name approved in the WhatsApp Manager.", 0},
	"131042": {channel.Rejected, "The account's payment does not work.", "Mend the payment method in the WhatsApp Manager.", 0},
	"131045": {channel.Rejected, "The channel's number is not registered.", "Register the number at Meta for the Cloud API.", 0},
	"133010": {channel.Rejected, "The channel's number is not registered.", "Register the number at Meta for the Cloud API.", 0},
	"131048": {channel.Rejected, "WhatsApp limits the number because customers reported it as spam.", slowAdvice, 0},
	"130403": {channel.Rejected, "Meta refuses the account because of its quality.", accountAdvice, 0},

	"132000": {channel.Rejected, "The number of variables does not fit the template.", variablesAdvice, 0},
	"132001": {channel.Rejected, "The template does not exist in this language, or is not approved.", templateAdvice, 0},
	"132005": {channel.Rejected, "The template is too long with its variables.", "Use shorter values for the variables.", 0},
	"132007": {channel.Rejected, "The template breaks a policy of WhatsApp.", templateAdvice, 0},
	"132012": {channel.Rejected, "The template's variables have another form than was given.", variablesAdvice, 0},
	"132015": {channel.Rejected, "WhatsApp paused the template because of its quality.", templateAdvice, 0},
	"132016": {channel.Rejected, "WhatsApp disabled the template because of its quality.", templateAdvice, 0},
}
