package desk

import (
	"context"
	"sync"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// channelHealth gathers what webhooks say about channels. It is written every few seconds, not with every webhook.
type channelHealth struct {
	mu    sync.Mutex
	notes map[model.ID]*db.ChannelNote
}

func (h *channelHealth) note(c *model.Channel) *db.ChannelNote {
	n := h.notes[c.ID]
	if n == nil {
		n = &db.ChannelNote{Account: c.AccountID, Channel: c.ID}
		h.notes[c.ID] = n
	}
	return n
}

func (h *channelHealth) good(c *model.Channel, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(c).GoodAt = &at
}

func (h *channelHealth) refused(c *model.Channel, why string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.note(c)
	n.RefusedAt, n.RefusedWhy = &at, why
	n.Refused++
}

// SaveHealth writes what webhooks said since the last time. What cannot be written is kept for the next time.
func (d *Desk) SaveHealth(ctx context.Context) error {
	d.health.mu.Lock()
	notes := d.health.notes
	d.health.notes = map[model.ID]*db.ChannelNote{}
	d.health.mu.Unlock()
	for id, n := range notes {
		if err := d.db.NoteChannel(ctx, n); err != nil {
			d.health.keep(notes)
			return err
		}
		delete(notes, id)
	}
	return nil
}

// keep puts notes back under what came meanwhile.
func (h *channelHealth) keep(notes map[model.ID]*db.ChannelNote) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, before := range notes {
		n := h.notes[id]
		if n == nil {
			h.notes[id] = before
			continue
		}
		n.Refused += before.Refused
		if n.GoodAt == nil {
			n.GoodAt = before.GoodAt
		}
		if n.RefusedAt == nil {
			n.RefusedAt, n.RefusedWhy = before.RefusedAt, before.RefusedWhy
		}
	}
}
