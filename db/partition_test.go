package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

// partitions counts the tables of a parent's days, attached or not.
func (d *desk) partitions(table string) (attached, left int) {
	d.t.Helper()
	d.one(&attached, `SELECT count(*) FROM pg_inherits WHERE inhparent = $1::text::regclass AND NOT inhdetachpending`, table)
	d.one(&left, `SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ ('^' || $1 || '_\d{8}$')`, table)
	return attached, left
}

// A pg_dump holds its locks for as long as it runs. Nobody who writes or reads may have to wait behind the upkeep that
// waits for it.
func TestPartitionUpkeepStopsNobodyDuringADump(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	d.says("SM0", "before", "+819000000001")
	dump, err := d.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer dump.Rollback(t.Context())
	for _, table := range []string{"events", "webhook_requests"} { // with their partitions
		if _, err := dump.Exec(t.Context(), `LOCK TABLE `+table+` IN ACCESS SHARE MODE`); err != nil {
			t.Fatal(err)
		}
	}
	// A day whose tables hold nothing ends, and another begins. Today's stay in use.
	kept := make(chan error, 1)
	go func() { kept <- d.KeepPartitions(t.Context(), time.Now().AddDate(0, 0, 1), 24*time.Hour, 24*time.Hour) }()
	for n := 1; ; n++ {
		d.says(fmt.Sprint("SM", n), "meanwhile", "+819000000001")
		d.exec(`SELECT sequence_events($1, 500)`, d.account)
		if _, err := d.Events(t.Context(), d.account, 0, 500); err != nil {
			t.Fatal(err)
		}
		select {
		case err = <-kept:
		default:
			continue
		}
		t.Logf("%d messages meanwhile", n)
		break
	}
	if err == nil {
		t.Error("a partition that a dump still reads was dropped")
	}
	for _, table := range []string{"events", "webhook_requests"} {
		if attached, left := d.partitions(table); attached != 5 || left != 6 {
			t.Errorf("%s during the dump: %d partitions and %d tables, want 5 and 6", table, attached, left)
		}
	}
	if err := dump.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.KeepPartitions(t.Context(), time.Now().AddDate(0, 0, 1), 24*time.Hour, 24*time.Hour); err != nil {
		t.Error(err)
	}
	for _, table := range []string{"events", "webhook_requests"} {
		if attached, left := d.partitions(table); attached != 5 || left != 5 {
			t.Errorf("%s after the dump: %d partitions and %d tables, want 5 and 5", table, attached, left)
		}
	}
}

// A process may die between detaching a partition and dropping it.
func TestWhatIsLeftOfAPartitionIsDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, model.AlwaysNew)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format("events_20060102")
	d.exec(`ALTER TABLE events DETACH PARTITION ` + yesterday + ` CONCURRENTLY`)
	if err := d.KeepPartitions(t.Context(), time.Now().AddDate(0, 0, 1), 24*time.Hour, 0); err != nil {
		t.Fatal(err)
	}
	if attached, left := d.partitions("events"); attached != 5 || left != 5 {
		t.Errorf("%d partitions and %d tables, want 5 and 5", attached, left)
	}
}
