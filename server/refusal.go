package server

import (
	"errors"

	"github.com/livedesk/livedesk/model"
)

// refusalOf finds the refusal in an error's chain; what is none must not be shown to a caller.
func refusalOf(err error) (*model.Error, bool) {
	var refused *model.Error
	return refused, errors.As(err, &refused)
}
