package cloudtest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// object is a JSON object.
type object = map[string]any

// answer is a response before it is written, so that a fault can still take its place.
type answer struct {
	status int
	kind   string
	body   []byte
	after  string // Retry-After, in seconds
}

func reply(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic("cloudtest: " + err.Error())
	}
	return answer{status: status, kind: "application/json; charset=UTF-8", body: body}
}

// refuse answers with an error in the form of the Graph API.
func refuse(status, code, subcode int, text string) answer {
	e := object{"message": "(#" + strconv.Itoa(code) + ") " + text, "type": "OAuthException", "code": code, "fbtrace_id": "AXsgnV2Cm3ZMGF3dF_cfYIn",
		"error_data": object{"messaging_product": "whatsapp", "details": text}}
	if subcode != 0 {
		e["error_subcode"] = subcode
		delete(e, "error_data")
	}
	return reply(status, object{"error": e})
}

// unknown is what Meta says of a node that is not there, or not shown to the token.
func unknown(id string) answer {
	return refuse(http.StatusBadRequest, 100, 33, "Unsupported get request. Object with ID '"+id+"' does not exist, cannot be loaded due to missing permissions")
}

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.after != "" {
		h.Set("Retry-After", a.after)
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
	http.NewResponseController(w).Flush()
}
