package db

import (
	"bytes"
	"context"
	"slices"
	"sort"

	"github.com/livedesk/livedesk/model"
)

// foundOrder is the order of a report's conversations: by id, the newest first.
const foundOrder = "f"

// foundPage is a page of conversations that were found, which are sorted already.
func (s *Store) foundPage(ctx context.Context, account int64, w window, found []model.Key) (*model.Slice[*model.Conversation], error) {
	low, high := 0, len(found)
	if w.after != nil {
		low = placeOf(found, w.after.id, 1)
	}
	if w.before != nil {
		high = max(low, placeOf(found, w.before.id, 0))
	}
	part := found[low:high]
	if n := min(w.n+1, len(part)); w.backward {
		part = slices.Clone(part[len(part)-n:])
		slices.Reverse(part)
	} else {
		part = part[:n]
	}
	ids := make([]model.ID, len(part))
	for i, k := range part {
		ids[i] = k.ID()
	}
	objects, err := s.ConversationsByID(ctx, account, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]*model.Conversation, 0, len(ids))
	for _, id := range ids {
		if c := objects[id]; c != nil {
			rows = append(rows, c)
		}
	}
	return slice(w, rows, func(c *model.Conversation) key { return key{segment: foundOrder[0], id: c.ID} }), nil
}

// placeOf is where the id stands, or would, in a list with the newest first; behind it when past is 1.
func placeOf(found []model.Key, id model.ID, past int) int {
	k := id.Key()
	return sort.Search(len(found), func(n int) bool { return bytes.Compare(found[n][:], k[:]) < 1-past })
}
