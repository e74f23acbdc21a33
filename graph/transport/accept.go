package transport

import (
	"mime"
	"strconv"
	"strings"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// negotiate picks the media type of the response from the Accept header, or "" when neither of ours is acceptable.
//
// A client that has no wish gets application/json. With equal wishes application/graphql-response+json wins if it is
// named, because only then do status codes tell a refused request from a failed one.
// Source: GraphQL over HTTP, "Media Types" and "Legacy Watershed"; RFC 9110 section 12.5.1.
func negotiate(accept []string) string {
	ranges := parseAccept(accept)
	if len(accept) == 0 {
		return mediaJSON
	}
	asJSON, asResponse := weigh(ranges, mediaJSON), weigh(ranges, mediaResponse)
	switch {
	case asJSON.quality == 0 && asResponse.quality == 0:
		return ""
	case asResponse.quality > asJSON.quality:
		return mediaResponse
	case asResponse.quality == asJSON.quality && asResponse.named:
		return mediaResponse
	}
	return mediaJSON
}

type mediaRange struct {
	name    string
	quality float64
}

type preference struct {
	quality float64
	named   bool // by its full name, not by a wildcard
}

// weigh finds the most specific range that covers the media type.
func weigh(ranges []mediaRange, media string) preference {
	best, found := -1, preference{}
	for _, r := range ranges {
		if specific := specificity(r.name, media); specific > best {
			best, found = specific, preference{r.quality, specific == 2}
		}
	}
	return found
}

func specificity(name, media string) int {
	switch name {
	case media:
		return 2
	case "application/*":
		return 1
	case "*/*":
		return 0
	}
	return -2
}

func parseAccept(headers []string) []mediaRange {
	var ranges []mediaRange
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			if r, ok := parseRange(part); ok {
				ranges = append(ranges, r)
			}
		}
	}
	return ranges
}

// parseRange leaves out what cannot be read and what asks for another encoding than UTF-8.
func parseRange(part string) (mediaRange, bool) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil || !isUTF8(params) {
		return mediaRange{}, false
	}
	quality := 1.0
	if q, ok := params["q"]; ok {
		if quality, err = strconv.ParseFloat(q, 64); err != nil || !(0 <= quality && quality <= 1) {
			return mediaRange{}, false
		}
	}
	return mediaRange{name, quality}, true
}

func isUTF8(params map[string]string) bool {
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
