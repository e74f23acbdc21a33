package desk_test

import (
	"testing"

	"github.com/livedesk/livedesk/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
