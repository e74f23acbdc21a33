package transport

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// answer writes one HTTP response in the negotiated media type.
type answer struct {
	w     http.ResponseWriter
	media string
}

func (a *answer) refuse(status int, text string) {
	a.write(status, &graphql.Response{Errors: gqlerror.List{{Message: text}}})
}

// result sends what an execution gave. gqlgen gives nothing once the context has ended: a client that has left needs
// no answer, one whose time is up does.
func (a *answer) result(ctx context.Context, response *graphql.Response) {
	switch {
	case response != nil:
		a.send(response)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		a.refuse(http.StatusServiceUnavailable, "the request took too long")
	case ctx.Err() == nil:
		a.refuse(http.StatusInternalServerError, "the operation gave no response")
	}
}

// send answers 400 to a refused request in the media type that asks for it; application/json is always 200, as clients
// of before GraphQL over HTTP expect.
func (a *answer) send(response *graphql.Response) {
	status := http.StatusOK
	if a.media == mediaResponse && isRefused(response) {
		status = http.StatusBadRequest
	}
	a.write(status, response)
}

func (a *answer) write(status int, response *graphql.Response) {
	body := appendResponse(make([]byte, 0, len(response.Data)+256), response)
	a.w.Header().Set("Content-Type", a.media+"; charset=utf-8")
	a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	a.w.WriteHeader(status)
	// A failed write means the client has gone; there is nobody left to tell.
	_, _ = a.w.Write(body)
}
