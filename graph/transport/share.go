package transport

import (
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// ShareKey makes a key for WebSocket.Share: the scope, which must say all that visibility depends on, and the variables.
// A variable that is the argument resume of a root field, and is used nowhere else, only says where a subscriber
// resumes and is left out. An empty resume leaves nothing out.
func ShareKey(op *graphql.OperationContext, scope, resume string) (string, error) {
	left := resumeVariable(op.Operation, resume)
	variables := make(map[string]any, len(op.Variables))
	for name, value := range op.Variables {
		if name != left {
			variables[name] = value
		}
	}
	key, err := json.Marshal([]any{scope, variables}) // maps are written in the order of their keys
	return string(key), err
}

// resumeVariable finds the variable that only feeds the argument of a root field; "" when there is none.
func resumeVariable(operation *ast.OperationDefinition, argument string) string {
	uses := usage{counts: map[string]int{}, seen: map[*ast.FragmentDefinition]bool{}}
	uses.directives(operation.Directives)
	uses.selection(operation.SelectionSet)
	for _, selection := range operation.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok {
			continue
		}
		arg := field.Arguments.ForName(argument)
		if arg != nil && arg.Value.Kind == ast.Variable && uses.counts[arg.Value.Raw] == 1 {
			return arg.Value.Raw
		}
	}
	return ""
}

// usage counts where variables are used; a fragment counts once however often it is spread.
type usage struct {
	counts map[string]int
	seen   map[*ast.FragmentDefinition]bool
}

func (u usage) selection(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			u.arguments(s.Arguments)
			u.directives(s.Directives)
			u.selection(s.SelectionSet)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(s.Directives)
			if !u.seen[s.Definition] {
				u.seen[s.Definition] = true
				u.selection(s.Definition.SelectionSet)
			}
		}
	}
}

func (u usage) directives(directives ast.DirectiveList) {
	for _, d := range directives {
		u.arguments(d.Arguments)
	}
}

func (u usage) arguments(arguments ast.ArgumentList) {
	for _, a := range arguments {
		u.value(a.Value)
	}
}

func (u usage) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.counts[v.Raw]++
	}
	for _, child := range v.Children {
		u.value(child.Value)
	}
}
