package aitest

import (
	"encoding/json"
	"net/http"
)

// refusal is an error in OpenAI's form.
type refusal struct {
	status int
	header http.Header
	body   []byte
}

// refuse makes an error; what is "" is null in it.
func refuse(status int, kind, param, code, text string) *refusal {
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"message": text, "type": orNull(kind), "param": orNull(param), "code": orNull(code),
	}})
	if err != nil {
		panic("aitest: " + err.Error())
	}
	return &refusal{status: status, header: http.Header{}, body: body}
}

func invalid(param, code, text string) *refusal {
	return refuse(http.StatusBadRequest, "invalid_request_error", param, code, text)
}

func (f *refusal) write(w http.ResponseWriter) {
	for name, values := range f.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	w.Write(f.body)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
