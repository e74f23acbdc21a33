package db_test

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
)

func TestMigrateAgainChangesNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	done, err := d.Migrated(t.Context())
	if err != nil || !done {
		t.Fatalf("migrated %v, %v", done, err)
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			d, err := db.Open(t.Context(), url, db.Options{MaxConns: 3})
			if err == nil {
				err = d.Migrate(t.Context())
				d.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestPartitionsCoverTheComingDaysAndOldOnesGo(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	count := func() (n int) {
		if err := d.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	later := time.Now().AddDate(0, 0, 10)
	if err := d.KeepPartitions(t.Context(), later, 48*time.Hour, 0); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 5 || before != 5 {
		t.Fatalf("partitions: %d before, %d after ten days with two days' retention; want 5 and 5", before, n)
	}
}

// The functions of a later release may need a type that the ones before did not.
func TestMigrateOverFunctionsOfBefore(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, sql := range []string{`DROP TYPE intake_arrival CASCADE`, `UPDATE migrations SET digest = 'of before' WHERE name LIKE 'sql/%'`} {
		if _, err := d.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}
