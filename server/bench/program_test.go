package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// folder holds the program that the tests run, until they have ended.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "livedesk-bench-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// program builds livedesk: the stage starts the program itself, as servers and as generators.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "livedesk")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/livedesk/livedesk/server/livedesk").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// newTestStage is a stage whose words are shown when the test fails.
func newTestStage(t *testing.T) *stage {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var words bytes.Buffer
	s, err := newStage(path, &words)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.clear()
		if t.Failed() {
			t.Log(words.String())
		}
	})
	return s
}
