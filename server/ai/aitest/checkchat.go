package aitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

func checkChat(m Model, c Chat) *refusal {
	for _, check := range []func(Model, Chat) *refusal{checkParameters, checkLimit, checkMessages, checkPairs, checkTools} {
		if bad := check(m, c); bad != nil {
			return bad
		}
	}
	return nil
}

func checkParameters(m Model, c Chat) *refusal {
	switch {
	case c.MaxTokens != nil && c.MaxCompletionTokens != nil:
		return invalid("max_tokens", "invalid_parameter_combination", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case c.MaxTokens != nil && slices.Contains(m.Refuses, "max_tokens"):
		return invalid("max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
	case c.MaxCompletionTokens != nil && slices.Contains(m.Refuses, "max_completion_tokens"):
		return invalid("max_completion_tokens", "unsupported_parameter", "Unsupported parameter: 'max_completion_tokens' is not supported with this model.")
	case c.Temperature != nil && slices.Contains(m.Refuses, "temperature"):
		return invalid("temperature", "unsupported_value", fmt.Sprintf("Unsupported value: 'temperature' does not support %g with this model. Only the default (1) value is supported.", *c.Temperature))
	case c.Temperature != nil && (*c.Temperature < 0 || *c.Temperature > 2):
		return invalid("temperature", "decimal_above_max_value", "Invalid 'temperature': decimal out of range. Expected a value from 0 to 2.")
	case len(c.Tools) > 0 && slices.Contains(m.Refuses, "tools"):
		return invalid("", "", m.Name+" does not support tools") // Ollama's words
	}
	return nil
}

func checkLimit(m Model, c Chat) *refusal {
	limit := c.MaxTokens
	if limit == nil {
		limit = c.MaxCompletionTokens
	}
	switch {
	case limit == nil:
		return nil
	case *limit < 1:
		return invalid("max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer below minimum value.")
	case m.Thinks && *limit < 16:
		return invalid("max_tokens", "integer_below_min_value", "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.")
	case m.Thinks && *limit < 1000:
		return invalid("", "", "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.")
	}
	return nil
}

func checkMessages(_ Model, c Chat) *refusal {
	if len(c.Messages) == 0 {
		return invalid("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1.")
	}
	for i, m := range c.Messages {
		at := fmt.Sprintf("messages.[%d]", i)
		switch {
		case !slices.Contains([]string{"system", "developer", "user", "assistant", "tool"}, m.Role):
			return invalid(at+".role", "invalid_value", "Invalid value: '"+m.Role+"'.")
		case m.Content == nil && (m.Role != "assistant" || len(m.Calls) == 0):
			return invalid(at+".content", "invalid_type", "Invalid value for 'content': expected a string, got null.")
		case len(m.Calls) > 0 && m.Role != "assistant", m.CallID != "" && m.Role != "tool":
			return invalid(at, "", "Additional properties are not allowed.")
		}
	}
	return nil
}

// checkPairs demands that each call is followed by its result, and that each result follows its call.
func checkPairs(_ Model, c Chat) *refusal {
	open := map[string]bool{}
	for _, m := range c.Messages {
		switch {
		case m.Role == "tool" && !open[m.CallID]:
			return invalid("messages", "", "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.")
		case m.Role == "tool":
			delete(open, m.CallID)
			continue
		case len(open) > 0:
			return unanswered()
		}
		for _, call := range m.Calls {
			if call.ID == "" || call.Type != "function" || !toolName.MatchString(call.Function.Name) {
				return invalid("messages", "invalid_value", "Invalid 'tool_calls'.")
			}
			open[call.ID] = true
		}
	}
	if len(open) > 0 {
		return unanswered()
	}
	return nil
}

func unanswered() *refusal {
	return invalid("messages", "", "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.")
}

var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func checkTools(_ Model, c Chat) *refusal {
	for i, t := range c.Tools {
		var schema struct {
			Type string `json:"type"`
		}
		switch {
		case t.Type != "function" || !toolName.MatchString(t.Function.Name):
			return invalid(fmt.Sprintf("tools[%d].function.name", i), "invalid_value", "Invalid 'tools'.")
		case json.Unmarshal(t.Function.Parameters, &schema) != nil || schema.Type != "object":
			return invalid(fmt.Sprintf("tools[%d].function.parameters", i), "invalid_function_parameters", "Invalid schema for function '"+t.Function.Name+"'.")
		}
	}
	return nil
}
