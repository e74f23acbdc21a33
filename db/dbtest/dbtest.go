// Package dbtest gives each test a Postgres database of its own, migrated and empty.
//
// Tests of every package call it. The databases are clones of one template, made when the first test asks, in a
// private throw-away cluster of the test binary, or in the cluster that LIVEDESK_TEST_DATABASE_URL names. A machine
// without Postgres fails the tests; nothing is skipped.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/embedded"
)

// cluster is where the test binary's databases live.
type cluster struct {
	url      string // of its maintenance database
	template string
	stop     func()
}

var (
	once  sync.Once
	here  *cluster
	fault error
	// PostgreSQL copies a template in one session at a time.
	cloning sync.Mutex
)

// Main runs the tests of a package and then stops the cluster, if one was started. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if here != nil {
		here.stop()
	}
	os.Exit(code)
}

// New returns an empty, migrated database that is dropped when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), URL(t), db.Options{MaxConns: 12, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// URL returns the address of an empty, migrated database that is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	once.Do(func() { here, fault = start() })
	if fault != nil {
		t.Fatal(fault)
	}
	name := "t_" + strings.ToLower(rand.Text())
	if err := here.run(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+here.template+" STRATEGY FILE_COPY", "CREATE DATABASE "+name+" TEMPLATE "+here.template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := here.drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return here.at(name)
}

// drop ends whoever is still connected. A worker that vacuums the database belongs to the superuser, whose processes an
// ordinary role may not end; Postgres does that itself where it is not asked for force.
func (c *cluster) drop(ctx context.Context, name string) error {
	return c.run(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "DROP DATABASE IF EXISTS "+name)
}

// run executes the first of the statements that the server is able to.
func (c *cluster) run(ctx context.Context, statements ...string) error {
	cloning.Lock()
	defer cloning.Unlock()
	conn, err := pgx.Connect(ctx, c.url)
	if err != nil {
		return fmt.Errorf("reach the test cluster: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, s := range statements {
		if _, err = conn.Exec(ctx, s); err == nil {
			return nil
		}
	}
	return fmt.Errorf("run %q: %w", statements[0], err)
}

// at is the address of a database in the cluster.
func (c *cluster) at(name string) string {
	u, err := url.Parse(c.url)
	if err != nil {
		panic(err) // it was parsed by pgx when the cluster was reached
	}
	u.Path = "/" + name
	return u.String()
}

func start() (*cluster, error) {
	c, err := reach()
	if err != nil {
		return nil, err
	}
	if err := c.prepare(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func reach() (*cluster, error) {
	if u := os.Getenv("LIVEDESK_TEST_DATABASE_URL"); u != "" {
		return &cluster{url: u, stop: func() {}}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Options{FastUnsafe: true, Log: slog.New(slog.DiscardHandler), Tuning: map[string]string{"max_connections": "300"}})
	if err != nil {
		return nil, fmt.Errorf("start a Postgres for the tests: %w", err)
	}
	return &cluster{url: server.URL(), stop: func() { server.Stop(context.Background()) }}, nil
}

// prepare makes the template. Several test binaries may share a cluster, so its name is random.
func (c *cluster) prepare() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c.template = "template_" + strings.ToLower(rand.Text())
	if err := c.run(ctx, "CREATE DATABASE "+c.template); err != nil {
		return err
	}
	d, err := db.Open(ctx, c.at(c.template), db.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	stop := c.stop
	c.stop = func() {
		c.drop(context.Background(), c.template)
		stop()
	}
	return nil
}
