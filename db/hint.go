package db

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// hintChannel is the NOTIFY channel on which processes tell each other which accounts have new events.
const hintChannel = "livedesk_events"

// hintPause is how long hints are collected. A NOTIFY takes a lock of the whole cluster, so it is never part of a
// transaction that writes, and many become one.
const hintPause = 3 * time.Millisecond

// hintAccounts bounds a hint: NOTIFY carries 8,000 bytes.
const hintAccounts = 300

func (f *Feed) tellOthers(ctx context.Context) {
	for {
		accounts := map[int64]bool{}
		select {
		case <-ctx.Done():
			return
		case a := <-f.hints:
			accounts[a] = true
		}
		pause := time.NewTimer(hintPause)
		for waiting := true; waiting && len(accounts) < hintAccounts; {
			select {
			case a := <-f.hints:
				accounts[a] = true
			case <-pause.C:
				waiting = false
			}
		}
		list := []string{f.tag}
		for a := range accounts {
			list = append(list, strconv.FormatInt(a, 10))
		}
		// A hint that fails is found by the look each second.
		f.db.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, hintChannel, strings.Join(list, ","))
	}
}

// listen follows the hints of other processes on a connection of its own, and comes back when that is lost.
func (f *Feed) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := f.listenOnce(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("lost the connection for hints, events may be a second late", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (f *Feed) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, f.db.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := f.sameLog(ctx); err != nil {
		return err
	}
	// The greeting tells a process that believed itself alone that it no longer is.
	if _, err := conn.Exec(ctx, "LISTEN "+hintChannel+"; NOTIFY "+hintChannel+", '"+f.tag+"'"); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		from, accounts, _ := strings.Cut(n.Payload, ",")
		if from == f.tag {
			continue
		}
		f.SetAlone(false)
		for s := range strings.SplitSeq(accounts, ",") {
			if account, err := strconv.ParseInt(s, 10, 64); err == nil {
				f.deliver(account, nil)
			}
		}
	}
}

// sameLog is asked whenever the connection was lost, since another server may answer now: after a failover to one that
// lagged behind, numbers are used again. Then everybody who follows is sent away to come back with their cursor, which
// is of another epoch.
func (f *Feed) sameLog(ctx context.Context) error {
	epoch, err := f.db.logEpoch(ctx)
	if err != nil || epoch == f.epoch.Load() {
		return err
	}
	f.log.Warn("the event log is another one now, subscribers begin anew")
	f.epoch.Store(epoch)
	f.mu.Lock()
	hubs := slices.Collect(maps.Values(f.hubs))
	f.mu.Unlock()
	for _, h := range hubs {
		if err := h.restart(ctx, f.db); err != nil {
			return err
		}
	}
	return nil
}
