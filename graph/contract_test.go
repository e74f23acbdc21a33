package graph_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/livedesk/livedesk/graph/exec"
)

// contract returns the documents of the contract, each with its fragments, by the operation's name.
func contract(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/contract/*.graphql")
	if err != nil || len(files) < 8 {
		t.Fatal("the contract is not in testdata:", files, err)
	}
	documents := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, parseErr := parser.ParseQuery(&ast.Source{Name: name, Input: string(text)})
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		for _, operation := range file.Operations {
			documents[operation.Name] = print(operation, file.Fragments)
		}
	}
	return documents
}

func print(operation *ast.OperationDefinition, fragments ast.FragmentDefinitionList) string {
	document := &ast.QueryDocument{Operations: ast.OperationList{operation}}
	addFragments(document, operation.SelectionSet, fragments)
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatQueryDocument(document)
	return text.String()
}

func addFragments(to *ast.QueryDocument, set ast.SelectionSet, from ast.FragmentDefinitionList) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			addFragments(to, s.SelectionSet, from)
		case *ast.InlineFragment:
			addFragments(to, s.SelectionSet, from)
		case *ast.FragmentSpread:
			if fragment := from.ForName(s.Name); to.Fragments.ForName(s.Name) == nil {
				to.Fragments = append(to.Fragments, fragment)
				addFragments(to, fragment.SelectionSet, from)
			}
		}
	}
}

func TestContractIsValid(t *testing.T) {
	t.Parallel()
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	for name, text := range contract(t) {
		document, err := parser.ParseQuery(&ast.Source{Name: name, Input: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range validator.ValidateWithRules(schema, document, rules.NewDefaultRules()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
