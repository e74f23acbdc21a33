package transport

import (
	"context"
	"errors"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// OneOf refuses variables whose @oneOf input objects do not have exactly one member that is not null, at any depth.
// gqlparser checks literals only. Add it to gqlgen's handler with Use(new(OneOf)).
type OneOf struct {
	schema *ast.Schema
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = (*OneOf)(nil)

// ExtensionName is part of gqlgen's extension contract.
func (*OneOf) ExtensionName() string { return "OneOf" }

// Validate keeps the schema, which gqlgen hands over when the extension is added.
func (o *OneOf) Validate(schema graphql.ExecutableSchema) error {
	if schema.Schema() == nil {
		return errors.New("OneOf needs a schema")
	}
	o.schema = schema.Schema()
	return nil
}

// MutateOperationContext checks the coerced variables, so defaults are checked too.
func (o *OneOf) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, variable := range op.Operation.VariableDefinitions {
		if culprit := o.find(variable.Type, op.Variables[variable.Variable]); culprit != "" {
			err := gqlerror.Errorf(`Variable "$%s" must give exactly one member of the OneOf Input Object "%s", and not null.`,
				variable.Variable, culprit)
			errcode.Set(err, errcode.ValidationFailed)
			return err
		}
	}
	return nil
}

// find returns the name of the first @oneOf type whose value breaks the rule, or "".
func (o *OneOf) find(typ *ast.Type, value any) string {
	if value == nil {
		return ""
	}
	if typ.Elem != nil {
		return o.findInList(typ.Elem, reflect.ValueOf(value))
	}
	definition, members := o.schema.Types[typ.NamedType], asObject(value)
	if definition == nil || definition.Kind != ast.InputObject || members == nil {
		return ""
	}
	if definition.Directives.ForName("oneOf") != nil && !hasOneMember(members) {
		return definition.Name
	}
	for _, field := range definition.Fields {
		if culprit := o.find(field.Type, members[field.Name]); culprit != "" {
			return culprit
		}
	}
	return ""
}

// findInList takes a bare value for a list of one, as input coercion does; gqlparser makes typed slices of such values.
func (o *OneOf) findInList(elem *ast.Type, list reflect.Value) string {
	if list.Kind() != reflect.Slice {
		return o.find(elem, list.Interface())
	}
	for i := range list.Len() {
		if culprit := o.find(elem, list.Index(i).Interface()); culprit != "" {
			return culprit
		}
	}
	return ""
}

func asObject(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

// hasOneMember does not count __typename, which gqlparser lets pass in input objects.
func hasOneMember(members map[string]any) bool {
	count := 0
	for name, value := range members {
		if name == "__typename" {
			continue
		}
		if value == nil {
			return false
		}
		count++
	}
	return count == 1
}
