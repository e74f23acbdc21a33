package model

// HandOverReason says why an AI Agent gave a conversation to people, or why it was taken from it.
type HandOverReason string

// The reasons. From STOPPED on the AI Agent could not answer there any more, whatever the conversation was about.
const (
	HandOverAsked        HandOverReason = "ASKED_FOR_PERSON"
	HandOverNoKnowledge  HandOverReason = "NO_KNOWLEDGE" // its articles do not answer the question
	HandOverTopic        HandOverReason = "TOPIC"        // one of those that its settings list
	HandOverRefused      HandOverReason = "REFUSED"      // the model will not answer
	HandOverMedia        HandOverReason = "UNREADABLE_MEDIA"
	HandOverTurns        HandOverReason = "TOO_MANY_TURNS"
	HandOverError        HandOverReason = "ERROR"       // the model's endpoint failed
	HandOverTimeout      HandOverReason = "TIMEOUT"     // it did not answer in time
	HandOverCredentials  HandOverReason = "CREDENTIALS" // it refuses the key
	HandOverQuota        HandOverReason = "QUOTA"       // the account there has no credit left
	HandOverStopped      HandOverReason = "STOPPED"     // on the channel, or taken off it
	HandOverReplaced     HandOverReason = "REPLACED"    // by another one on the channel
	HandOverDisabled     HandOverReason = "DISABLED"
	HandOverDeleted      HandOverReason = "DELETED"
	HandOverChannelPause HandOverReason = "CHANNEL_PAUSED" // or removed
)

var handOverWords = map[HandOverReason]string{
	HandOverAsked:        "the customer asked for a person",
	HandOverNoKnowledge:  "it found no answer in its articles",
	HandOverTopic:        "the customer wrote about a topic that is for people",
	HandOverRefused:      "the model declined to answer",
	HandOverMedia:        "the customer sent something that it cannot read",
	HandOverTurns:        "it has answered as often as it may in one conversation",
	HandOverError:        "the model failed",
	HandOverTimeout:      "the model did not answer in time",
	HandOverCredentials:  "the model's endpoint refuses the key",
	HandOverQuota:        "the model's account has no credit left",
	HandOverStopped:      "it was stopped on this channel",
	HandOverReplaced:     "it was replaced by another AI Agent on this channel",
	HandOverDisabled:     "it was disabled",
	HandOverDeleted:      "it was deleted",
	HandOverChannelPause: "the channel was paused or removed",
}

// Ended tells whether the AI Agent can no longer answer there, in contrast to one that gave the conversation away.
func (r HandOverReason) Ended() bool {
	switch r {
	case HandOverStopped, HandOverReplaced, HandOverDisabled, HandOverDeleted, HandOverChannelPause:
		return true
	}
	return false
}

// Change is the reason that stands in the conversation's history.
func (r HandOverReason) Change() Reason {
	if r.Ended() {
		return ReasonAiStopped
	}
	return ReasonHandedOver
}

// MaxSummary is how many bytes of an AI Agent's summary a note holds.
const MaxSummary = 2000

// Note is what people read about the hand-over. The customer never sees it.
func (r HandOverReason) Note(aiAgent, summary string) string {
	words := handOverWords[r]
	if words == "" {
		words = "it could not go on"
	}
	note := aiAgent + " handed this conversation over: " + words + "."
	if summary = CleanText(summary, MaxSummary); summary != "" {
		note += "\n\n" + summary
	}
	return note
}

// What the customer is told when nothing else was written for it. Outside the business hours nobody is promised.
const (
	DefaultClosing = "I am passing you on to a colleague. Somebody will answer you here."
	AwayClosing    = "I cannot help you further, and our team is away at the moment. Somebody will read this when we are open again."
)

// Farewell decides what the customer is told at a hand-over: the AI Agent's closing text, or outside the hours the
// unavailable message, which is said once per closed period as always.
func Farewell(h Heard, closing string) AutoReply {
	if closing == "" {
		closing = DefaultClosing
	}
	h.Greeting = ""
	if away := DecideAutoReply(h); away != nil {
		return *away
	}
	if !h.Calendar.IsOpen(h.At) && !h.present() {
		closing = AwayClosing
	}
	return AutoReply{Kind: TextMessage, Text: closing}
}
