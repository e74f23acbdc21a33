package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/complexity"
	gql "github.com/vektah/gqlparser/v2/ast"
	gqlparser "github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/livedesk/livedesk/graph"
	"github.com/livedesk/livedesk/model"
)

// ours lists the types that the schema file defines, by name.
func ours() []*gql.Definition {
	var types []*gql.Definition
	for _, definition := range graph.Schema().Schema().Types {
		if !definition.BuiltIn {
			types = append(types, definition)
		}
	}
	slices.SortFunc(types, func(a, b *gql.Definition) int { return strings.Compare(a.Name, b.Name) })
	return types
}

func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	for _, definition := range ours() {
		described(t, definition.Name, definition.Description)
		for _, value := range definition.EnumValues {
			described(t, definition.Name+"."+value.Name, value.Description)
		}
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			described(t, definition.Name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				described(t, definition.Name+"."+field.Name+"("+argument.Name+":)", argument.Description)
			}
		}
	}
}

func described(t *testing.T, name, description string) {
	t.Helper()
	if description = strings.TrimSpace(description); description == "" || !strings.HasSuffix(description, ".") {
		t.Errorf("%s is described as %q, want a sentence", name, description)
	}
}

func TestEveryMutationTakesOneInputAndTellsRefusals(t *testing.T) {
	t.Parallel()
	schema := graph.Schema().Schema()
	for _, field := range schema.Mutation.Fields {
		name := strings.ToUpper(field.Name[:1]) + field.Name[1:]
		if field.Name != "signOut" && (len(field.Arguments) != 1 || field.Arguments[0].Name != "input" || field.Arguments[0].Type.String() != name+"Input!") {
			t.Errorf("%s does not take one input: %sInput!", field.Name, name)
		}
		payload := schema.Types[field.Type.Name()]
		if payload.Name != name+"Payload" {
			t.Errorf("%s gives %s, want %sPayload", field.Name, payload.Name, name)
		}
		if errors := payload.Fields.ForName("userErrors"); errors == nil || errors.Type.String() != "[UserError!]!" {
			t.Errorf("%s has no userErrors: [UserError!]!", payload.Name)
		}
	}
}

func TestConnectionsAreRelays(t *testing.T) {
	t.Parallel()
	schema := graph.Schema().Schema()
	want := []string{"first: Int", "after: String", "last: Int", "before: String"}
	for _, definition := range ours() {
		for _, field := range definition.Fields {
			connection := schema.Types[field.Type.Name()]
			if !strings.HasSuffix(connection.Name, "Connection") {
				continue
			}
			var got []string
			for _, argument := range field.Arguments {
				got = append(got, argument.Name+": "+argument.Type.String())
			}
			if len(got) < 4 || !slices.Equal(got[len(got)-4:], want) {
				t.Errorf("%s.%s takes %q, want it to end in %q", definition.Name, field.Name, got, want)
			}
			node := strings.TrimSuffix(connection.Name, "Connection")
			for name, typ := range map[string]string{"edges": "[" + node + "Edge!]!", "nodes": "[" + node + "!]!", "pageInfo": "PageInfo!"} {
				if f := connection.Fields.ForName(name); f == nil || f.Type.String() != typ {
					t.Errorf("%s.%s is not %s", connection.Name, name, typ)
				}
			}
		}
	}
}

// Whatever asks for many of something costs more the more it asks for, up to what a page holds.
func TestEveryListCountsItsSize(t *testing.T) {
	t.Parallel()
	schema := graph.Schema()
	for _, definition := range ours() {
		for _, field := range definition.Fields {
			first, last := field.Arguments.ForName("first"), field.Arguments.ForName("last")
			if first == nil || last == nil {
				continue
			}
			cost := func(arguments map[string]any) int {
				full := map[string]any{}
				for _, argument := range field.Arguments {
					full[argument.Name] = nil
				}
				for name, value := range arguments {
					n := value.(int64)
					full[name] = n
				}
				got, ok := schema.Complexity(t.Context(), definition.Name, field.Name, 7, full)
				if !ok {
					t.Errorf("%s.%s has no price", definition.Name, field.Name)
				}
				return got
			}
			for name, c := range map[string]struct {
				arguments map[string]any
				want      int
			}{
				"first":    {map[string]any{"first": int64(20)}, 1 + 20*7},
				"last":     {map[string]any{"last": int64(20)}, 1 + 20*7},
				"nothing":  {nil, 1 + 50*7},
				"too many": {map[string]any{"first": int64(5000)}, 1 + 100*7},
				"negative": {map[string]any{"first": int64(-5000)}, 1},
			} {
				if got := cost(c.arguments); got != c.want {
					t.Errorf("%s.%s with %s costs %d, want %d", definition.Name, field.Name, name, got, c.want)
				}
			}
		}
	}
}

func TestContractIsNotTooComplex(t *testing.T) {
	t.Parallel()
	schema := graph.Schema()
	variables := map[string]any{"first": int64(100), "last": int64(100)}
	for name, text := range contract(t) {
		document, err := gqlparser.ParseQuery(&gql.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		if errs := validator.ValidateWithRules(schema.Schema(), document, rules.NewDefaultRules()); len(errs) > 0 {
			t.Fatal(name, errs)
		}
		if got := complexity.Calculate(t.Context(), schema, document.Operations[0], variables); got > 10_000 {
			t.Errorf("%s costs %d", name, got)
		}
	}
}

// The codes of the API are those of the model that a payload can hold.
func TestUserErrorCodesAreTheModels(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, code := range constantsOf(t, "Code") {
		if model.Code(code).IsUserError() {
			want = append(want, code)
		}
	}
	for _, value := range graph.Schema().Schema().Types["UserErrorCode"].EnumValues {
		got = append(got, value.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the schema has %q, the model %q", got, want)
	}
}

// Each enum of the API has the values of the model's type of strings that it is bound to.
func TestEnumsAreTheModels(t *testing.T) {
	t.Parallel()
	for name, typ := range map[string]string{"Role": "Role", "Availability": "Availability", "ChannelKind": "ChannelKind", "Provider": "ProviderName", "ChannelState": "ChannelState",
		"AssignmentMode": "AssignmentMode", "ReopenPolicy": "ReopenPolicy", "ConversationStatus": "ConversationStatus", "Priority": "Priority", "ChangeReason": "Reason", "HandOverReason": "HandOverReason",
		"MessageDirection": "Direction", "MessageKind": "MessageKind", "DeliveryStatus": "DeliveryStatus", "SendOutcome": "SendOutcome", "AttachmentState": "AttachmentState",
		"Weekday": "Weekday", "RuleMatch": "Match", "RuleFallback": "Fallback", "RuleWarningCode": "WarningCode", "ContactHistory": "ContactHistory",
		"SurveyLanguage": "SurveyLanguage", "SurveyNotDelivered": "NotDelivered", "SurveyAnswerWay": "AnswerWay",
		"BusinessHours": "BusinessHours", "AuditAction": "AuditAction", "AuditSubject": "AuditSubject", "ImportOutcome": "ImportOutcome", "AiKeyHeader": "AiKeyHeader", "AiProblemKind": "AiProblemKind"} {
		want := constantsOf(t, typ)
		var got []string
		for _, value := range graph.Schema().Schema().Types[name].EnumValues {
			got = append(got, value.Name)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s is %q, model.%s is %q", name, got, typ, want)
		}
	}
}

// constantsOf reads the values of a type of strings out of the model's source.
func constantsOf(t *testing.T, typ string) (values []string) {
	t.Helper()
	names, err := filepath.Glob("../model/*.go")
	if err != nil || len(names) == 0 {
		t.Fatal("the model's source is not there:", err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name, isName := spec.Type.(*ast.Ident)
			literal, isLiteral := spec.Values[0].(*ast.BasicLit)
			if isName && isLiteral && name.Name == typ {
				value, _ := strconv.Unquote(literal.Value)
				values = append(values, value)
			}
			return true
		})
	}
	return values
}

func TestEveryRootFieldSaysWhoMayAskForIt(t *testing.T) {
	t.Parallel()
	schema := graph.Schema().Schema()
	var fields []string
	for _, root := range []*gql.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			fields = append(fields, field.Name)
		}
	}
	slices.Sort(fields)
	fields = slices.Compact(fields) // liveNumbers is asked for and followed by the same people
	if named := graph.Needs(); !slices.Equal(named, fields) {
		t.Errorf("the table of roles names %q, the schema has %q", named, fields)
	}
}
