package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// typingTime is how long a provider may take to show that an answer is being written.
const typingTime = 5 * time.Second

// showTyping shows the customer that an answer is being written, where the provider can. It waits for nothing, and its failure
// changes nothing.
func (t *aiTurn) showTyping(ctx context.Context) {
	typist, ok := t.providers[t.Channel.Provider].(channel.Typist)
	id := newestExternal(t.pending)
	if !ok || id == "" || !t.Channel.Sends() {
		return
	}
	t.reactions.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), typingTime)
		defer cancel()
		secret, _, err := t.Secrets(ctx, t.Channel)
		if err == nil {
			err = typist.Type(ctx, t.Channel, secret, id)
		}
		if err != nil {
			t.log.DebugContext(ctx, "failed to show that an answer is being written", "channel", t.Channel.ID, "error", err)
		}
	})
}

func newestExternal(messages []*model.Message) string {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].ExternalID != "" {
			return messages[i].ExternalID
		}
	}
	return ""
}
