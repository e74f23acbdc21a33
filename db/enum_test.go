package db_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/livedesk/livedesk/db/dbtest"
)

// constants are the values of each named string type of package model, as its source has them.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	values := map[string][]string{}
	files, err := filepath.Glob("../model/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("the source of model is not beside this package:", err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, named := spec.Type.(*ast.Ident)
			value, literal := spec.Values[0].(*ast.BasicLit)
			if !named || !literal || value.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			values[typ.Name] = append(values[typ.Name], text)
			return true
		})
	}
	return values
}

// The database takes exactly the values that the model knows, so that neither a slip in SQL nor one in Go is stored.
func TestEnumsAreTheModels(t *testing.T) {
	t.Parallel()
	database, known := dbtest.New(t), constants(t)
	for column, typ := range map[[2]string]string{
		{"agents", "role"}: "Role", {"agents", "availability"}: "Availability",
		{"channels", "kind"}: "ChannelKind", {"channels", "provider"}: "ProviderName", {"identities", "kind"}: "ChannelKind",
		{"channels", "reopen_policy"}: "ReopenPolicy", {"channels", "assignment_mode"}: "AssignmentMode",
		{"conversations", "status"}: "ConversationStatus", {"conversations", "priority"}: "Priority",
		{"conversation_changes", "status"}: "ConversationStatus", {"conversation_changes", "reason"}: "Reason", {"conversation_changes", "hand_over"}: "HandOverReason",
		{"ai_agents", "key_header"}: "AiKeyHeader", {"channels", "ai_problem"}: "AiProblemKind",
		{"ai_turns", "outcome"}: "AiOutcome", {"ai_turns", "hand_over"}: "HandOverReason",
		{"messages", "direction"}: "Direction", {"messages", "kind"}: "MessageKind", {"messages", "status"}: "DeliveryStatus",
		{"send_attempts", "outcome"}: "SendOutcome", {"attachments", "state"}: "AttachmentState",
		{"rules", "match"}: "Match", {"rules", "fallback"}: "Fallback",
		{"conversations", "to_place"}: "Stage", {"decisions", "stage"}: "Stage", {"decisions", "outcome"}: "RoutingOutcome", {"decisions", "target_kind"}: "TargetKind",
		{"surveys", "not_delivered"}: "NotDelivered", {"surveys", "answered_by"}: "AnswerWay",
		{"event_outbox", "kind"}: "EventKind", {"events", "kind"}: "EventKind",
	} {
		var allowed []string
		err := database.Pool().QueryRow(t.Context(), `SELECT array(SELECT DISTINCT m[1] FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([A-Z_]+)''', 'g') m
			WHERE c.conrelid = $1::regclass AND c.contype = 'c' AND c.conname = $2 ORDER BY 1)`, column[0], column[0]+"_"+column[1]+"_check").Scan(&allowed)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(known[typ]))
		slices.Sort(allowed)
		if !slices.Equal(allowed, want) || len(want) == 0 {
			t.Errorf("%s takes %q, model.%s has %q", column, allowed, typ, want)
		}
	}
}
