package transport

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// enough is where counting stops: nested fragments multiply, and the sum must not wrap around.
const enough = 1 << 20

// shape is what Limits looks at in a selection set, with its fragments spread out.
type shape struct {
	depth   int // fields inside each other; 1 for {ping}
	fields  int // fields of this level
	aliases int // aliased fields of every level
}

// measure sizes an operation. Each fragment is measured once, so that fragments of fragments cost nothing; gqlparser
// has already refused cycles.
func measure(operation *ast.OperationDefinition) shape {
	return ruler{}.selection(operation.SelectionSet)
}

type ruler map[*ast.FragmentDefinition]shape

func (r ruler) selection(set ast.SelectionSet) shape {
	var sum shape
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			sum = sum.plus(r.field(s))
		case *ast.InlineFragment:
			sum = sum.plus(r.selection(s.SelectionSet))
		case *ast.FragmentSpread:
			sum = sum.plus(r.fragment(s.Definition))
		}
	}
	return sum
}

func (r ruler) field(field *ast.Field) shape {
	if field.Name == "__schema" || field.Name == "__type" {
		return shape{fields: 1}
	}
	inner := r.selection(field.SelectionSet)
	outer := shape{depth: inner.depth + 1, fields: 1, aliases: inner.aliases}
	if field.Alias != field.Name {
		outer.aliases++
	}
	return outer
}

func (r ruler) fragment(fragment *ast.FragmentDefinition) shape {
	if known, ok := r[fragment]; ok {
		return known
	}
	size := r.selection(fragment.SelectionSet)
	r[fragment] = size
	return size
}

func (s shape) plus(other shape) shape {
	return shape{
		depth:   max(s.depth, other.depth),
		fields:  min(s.fields+other.fields, enough),
		aliases: min(s.aliases+other.aliases, enough),
	}
}
