package db_test

import (
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// present is a desk with an agent who has a session.
func present(t *testing.T) (*desk, *model.Viewer) {
	t.Helper()
	d := newDesk(t, model.AlwaysNew)
	v := &model.Viewer{Account: d.account, Agent: d.agent("hana@example.org"), Session: model.NewID(model.KindSession), Role: model.AgentRole}
	d.exec(`INSERT INTO sessions (account_id, id, agent_id, token_hash, expires_at) VALUES ($1, $2, $3, 'x', now() + interval '1 day')`, v.Account, v.Session, v.Agent)
	return d, v
}

func (d *desk) connect(v *model.Viewer, process model.ID, want bool) model.ID {
	d.t.Helper()
	id := model.NewID(model.KindConnection)
	ok, err := d.Connect(d.t.Context(), v, id, process)
	if err != nil || ok != want {
		d.t.Fatalf("connect: %v, %v", ok, err)
	}
	return id
}

func (d *desk) endLeases() {
	d.t.Helper()
	if _, err := d.EndLeases(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func TestConnectedEndsWithTheLastLease(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	process := model.NewID(model.KindProcess)
	first, second := d.connect(v, process, true), d.connect(v, process, true)
	d.count(1, "agents WHERE connected")
	d.count(1, "event_outbox WHERE kind = 'AGENT_CHANGED'")
	for _, id := range []model.ID{first, second} {
		d.count(1, "agents WHERE connected")
		if err := d.Disconnect(t.Context(), d.account, id, true); err != nil {
			t.Fatal(err)
		}
		d.endLeases()
	}
	d.count(0, "agents WHERE connected")
	d.count(2, "event_outbox WHERE kind = 'AGENT_CHANGED'")
}

func TestASocketThatClosesLeavesAGrace(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	id := d.connect(v, model.NewID(model.KindProcess), true)
	if err := d.Disconnect(t.Context(), d.account, id, false); err != nil {
		t.Fatal(err)
	}
	d.endLeases()
	d.count(1, "agents WHERE connected")
	d.exec(`UPDATE connections SET expires_at = expires_at - interval '30 seconds'`)
	d.endLeases()
	d.count(0, "agents WHERE connected")
}

func TestAProcessThatDiedLosesItsLeases(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	alive, dead := model.NewID(model.KindProcess), model.NewID(model.KindProcess)
	for _, p := range []model.ID{alive, dead} {
		if _, err := d.RenewLeases(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	d.connect(v, dead, true)
	d.exec(`UPDATE connections SET expires_at = now() - interval '1 second'`)
	d.exec(`UPDATE processes SET expires_at = now() - interval '1 second' WHERE id = $1`, dead)
	r, err := d.RenewLeases(t.Context(), alive)
	if err != nil || r.Others != 0 {
		t.Fatalf("%d others, %v", r.Others, err)
	}
	d.endLeases()
	d.count(0, "agents WHERE connected")
}

func TestARenewalTellsWhichLeasesRunOn(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	process, other := model.NewID(model.KindProcess), model.NewID(model.KindProcess)
	kept, ended, closed := d.connect(v, process, true), d.connect(v, process, true), d.connect(v, process, true)
	d.connect(v, other, true)
	if err := d.Disconnect(t.Context(), d.account, closed, false); err != nil {
		t.Fatal(err)
	}
	d.exec(`UPDATE connections SET expires_at = now() WHERE id = ANY(ARRAY[$1, $2]::uuid[])`, kept, ended)
	d.exec(`DELETE FROM connections WHERE id = $1`, ended)
	r, err := d.RenewLeases(t.Context(), process)
	if err != nil || len(r.Sockets) != 1 || r.Sockets[0] != kept {
		t.Errorf("renewed %v, %v, want %s", r.Sockets, err, kept)
	}
	d.count(1, "connections WHERE id = $1 AND expires_at > now() + interval '29 seconds'", kept)
	if r, err = d.RenewLeases(t.Context(), model.NewID(model.KindProcess)); err != nil || len(r.Sockets) != 0 {
		t.Errorf("a process without sockets renewed %v, %v", r.Sockets, err)
	}
}

func TestSocketsPerAgentAreBounded(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	process := model.NewID(model.KindProcess)
	var last model.ID
	for range db.MaxSockets {
		last = d.connect(v, process, true)
	}
	d.connect(v, process, false)
	if err := d.Disconnect(t.Context(), d.account, last, false); err != nil {
		t.Fatal(err)
	}
	d.connect(v, process, true) // one that closed does not count, though its lease still runs
}

// A process that was killed renews nothing. Its agents need not wait for its leases to end.
func TestSocketsOfADeadProcessKeepNobodyOut(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	dead, next := model.NewID(model.KindProcess), model.NewID(model.KindProcess)
	for range 6 {
		d.connect(v, dead, true)
	}
	d.exec(`UPDATE connections SET expires_at = expires_at - interval '12 seconds'`)
	for range db.MaxSockets {
		d.connect(v, next, true)
	}
	d.connect(v, next, false)
	d.exec(`DELETE FROM connections WHERE process_id = $1`, next)
	// A renewal that is due any moment does not look like death.
	d.exec(`UPDATE connections SET expires_at = now() + interval '19 seconds'`)
	for range db.MaxSockets - 6 {
		d.connect(v, next, true)
	}
	d.connect(v, next, false)
}

func TestAnEndedSessionConnectsNothing(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	d.exec(`DELETE FROM sessions`)
	d.connect(v, model.NewID(model.KindProcess), false)
	d.count(0, "connections")
}

func TestALiveSocketKeepsItsSessionInUse(t *testing.T) {
	t.Parallel()
	d, v := present(t)
	process := model.NewID(model.KindProcess)
	d.connect(v, process, true)
	d.exec(`UPDATE sessions SET seen_at = now() - interval '11 hours'`)
	if _, err := d.RenewLeases(t.Context(), process); err != nil {
		t.Fatal(err)
	}
	d.count(1, "sessions WHERE seen_at > now() - interval '1 minute'")
}
