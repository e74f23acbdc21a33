package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// SurveySheet is a survey as its page shows it to the customer.
type SurveySheet struct {
	Survey *model.Survey
	Csat   *model.Csat // as it is now
	Open   bool        // it can be answered, or the answer changed
	Zone   *time.Location
}

var noSurvey = model.Refuse(model.NotFound, "There is no such survey.")

// Sheet finds the survey of a link, or gives NOT_FOUND. Whatever the token is, it takes one look into the database.
func (d *Desk) Sheet(ctx context.Context, token string) (*SurveySheet, error) {
	v, csat, hours, err := d.db.SurveyOf(ctx, model.AccountOfSurvey(token), hashToken(token))
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, noSurvey
	}
	sheet := &SurveySheet{Survey: v, Csat: csat, Open: v.Open(d.now()), Zone: time.UTC}
	if zone, err := time.LoadLocation(hours.TimeZone); err == nil && hours.TimeZone != "" {
		sheet.Zone = zone
	}
	return sheet, nil
}

// AnswerSheet stores what the holder of the link answers, in place of the answer before, and returns the sheet as it then
// is; once the survey has expired it only does that.
func (d *Desk) AnswerSheet(ctx context.Context, token string, score int, comment string) (*SurveySheet, error) {
	sheet, err := d.Sheet(ctx, token)
	if err != nil || !sheet.Open {
		return sheet, err
	}
	if score < 1 || score > 5 {
		return sheet, model.Refuse(model.Invalid, "A score is 1, 2, 3, 4 or 5.", "score")
	}
	comment = model.SurveyComment(comment)
	v := sheet.Survey
	err = d.commit(ctx, v.AccountID, func(s *db.Store) error {
		c, err := s.LockAnswered(ctx, v.AccountID, v.ConversationID)
		if err != nil {
			return err
		}
		if sheet.Survey, err = s.SaveVote(ctx, db.Vote{Account: v.AccountID, Survey: v.ID, Score: score, Comment: &comment, By: model.ByPage, At: d.moment()}); err != nil {
			return err
		}
		return s.Tell(ctx, v.AccountID, model.Event{Kind: model.ConversationChanged, ChannelID: c.ChannelID, ConversationID: c.ID})
	})
	return sheet, err
}
