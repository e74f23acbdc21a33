package twiliotest

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// policy is what the fragment of a webhook's URL asks for (Twilio, "Webhooks Connection Overrides").
type policy struct {
	retries int
	on      string // comma-separated classes of failures
	connect time.Duration
	read    time.Duration
	total   time.Duration // of all attempts together
}

// The classes of failures that a policy names.
const (
	connectFailed = "ct"
	readFailed    = "rt"
	clientError   = "4xx"
	serverError   = "5xx"
)

// policyOf reads the fragment. What is absent, unknown or out of range keeps its default.
func policyOf(address string) policy {
	p := policy{retries: 1, on: connectFailed, connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second}
	_, fragment, _ := strings.Cut(address, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return p
	}
	if n, err := strconv.Atoi(values.Get("rc")); err == nil && n >= 0 && n <= 5 {
		p.retries = n
	}
	if values.Get("rp") != "" {
		p.on = values.Get("rp")
	}
	limit(&p.connect, values.Get("ct"), 10000)
	limit(&p.read, values.Get("rt"), 15000)
	limit(&p.total, values.Get("tt"), 15000)
	return p
}

func limit(d *time.Duration, ms string, most int) {
	if n, err := strconv.Atoi(ms); err == nil && n >= 100 && n <= most {
		*d = time.Duration(n) * time.Millisecond
	}
}

// retries tells whether a failure of the class is tried again.
func (p policy) wants(class string) bool {
	for on := range strings.SplitSeq(p.on, ",") {
		if class != "" && (on == class || on == "all") {
			return true
		}
	}
	return false
}

func classOf(status int) string {
	switch {
	case status >= 500:
		return serverError
	case status >= 400:
		return clientError
	}
	return ""
}
