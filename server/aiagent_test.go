package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

// The endpoint of an AI Agent is an address that an admin entered: a private one is called only when the operator named
// it, and its key is in no log.
func TestAPrivateEndpointIsCalledWhereItIsNamed(t *testing.T) {
	t.Parallel()
	models := aitest.Start(aitest.Options{})
	t.Cleanup(models.Close)
	input := fmt.Sprintf(`{"name":"Robin","instructions":"Be kind.","model":%q,"baseUrl":%q,"apiKey":%q}`, aitest.DefaultModel, models.URL(), aitest.Key)
	for _, named := range []bool{false, true} {
		t.Run(fmt.Sprint(named), func(t *testing.T) {
			var log lines
			w := newWorldLogging(t, &log, func(c *Config) {
				if named {
					c.PrivateHosts = []string{models.Address}
				}
			})
			var got struct {
				AiAgent    *struct{ KeyHint string }
				UserErrors []struct {
					Code  string
					Field []string
				}
			}
			before := models.Counts().Requests
			decode(t, w.admin.mutate("createAiAgent", input, "aiAgent { keyHint }"), &got)
			asked := models.Counts().Requests - before
			switch {
			case named && (got.AiAgent == nil || !strings.HasSuffix(aitest.Key, got.AiAgent.KeyHint) || asked != 1):
				t.Errorf("it was asked %d times, and %+v", asked, got)
			case !named && (got.AiAgent != nil || asked != 0 || len(got.UserErrors) != 1 || got.UserErrors[0].Field[0] != "baseUrl"):
				t.Errorf("it was asked %d times, and %+v", asked, got)
			}
			w.server.Stop(t.Context())
			if strings.Contains(log.String(), aitest.Key) {
				t.Error("the key is in the log")
			}
		})
	}
}
