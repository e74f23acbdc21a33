package aitest

import (
	"bytes"
	"net/http"
	"strconv"
)

// Fault answers one request instead of the model.
type Fault func(http.ResponseWriter, *http.Request)

// Fail lets the next requests meet the faults, one each, in order, whatever they ask.
func (e *Endpoint) Fail(faults ...Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, faults...)
}

// Times repeats a fault.
func Times(n int, f Fault) []Fault {
	out := make([]Fault, n)
	for i := range out {
		out[i] = f
	}
	return out
}

// RateLimit is a 429 with the headers, such as "Retry-After", "2".
func RateLimit(headers ...string) Fault {
	return errorWith(refuse(http.StatusTooManyRequests, "requests", "", "rate_limit_exceeded", "Rate limit reached for requests."), headers)
}

// NoQuota is the 429 of an account without credit.
func NoQuota() Fault {
	return errorWith(refuse(http.StatusTooManyRequests, "insufficient_quota", "", "insufficient_quota", "You exceeded your current quota."), nil)
}

// Refuse is an error in OpenAI's form.
func Refuse(status int, kind, param, code, text string) Fault {
	return errorWith(refuse(status, kind, param, code, text), nil)
}

// ServerError is a 5xx of the endpoint itself.
func ServerError(status int, headers ...string) Fault {
	return errorWith(refuse(status, "server_error", "", "", "The server had an error while processing your request."), headers)
}

func errorWith(f *refusal, headers []string) Fault {
	for i := 0; i+1 < len(headers); i += 2 {
		f.header.Set(headers[i], headers[i+1])
	}
	return func(w http.ResponseWriter, _ *http.Request) { f.write(w) }
}

// HTML is the page of a gateway before the endpoint.
func HTML(status int) Fault {
	return Raw(status, "text/html", "<html><body><h1>"+strconv.Itoa(status)+" "+http.StatusText(status)+"</h1></body></html>")
}

// Raw is any answer.
func Raw(status int, contentType, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

// Redirect sends the caller elsewhere.
func Redirect(status int, to string) Fault {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
}

// Cut breaks the connection in the middle of an answer.
func Cut() Fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hel`))
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Break closes the connection instead of an answer.
func Break() Fault {
	return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
}

// Flood is a valid answer of that many bytes and a little more.
func Flood(size int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"choices":[{"message":{"role":"assistant","content":"`))
		w.Write(bytes.Repeat([]byte("x"), size))
		w.Write([]byte(`"},"finish_reason":"stop"}]}`))
	}
}
