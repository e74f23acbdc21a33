package db

import (
	"context"

	"github.com/livedesk/livedesk/model"
)

// NextAutomation counts the channel's version up: what it decides by has changed.
func (s *Store) NextAutomation(ctx context.Context, account int64, channel model.ID) error {
	return s.saveSetting(ctx, `automation_version = automation_version + 1`, account, string(channel))
}
