// Command trim cuts Meta's OpenAPI document down to the operations that the provider uses, with all schemas they refer to
// and without examples and prose.
//
//	LIVEDESK_SPECS=<folder with whatsapp/business-messaging-api_v23.0.yaml> go run ./internal/trim <target folder>
//
// The document is that of github.com/facebook/openapi (MIT License). It is run by hand when Meta's API changes.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const name = "business-messaging-api_v23.0"

// kept are the operations, as "method path".
var kept = []string{
	"post /{Version}/{Phone-Number-ID}/messages",
	"get /{Version}/{Phone-Number-ID}",
	"get /{Version}/{WABA-ID}/phone_numbers",
	"get /{Version}/{WABA-ID}/subscribed_apps",
	"get /{Version}/{Media-ID}",
}

func main() {
	if len(os.Args) != 2 || os.Getenv("LIVEDESK_SPECS") == "" {
		log.Fatal("usage: LIVEDESK_SPECS=<folder> trim <target folder>")
	}
	from := filepath.Join(os.Getenv("LIVEDESK_SPECS"), "whatsapp", name+".yaml")
	if err := trim(from, filepath.Join(os.Args[1], name+".json")); err != nil {
		log.Fatal(err)
	}
}

type object = map[string]any

func trim(from, to string) error {
	document, err := read(from)
	if err != nil {
		return err
	}
	components := document["components"].(object)
	schemas := components["schemas"].(object)
	paths, err := pick(document["paths"].(object))
	if err != nil {
		return err
	}
	parameters := bare(components["parameters"]).(object)
	found := closure(object{"paths": paths, "parameters": parameters}, schemas)
	for _, schema := range found {
		if err := merge(schema.(object), found); err != nil {
			return err
		}
	}
	amend(found)
	addReceipt(paths, found)
	small, err := json.MarshalIndent(object{"openapi": "3.0.3", "info": object{"title": "Meta Graph API", "version": "v23.0"},
		"servers": []any{object{"url": "https://graph.facebook.com"}}, "paths": paths,
		"components": object{"schemas": found, "parameters": parameters, "securitySchemes": bare(components["securitySchemes"])}}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(small, '\n'), 0o644)
}

// read turns the YAML document into JSON objects.
func read(from string) (object, error) {
	text, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	document := &openapi3.T{}
	if document, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(document); err != nil {
		return nil, err
	}
	var o object
	return o, json.Unmarshal(text, &o)
}

// pick takes the operations out of the paths, each with the parameters that stand on its path.
func pick(paths object) (object, error) {
	picked := object{}
	for _, operation := range kept {
		method, path, _ := strings.Cut(operation, " ")
		whole, ok := paths[path].(object)
		if !ok || whole[method] == nil {
			return nil, errors.New("no " + operation)
		}
		one := bare(whole[method]).(object)
		for _, response := range one["responses"].(object) {
			delete(response.(object), "headers")
			response.(object)["description"] = ""
		}
		picked[path] = object{method: one}
		if shared := whole["parameters"]; shared != nil {
			picked[path].(object)["parameters"] = bare(shared)
		}
	}
	return picked, nil
}

// merge makes one schema of those that "allOf" puts together. In the document a part that allows no further properties
// refuses those of the other parts, so that nothing could fit.
func merge(schema, all object) error {
	parts, ok := schema["allOf"].([]any)
	if !ok {
		return nil
	}
	properties, required := object{}, []any{}
	for _, part := range parts {
		p := part.(object)
		if ref, ok := p["$ref"].(string); ok {
			p = all[strings.TrimPrefix(ref, schemaRef)].(object)
		}
		fields, ok := p["properties"].(object)
		if !ok {
			return fmt.Errorf("a part without properties: %v", p)
		}
		maps.Copy(properties, fields)
		if more, ok := p["required"].([]any); ok {
			required = append(required, more...)
		}
	}
	delete(schema, "allOf")
	schema["type"], schema["properties"], schema["required"], schema["additionalProperties"] = "object", properties, required, false
	return nil
}

// amend adds what Meta describes elsewhere: the text that comes back with reports, and the id of a customer without a
// number, which stands in place of "to" (2026, business-scoped user ids).
func amend(schemas object) {
	text := object{"type": "string", "maxLength": 512}
	for _, schema := range schemas {
		s := schema.(object)
		properties, _ := s["properties"].(object)
		if properties["messaging_product"] == nil || properties["recipient_type"] == nil {
			continue
		}
		properties["biz_opaque_callback_data"], properties["recipient"] = text, object{"type": "string"}
		s["required"] = slices.DeleteFunc(s["required"].([]any), func(v any) bool { return v == "to" })
		s["anyOf"] = []any{object{"required": []any{"to"}}, object{"required": []any{"recipient"}}}
	}
}

// addReceipt adds the receipt, which may show that somebody writes. Of that the document has an example only.
func addReceipt(paths, schemas object) {
	text := object{"type": "string"}
	schemas["ReadReceipt"] = object{"type": "object", "additionalProperties": false, "required": []any{"messaging_product", "status", "message_id"},
		"properties": object{"messaging_product": text, "status": object{"type": "string", "enum": []any{"read"}}, "message_id": text,
			"typing_indicator": object{"type": "object", "required": []any{"type"}, "properties": object{"type": object{"type": "string", "enum": []any{"text"}}}}}}
	post := paths["/{Version}/{Phone-Number-ID}/messages"].(object)["post"].(object)
	content := post["requestBody"].(object)["content"].(object)["application/json"].(object)
	content["schema"] = object{"anyOf": []any{content["schema"], object{"$ref": schemaRef + "ReadReceipt"}}}
}

// bare drops prose, examples and extensions everywhere.
func bare(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for key, value := range v {
			switch {
			case key == "properties": // its keys are names of fields, not words of OpenAPI
				fields := object{}
				for name, field := range value.(object) {
					fields[name] = bare(field)
				}
				out[key] = fields
			case slices.Contains([]string{"description", "example", "examples", "tags", "default"}, key), strings.HasPrefix(key, "x-"):
			default:
				out[key] = bare(value)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, bare(value))
		}
		return out
	}
	return v
}

const schemaRef = "#/components/schemas/"

// closure collects the schemas that something refers to, and those that they refer to.
func closure(from any, all object) object {
	found := object{}
	var visit func(any)
	refer := func(ref string) {
		name, ok := strings.CutPrefix(ref, schemaRef)
		if !ok || found[name] != nil {
			return
		}
		found[name] = bare(all[name])
		visit(found[name])
	}
	visit = func(v any) {
		switch v := v.(type) {
		case object:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				visit(v[key])
			}
		case []any:
			for _, value := range v {
				visit(value)
			}
		case string:
			refer(v)
		}
	}
	visit(from)
	return found
}
