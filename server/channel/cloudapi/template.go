package cloudapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// templateOf writes a call of a template. Its id is "name/language", because only both together name one at Meta. The
// variables are those of the body: numbers, or names where the template has named ones. "header" fills the variable of
// the header, "button.0" that of the first button.
func templateOf(t *model.TemplateCall) (object, *channel.SendError) {
	name, language, ok := strings.Cut(t.ID, "/")
	if !ok || name == "" || language == "" {
		return nil, rejected("The template is not named as name/language, like order_update/en_US.", "Choose another template.")
	}
	var components []object
	if text, ok := t.Variables["header"]; ok {
		components = append(components, object{"type": "header", "parameters": []object{parameter(text)}})
	}
	if body := bodyParameters(t.Variables); len(body) > 0 {
		components = append(components, object{"type": "body", "parameters": body})
	}
	for i := range 10 {
		if text, ok := t.Variables["button."+strconv.Itoa(i)]; ok {
			components = append(components, object{"type": "button", "sub_type": "url", "index": strconv.Itoa(i), "parameters": []object{parameter(text)}})
		}
	}
	part := object{"name": name, "language": object{"code": language, "policy": "deterministic"}}
	if len(components) > 0 {
		part["components"] = components
	}
	return part, nil
}

func parameter(text string) object { return object{"type": "text", "text": text} }

// bodyParameters are the variables of the body, numbered ones in the order of their numbers.
func bodyParameters(variables map[string]string) []object {
	var list []object
	for _, name := range slices.SortedFunc(maps.Keys(variables), byNumber) {
		if name == "header" || strings.HasPrefix(name, "button.") {
			continue
		}
		p := parameter(variables[name])
		if _, err := strconv.Atoi(name); err != nil {
			p["parameter_name"] = name
		}
		list = append(list, p)
	}
	return list
}

func byNumber(a, b string) int {
	m, err := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil {
		return strings.Compare(a, b)
	}
	return m - n
}
