package transport

import (
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// appendResponse writes an execution result. data is copied as it is: encoding/json would parse and compact it again,
// which is most of the cost of a large list. A response without data has no data key: the request was refused before
// it ran (GraphQL specification, "Data").
func appendResponse(dst []byte, response *graphql.Response) []byte {
	dst = append(dst, '{')
	if len(response.Errors) > 0 {
		dst = append(dst, `"errors":`...)
		dst = append(dst, encodeErrors(response.Errors)...)
	}
	if response.Data != nil {
		dst = appendComma(dst)
		dst = append(dst, `"data":`...)
		dst = append(dst, response.Data...)
	}
	if len(response.Extensions) > 0 {
		if extensions, err := json.Marshal(response.Extensions); err == nil {
			dst = appendComma(dst)
			dst = append(dst, `"extensions":`...)
			dst = append(dst, extensions...)
		}
	}
	return append(dst, '}')
}

func appendComma(dst []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return dst
}

// encodeErrors falls back to bare messages when an error carries an extension that is no JSON.
func encodeErrors(errs gqlerror.List) []byte {
	if encoded, err := json.Marshal(errs); err == nil {
		return encoded
	}
	bare := make(gqlerror.List, len(errs))
	for i, err := range errs {
		bare[i] = &gqlerror.Error{Message: err.Message, Path: err.Path, Locations: err.Locations}
	}
	encoded, _ := json.Marshal(bare)
	return encoded
}

// isRefused tells a request that never ran, or a subscription that could not start, from one that ran and failed.
func isRefused(response *graphql.Response) bool {
	return response.Data == nil && len(response.Errors) > 0
}
