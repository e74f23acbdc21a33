package db

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// Sight returns the viewer with the role and the channels that they have now. It refuses an agent who is gone.
func (s *Store) Sight(ctx context.Context, v *model.Viewer) (*model.Viewer, error) {
	if v.System != "" {
		return v, nil
	}
	now := *v
	var channels []string
	err := s.hot.QueryRow(ctx, `SELECT a.role, ARRAY(SELECT c.channel_id::text FROM channel_agents c WHERE c.account_id = a.account_id AND c.agent_id = a.id ORDER BY 1)
		FROM agents a WHERE a.account_id = $1 AND a.id = $2 AND a.disabled_at IS NULL`, v.Account, string(v.Agent)).Scan(&now.Role, &channels)
	if err == pgx.ErrNoRows {
		return nil, model.Refuse(model.Unauthenticated, "Sign in again.")
	}
	if err != nil {
		return nil, fmt.Errorf("read what the agent may see: %w", err)
	}
	now.Channels = make([]model.ID, len(channels))
	for i, c := range channels {
		now.Channels[i] = model.ID(c)
	}
	return &now, nil
}

// ScopeOf names what the viewer may see: two viewers with one scope see the same conversations and the same fields.
func ScopeOf(v *model.Viewer) string {
	if v.SeesAll() {
		return fmt.Sprint(v.Account, " ", v.Role)
	}
	ids := make([]string, len(v.Channels))
	for i, c := range v.Channels {
		ids[i] = string(c)
	}
	slices.Sort(ids)
	return fmt.Sprint(v.Account, " ", v.Role, " ", strings.Join(ids, " "))
}

// inSight is the condition that the viewer may see what is on the channel in the column. The parameter's value is
// eyes(v), and $1 is the account. Where the viewer's channels were read, they hold and nobody's membership is looked
// at: one execution of a subscription, under the viewer who came first, serves all of a scope.
func inSight(v *model.Viewer, column, parameter string) string {
	switch {
	case v.SeesAll():
		return parameter + "::uuid[] IS NULL"
	case v.Channels != nil:
		return column + " = ANY (" + parameter + "::uuid[])"
	}
	return "EXISTS (SELECT 1 FROM channel_agents x WHERE x.account_id = $1 AND x.channel_id = " + column + " AND x.agent_id = ANY (" + parameter + "::uuid[]))"
}

// eyes is the value of inSight's parameter; nil sees all.
func eyes(v *model.Viewer) *string {
	var list string
	switch {
	case v.SeesAll():
		return nil
	case v.Channels != nil:
		list = texts(v.Channels)
	case v.Agent == "":
		list = texts(nil)
	default:
		list = texts([]model.ID{v.Agent})
	}
	return &list
}

// asOfNow is the viewer whose rights each query looks up. What is changed needs them as they are in the transaction,
// also where the request came over a socket whose channels were read before.
func asOfNow(v *model.Viewer) *model.Viewer {
	now := *v
	now.Channels = nil
	return &now
}
