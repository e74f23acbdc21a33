package db

import (
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/livedesk/livedesk/model"
)

// refusals says what a violated constraint means to the caller. The names are those of the migrations.
var refusals = map[string]*model.Error{
	"agents_email":                                 model.Refuse(model.Taken, "Another agent has this e-mail address.", "email"),
	"logins_pkey":                                  model.Refuse(model.Taken, "Another agent has this e-mail address.", "email"),
	"agents_max_load_check":                        model.Refuse(model.Invalid, "A limit lies between 0 and 1,000 conversations.", "maxLoad"),
	"teams_name":                                   model.Refuse(model.Taken, "Another team has this name.", "name"),
	"labels_name":                                  model.Refuse(model.Taken, "Another label has this name.", "name"),
	"ai_agents_name":                               model.Refuse(model.Taken, "Another AI Agent has this name.", "name"),
	"channels_name":                                model.Refuse(model.Taken, "Another channel has this name.", "name"),
	"channels_phone":                               model.Refuse(model.Taken, "Another channel has this number.", "credentials"),
	"channels_service":                             model.Refuse(model.Taken, "Another channel has this Messaging Service.", "credentials"),
	"channels_number_id":                           model.Refuse(model.Taken, "Another channel has this phone number ID.", "credentials", "phoneNumberId"),
	"channels_reopen_within_check":                 model.Refuse(model.Invalid, "Give 1 to 8,760 hours.", "reopenWithinHours"),
	"articles_source":                              model.Refuse(model.Taken, "Another article has this source.", "source"),
	"conversations_one_live":                       model.Refuse(model.Conflict, "Another conversation of this contact on this channel is open: work on that one, or resolve it first.", "status"),
	"channel_agents_account_id_agent_id_fkey":      model.Refuse(model.NotFound, "There is no such agent.", "agentIds"),
	"team_agents_account_id_agent_id_fkey":         model.Refuse(model.NotFound, "There is no such agent.", "agentIds"),
	"conversations_account_id_team_id_fkey":        model.Refuse(model.NotFound, "There is no such team.", "to", "teamId"),
	"conversation_labels_account_id_label_id_fkey": model.Refuse(model.NotFound, "There is no such label.", "addLabelIds"),
}

// refusal turns a violated constraint into what it means, and leaves every other error as it is.
func refusal(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	if r := refusals[pg.ConstraintName]; r != nil {
		return r
	}
	return err
}

// Violates tells whether the error is a violation of the named unique index or constraint.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// Unreachable tells whether the error says that the database, not the request, is at fault, so that the same request
// may succeed later: connection lost, shutting down, out of resources.
func Unreachable(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var connect *pgconn.ConnectError
		return errors.As(err, &connect) || pgconn.SafeToRetry(err)
	}
	switch pg.Code[:2] {
	case "08", "53", "57", "58":
		return true
	}
	return false
}

// Hopeless tells whether the database refused the statement itself, so that the same one would fail again.
func Hopeless(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && !Unreachable(err) && !lostRace(err)
}

// Passing tells whether the same may succeed in a moment, as it is: the database was away, or others were quicker.
func Passing(err error) bool { return Unreachable(err) || lostRace(err) }

// missing turns "no row" into NOT_FOUND with the given text.
func missing(err error, text string, path ...string) error {
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows) {
		return model.Refuse(model.NotFound, text, path...)
	}
	return refusal(err)
}
