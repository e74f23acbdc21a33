package server

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/ai/aitest"
)

// A story is a text file in testdata/stories. Each line is a step that somebody takes or sees; '#' begins a comment.
// The desk is the real one on a database of its own, the providers are signing fakes, agents hold real websockets.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, newWorld, file)
		})
		if slices.Contains(everywhere, name) {
			t.Run(name+" on WHATSAPP_CLOUD", func(t *testing.T) {
				t.Parallel()
				tell(t, func(t testing.TB, _ ...func(*Config)) *world { return newMetaWorld(t) }, file)
			})
		}
	}
}

// everywhere are the stories that are told of each provider.
var everywhere = []string{"first_conversation", "duplicates", "window", "credentials", "picture", "reopen", "reconnect", "rights"}

func tell(t *testing.T, world func(testing.TB, ...func(*Config)) *world, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := world(t)
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		w.line = file + ":" + line
		w.step(line)
	}
	w.twilio.NothingUnexpected(t)
}

// sentence is one form of step; its groups are the arguments.
type sentence struct {
	form *regexp.Regexp
	do   func(w *world, arg []string)
}

func says(form string, do func(w *world, arg []string)) sentence {
	form = strings.ReplaceAll(form, "NAME", `(\w+)`)
	form = strings.ReplaceAll(form, "TEXT", `"([^"]*)"`)
	form = strings.ReplaceAll(form, "WORD", `(\S+)`)
	return sentence{regexp.MustCompile("^" + form + "$"), do}
}

var sentences = []sentence{
	says(`channel TEXT on WORD`, func(w *world, a []string) { w.channel(a[0], a[1]) }),
	says(`channel TEXT reopens conversations`, func(w *world, a []string) {
		w.admin.must("updateAssignment", `{"channelId":"`+w.channels[a[0]]+`","reopenPolicy":"REOPEN"}`)
	}),
	says(`channel TEXT asks TEXT and thanks with TEXT`, func(w *world, a []string) {
		w.admin.must("updateCsat", `{"channelId":"`+w.channels[a[0]]+`","enabled":true,"question":"`+a[1]+`","thankYou":"`+a[2]+`"}`)
	}),
	says(`customer WORD is asked TEXT`, func(w *world, a []string) { w.isAsked(a[0], a[1]) }),
	says(`customer WORD answers on the page with WORD and TEXT`, func(w *world, a []string) { w.votes(a[1], a[2]) }),
	says(`agent NAME sees score WORD with TEXT`, func(w *world, a []string) { w.agents[a[0]].seesScore(a[1], a[2]) }),
	says(`agent NAME has the conversations TEXT`, func(w *world, a []string) { w.agents[a[0]].hasConversations(a[1]) }),
	says(`channel TEXT gives out by WORD`, func(w *world, a []string) {
		w.admin.must("updateAssignment", `{"channelId":"`+w.channels[a[0]]+`","mode":"`+a[1]+`"}`)
	}),
	says(`channel TEXT greets with TEXT`, func(w *world, a []string) { w.greets(a[0], true, a[1]) }),
	says(`channel TEXT does not greet`, func(w *world, a []string) { w.greets(a[0], false, "") }),
	says(`channel TEXT closed WORD minutes ago and says TEXT`, func(w *world, a []string) { w.closes(a[0], a[1], a[2]) }),
	says(`channel TEXT is always open`, func(w *world, a []string) { w.opens(a[0]) }),
	says(`team TEXT is NAME`, func(w *world, a []string) { w.team(a[0], a[1]) }),
	says(`messages on TEXT with TEXT go to team TEXT`, func(w *world, a []string) { w.rule(a[0], a[1], a[2]) }),
	says(`AI Agent NAME answers on TEXT`, func(w *world, a []string) { w.aiAgent(a[0], a[1], w.models.URL(), aitest.Key) }),
	says(`article TEXT says TEXT`, func(w *world, a []string) { w.article(a[0], a[1]) }),
	says(`the model answers TEXT out of TEXT with TEXT`, func(w *world, a []string) { w.modelKnows(a[0], a[1], a[2]) }),
	says(`the model answers TEXT with TEXT`, func(w *world, a []string) { w.models.Say(a[0], a[1]) }),
	says(`the model hands over for TEXT`, func(w *world, a []string) { w.modelHandsOver(a[0]) }),
	says(`the model refuses the key`, func(w *world, _ []string) { w.models.Fail(aitest.HTML(401)) }),
	says(`customer WORD saw that an answer is being written`, func(w *world, a []string) { w.customerSawTyping(a[0]) }),
	says(`agent NAME works on TEXT`, func(w *world, a []string) { w.agent(a[0], a[1]) }),
	says(`agent NAME leaves TEXT`, func(w *world, a []string) {
		w.admin.must("removeChannelAgents", `{"channelId":"`+w.channels[a[1]]+`","agentIds":["`+w.agents[a[0]].id+`"]}`)
	}),
	says(`agent NAME has a limit of WORD`, func(w *world, a []string) {
		w.admin.must("updateAgent", `{"agentId":"`+w.agents[a[0]].id+`","maxLoad":`+a[1]+`}`)
	}),
	says(`agent NAME chooses WORD`, func(w *world, a []string) { w.agents[a[0]].must("setAvailability", `{"availability":"`+a[1]+`"}`) }),
	says(`agent NAME is disabled`, func(w *world, a []string) {
		w.admin.must("updateAgent", `{"agentId":"`+w.agents[a[0]].id+`","disabled":true}`)
	}),
	says(`agent NAME signs out`, func(w *world, a []string) { w.agents[a[0]].query(`mutation { signOut { userErrors { code } } }`, "") }),
	says(`agent NAME is closed out with WORD`, func(w *world, a []string) { w.agents[a[0]].closedWith(a[1]) }),
	says(`customer WORD says TEXT to WORD`, func(w *world, a []string) { w.customerSays(a[0], a[1], a[2], false) }),
	says(`customer WORD sends a picture to WORD`, func(w *world, a []string) { w.customerSays(a[0], "", a[1], true) }),
	says(`customer WORD receives TEXT`, func(w *world, a []string) { w.customerReceives(a[0], a[1]) }),
	says(`customer WORD has received TEXT WORD times?`, func(w *world, a []string) { w.customerHasReceived(a[0], a[1], a[2]) }),
	says(`customer WORD is with NAME`, func(w *world, a []string) { w.customerIsWith(a[0], w.agents[a[1]]) }),
	says(`customer WORD waits`, func(w *world, a []string) { w.customerWaits(a[0]) }),
	says(`the provider delivers the last webhook WORD times more`, func(w *world, a []string) { w.redeliver(a[0]) }),
	says(`the provider refuses the credentials`, func(w *world, _ []string) { w.company.breakCredentials(w) }),
	says(`admin replaces the credentials of TEXT`, func(w *world, a []string) { w.mendCredentials(a[0]) }),
	says(`agent NAME sees message TEXT`, func(w *world, a []string) { w.agents[a[0]].seesMessage(a[1]) }),
	says(`agent NAME sees message TEXT become WORD`, func(w *world, a []string) { w.agents[a[0]].seesDelivery(a[1], a[2]) }),
	says(`agent NAME sees the picture become WORD`, func(w *world, a []string) { w.agents[a[0]].seesAttachment(a[1]) }),
	says(`agent NAME sees the conversation removed`, func(w *world, a []string) { w.agents[a[0]].seesRemoved() }),
	says(`agent NAME sees the conversation WORD`, func(w *world, a []string) { w.agents[a[0]].seesStatus(a[1]) }),
	says(`agent NAME sees the conversation owned by NAME`, func(w *world, a []string) { w.agents[a[0]].seesOwner(a[1]) }),
	says(`agent NAME sees channel TEXT become WORD`, func(w *world, a []string) { w.agents[a[0]].seesChannel(a[1], a[2]) }),
	says(`agent NAME has seen message TEXT WORD times?`, func(w *world, a []string) { w.agents[a[0]].hasSeen(a[1], a[2]) }),
	says(`agent NAME goes offline for a moment`, func(w *world, a []string) { w.agents[a[0]].cut() }),
	says(`agent NAME comes back`, func(w *world, a []string) { w.agents[a[0]].connect() }),
	says(`agent NAME takes the conversation`, func(w *world, a []string) { w.agents[a[0]].assign(w.agents[a[0]].id) }),
	says(`agent NAME gives the conversation to NAME`, func(w *world, a []string) { w.agents[a[0]].assign(w.agents[a[1]].id) }),
	says(`agent NAME replies TEXT`, func(w *world, a []string) { w.agents[a[0]].reply(a[1], "") }),
	says(`agent NAME replies TEXT and is refused with WORD`, func(w *world, a []string) { w.agents[a[0]].reply(a[1], a[2]) }),
	says(`agent NAME replies TEXT to WORD`, func(w *world, a []string) {
		w.agents[a[0]].must("sendMessage", `{"conversationId":"`+w.conversationOf(addressOf(a[2]))+`","clientKey":"`+a[1]+`","text":"`+a[1]+`"}`)
	}),
	says(`agent NAME resolves the conversation of WORD`, func(w *world, a []string) {
		w.agents[a[0]].must("setConversationStatus", `{"conversationId":"`+w.conversationOf(addressOf(a[1]))+`","status":"RESOLVED"}`)
	}),
	says(`agent NAME retries message TEXT`, func(w *world, a []string) { w.agents[a[0]].retry(a[1]) }),
	says(`agent NAME notes TEXT`, func(w *world, a []string) { w.agents[a[0]].note(a[1]) }),
	says(`agent NAME sets the conversation WORD`, func(w *world, a []string) { w.agents[a[0]].setStatus(a[1]) }),
	says(`a day passes`, func(w *world, _ []string) { w.age() }),
}

func (w *world) step(line string) {
	w.t.Helper()
	for _, s := range sentences {
		if m := s.form.FindStringSubmatch(line); m != nil {
			s.do(w, m[1:])
			return
		}
	}
	w.t.Fatalf("%s: no sentence has this form", w.line)
}
