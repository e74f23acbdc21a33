package graph_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// pages walks a list in pages of the size, forward or backward, and returns the ids in the order of the list. The
// document takes $first, $after, $last and $before, and path leads from its root field to the connection.
func (a *api) pages(document string, variables vars, size int, backward bool, path ...any) (all []string) {
	a.t.Helper()
	sizeName, fromName, toName, moreName := "first", "after", "endCursor", "hasNextPage"
	if backward {
		sizeName, fromName, toName, moreName = "last", "before", "startCursor", "hasPreviousPage"
	}
	request := vars{sizeName: size}
	for name, value := range variables {
		request[name] = value
	}
	for range 100 {
		connection := at(a.do(a.admin, document, request), path...)
		var page []string
		for i, node := range list(at(connection, "nodes")) {
			page = append(page, fmt.Sprint(at(node, "id"), at(node, "version")))
			if at(connection, "edges", i, "node", "id") != at(node, "id") {
				a.t.Errorf("edges and nodes differ: %v", connection)
			}
		}
		if backward {
			all = append(page, all...)
		} else {
			all = append(all, page...)
		}
		if at(connection, "pageInfo", moreName) == false {
			return all
		}
		if len(page) != size {
			a.t.Fatalf("a page of %d that is not the last holds %d", size, len(page))
		}
		request[fromName] = at(connection, "pageInfo", toName)
	}
	a.t.Fatal("the list does not end")
	return nil
}

const pageFields = `{ nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

// Whatever the size of its pages and from whichever end, a list holds the same objects in the same order, each once.
func TestListsHoldEachObjectOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	contact, conversation := a.crowd()
	const arguments = `$first: Int, $after: String, $last: Int, $before: String`
	const page = `first: $first, after: $after, last: $last, before: $before`
	lists := []struct {
		name, document string
		variables      vars
		path           []any
		want           int
	}{
		{"agents", `query(` + arguments + `) { agents(` + page + `) ` + pageFields + ` }`, nil, nil, 8},
		{"teams", `query(` + arguments + `) { teams(` + page + `) ` + pageFields + ` }`, nil, nil, 7},
		{"labels", `query(` + arguments + `) { labels(` + page + `) ` + pageFields + ` }`, nil, nil, 7},
		{"channels", `query(` + arguments + `) { channels(` + page + `) ` + pageFields + ` }`, nil, nil, 2},
		{"contacts", `query(` + arguments + `) { contacts(` + page + `) ` + pageFields + ` }`, nil, nil, 7},
		{"conversations", `query(` + arguments + `) { conversations(` + page + `) ` + pageFields + ` }`, nil, nil, 14},
		{"waiting conversations", `query(` + arguments + `) { conversations(order: WAITING, ` + page + `) ` + pageFields + ` }`, nil, nil, 14},
		{"open conversations", `query(` + arguments + `) { conversations(filter: {statuses: [OPEN, OPEN]}, ` + page + `) ` + pageFields + ` }`, nil, nil, 10},
		{"conversations of a contact", `query($id: ID!, ` + arguments + `) { contact(id: $id) { conversations(` + page + `) ` + pageFields + ` } }`, vars{"id": contact}, []any{"conversations"}, 2},
		{"messages", `query($id: ID!, ` + arguments + `) { conversation(id: $id) { messages(` + page + `) ` + pageFields + ` } }`, vars{"id": conversation}, []any{"messages"}, 10},
		{"history", `query($id: ID!, ` + arguments + `) { conversation(id: $id) { history(` + page + `) { nodes { version } edges { node { version } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
			vars{"id": conversation}, []any{"history"}, 7},
		{"surveys", `query($id: ID!, ` + arguments + `) { conversation(id: $id) { surveys(` + page + `) ` + pageFields + ` } }`, vars{"id": conversation}, []any{"surveys"}, 2},
	}
	for _, l := range lists {
		whole := a.pages(l.document, l.variables, 100, false, l.path...)
		if distinct := slices.Compact(slices.Sorted(slices.Values(whole))); len(whole) != l.want || len(distinct) != l.want {
			t.Errorf("%s are %q, want %d", l.name, whole, l.want)
		}
		for _, size := range []int{1, 2, 3, 5} {
			for _, backward := range []bool{false, true} {
				if got := a.pages(l.document, l.variables, size, backward, l.path...); !slices.Equal(got, whole) {
					t.Errorf("%s in pages of %d, backward %v, are\n%q, want\n%q", l.name, size, backward, got, whole)
				}
			}
		}
	}
}

// crowd makes people, labels, and 7 customers who wrote on two channels. It returns one of the customers and the
// conversation with most messages and changes.
func (a *api) crowd() (contact, conversation string) {
	a.t.Helper()
	front, back := a.connect("Front", "+15550100100"), a.connect("back", "+15550100300")
	for i := range 7 {
		name := fmt.Sprint("Number ", i)
		a.do(a.admin, `mutation($n: String!) { createLabel(input: {name: $n, color: "#a0b0c0"}) { label { id } userErrors { code } } }`, vars{"n": name})
		a.do(a.admin, `mutation($n: String!) { createTeam(input: {name: $n, agentIds: []}) { team { id } userErrors { code } } }`, vars{"n": name})
		a.do(a.admin, `mutation($n: String!, $e: String!) { createAgent(input: {name: $n, email: $e, role: AGENT}) { agent { id } userErrors { code } } }`, vars{"n": name, "e": fmt.Sprint("n", i, "@example.com")})
		number := fmt.Sprint("+44770090010", i)
		conversation = a.customer(a.account(), front, number, name, "Hello")
		ended := a.customer(a.account(), back, number, name, "Hello")
		if i%2 == 0 {
			a.setStatus(ended, "RESOLVED")
		}
	}
	for range 7 {
		a.customer(a.account(), front, "+447700900106", "Number 6", "Hello again")
	}
	a.setStatus(conversation, "SNOOZED")
	a.setStatus(conversation, "OPEN")
	a.do(a.admin, `mutation($i: UpdateCsatInput!) { updateCsat(input: $i) { userErrors { code } } }`, vars{"i": vars{"channelId": front, "enabled": true}})
	for range 2 {
		a.setStatus(conversation, "RESOLVED")
		a.setStatus(conversation, "OPEN")
	}
	got := a.do(a.admin, `query($id: ID!) { conversation(id: $id) { contact { id } } }`, vars{"id": conversation})
	return at(got, "contact", "id").(string), conversation
}

func (a *api) setStatus(conversation, status string) {
	a.t.Helper()
	a.do(a.admin, `mutation($i: SetConversationStatusInput!) { setConversationStatus(input: $i) { conversation { id } userErrors { code message } } }`,
		vars{"i": vars{"conversationId": conversation, "status": status}})
}

func TestPagesAreLimited(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	seed(t, a.db, a.account())
	for arguments, want := range map[string]int{"": 50, "(first: 20)": 20, "(first: 100)": 100, "(first: 101)": 100, "(last: 2000000000)": 100, "(first: 0)": 0} {
		got := a.do(a.admin, `{ conversations`+arguments+` { nodes { id } } }`, nil)
		if n := len(list(got["nodes"])); n != want {
			t.Errorf("conversations%s holds %d, want %d", arguments, n, want)
		}
	}
}

// What cannot be a page is refused, whichever list it is asked of.
func TestBadPagesAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.connect("Front", "+15550100100")
	cursor := at(a.do(a.admin, `{ channels { pageInfo { endCursor } } }`, nil), "pageInfo", "endCursor").(string)
	for _, arguments := range []string{`first: -1`, `last: -1`, `first: 1, last: 1`, `after: ""`, `after: "nonsense"`, `before: "////"`, `first: 3000000000`, `after: "` + cursor + `"`, `before: "` + cursor + `"`} {
		for _, field := range []string{"conversations", "contacts"} {
			if got := a.send(a.admin, `{ `+field+`(`+arguments+`) { nodes { id } } }`, nil); got.code() != "INVALID" {
				t.Errorf("%s(%s) gave %s", field, arguments, got.raw)
			}
		}
	}
}

// Those who wait longest come first, those who do not wait last.
func TestWaitingOrder(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	channel := a.connect("Front", "+15550100100")
	want := make([]string, 5)
	for i, minute := range []int{3, 1, 4, 0, 2} {
		want[minute] = a.customer(a.account(), channel, fmt.Sprint("+44770090010", i), "", "Hello")
		a.exec(`UPDATE conversations SET waiting_since = $2 WHERE id = $1`, want[minute], time.Unix(1700000000, 0).Add(time.Duration(minute)*time.Minute))
	}
	rested := a.customer(a.account(), channel, "+447700900109", "", "Hello")
	a.setStatus(rested, "RESOLVED")
	var got []string
	for _, node := range list(a.do(a.admin, `{ conversations(order: WAITING) { nodes { id } } }`, nil)["nodes"]) {
		got = append(got, at(node, "id").(string))
	}
	if want = append(want, rested); !slices.Equal(got, want) {
		t.Errorf("they wait in the order %q, want %q", got, want)
	}
}
