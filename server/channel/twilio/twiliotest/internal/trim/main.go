// Command trim cuts Twilio's OpenAPI documents down to the paths that the emulator answers, with all schemas they
// refer to and without examples and prose.
//
//	LIVEDESK_SPECS=<folder with twilio/twilio_*.json> go run ./internal/trim <target folder>
//
// The documents are those of github.com/twilio/twilio-oai (Apache License 2.0). It is run by hand when Twilio's API
// changes.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kept are the operations of each document, as "method path".
var kept = map[string][]string{
	"twilio_api_v2010.json": {
		"get /2010-04-01/Accounts/{Sid}.json",
		"get /2010-04-01/Accounts/{AccountSid}/Messages.json",
		"post /2010-04-01/Accounts/{AccountSid}/Messages.json",
		"get /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
		"delete /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
		"get /2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json",
		"get /2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media/{Sid}.json",
		"get /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
		"get /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json",
		"post /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json",
		"get /2010-04-01/Accounts/{AccountSid}/SMS/ShortCodes.json",
	},
	"twilio_messaging_v1.json": {
		"get /v1/Services",
		"get /v1/Services/{Sid}",
		"post /v1/Services/{Sid}",
		"get /v1/Services/{ServiceSid}/PhoneNumbers",
		"get /v1/Services/{MessagingServiceSid}/ChannelSenders",
	},
	"twilio_messaging_v2.json": {
		"get /v2/Channels/Senders",
		"get /v2/Channels/Senders/{Sid}",
		"post /v2/Channels/Senders/{Sid}",
		"post /v2/Indicators/Typing.json",
	},
	"twilio_content_v1.json": {
		"get /v1/Content/{Sid}",
		"get /v1/ContentAndApprovals",
	},
}

func main() {
	if len(os.Args) != 2 || os.Getenv("LIVEDESK_SPECS") == "" {
		log.Fatal("usage: LIVEDESK_SPECS=<folder> trim <target folder>")
	}
	for name, operations := range kept {
		from := filepath.Join(os.Getenv("LIVEDESK_SPECS"), "twilio", name)
		if err := trim(from, filepath.Join(os.Args[1], name), operations); err != nil {
			log.Fatalf("trim %s: %v", name, err)
		}
	}
}

type object = map[string]any

func trim(from, to string, operations []string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var document object
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	paths, err := pick(document["paths"].(object), operations)
	if err != nil {
		return err
	}
	components := document["components"].(object)
	schemas := closure(paths, components["schemas"].(object))
	small, err := json.MarshalIndent(object{
		"openapi": document["openapi"], "info": bare(document["info"]), "servers": document["servers"], "paths": paths,
		"components": object{"schemas": schemas, "securitySchemes": components["securitySchemes"]},
	}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(small, '\n'), 0o644)
}

// pick takes the operations out of the paths.
func pick(paths object, operations []string) (object, error) {
	picked := object{}
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		whole, ok := paths[path].(object)
		if !ok || whole[method] == nil {
			return nil, errors.New("no " + operation)
		}
		if picked[path] == nil {
			picked[path] = object{}
		}
		picked[path].(object)[method] = withoutHeaders(bare(whole[method]).(object))
	}
	return picked, nil
}

// withoutHeaders drops the CORS headers that every response lists.
func withoutHeaders(operation object) object {
	for _, response := range operation["responses"].(object) {
		delete(response.(object), "headers")
		response.(object)["description"] = ""
	}
	return operation
}

// bare drops prose, examples and extensions everywhere.
func bare(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for key, value := range v {
			named := key == "properties" // its keys are names of fields, not words of OpenAPI
			switch {
			case named:
				fields := object{}
				for name, field := range value.(object) {
					fields[name] = bare(field)
				}
				out[key] = fields
			case slices.Contains([]string{"description", "example", "examples", "tags"}, key), strings.HasPrefix(key, "x-"):
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
	visit = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok {
				name := strings.TrimPrefix(ref, schemaRef)
				if found[name] == nil {
					if all[name] == nil {
						log.Fatalf("no schema %q", name)
					}
					found[name] = bare(all[name])
					visit(found[name])
				}
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				visit(v[key])
			}
		case []any:
			for _, value := range v {
				visit(value)
			}
		}
	}
	visit(from)
	return found
}
