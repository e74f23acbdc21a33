package db

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/livedesk/livedesk/model"
)

// ContactFilter says which contacts. Both conditions hold together; an empty one is none.
type ContactFilter struct {
	Text    string // words that begin words of the name or address
	Address string // exactly this address, on any kind of channel, with or without a scheme
}

const (
	contactColumns = `k.account_id, k.id::text, k.name, coalesce(k.phone_number, ''), k.address, k.blocked_at, k.created_at`

	// contactWords is the expression of the index contacts_words.
	contactWords = `to_tsvector('simple', translate(k.name || ' ' || k.address || ' ' || coalesce(k.phone_number, ''), '+-._@/', '      '))`

	contactOrder = "c"
)

func contactFields(k *model.Contact) []any {
	return []any{&k.AccountID, (*string)(&k.ID), &k.ProfileName, &k.Phone, &k.Address, &k.BlockedAt, &k.CreatedAt}
}

// Contacts returns a page of the contacts that the viewer may see, newest first: their ids begin with the time.
func (s *Store) Contacts(ctx context.Context, v *model.Viewer, f ContactFilter, p model.Page) (*model.Slice[*model.Contact], error) {
	w, err := newWindow(p, contactOrder)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{v.Account}}
	q.add("SELECT ", contactColumns, " FROM contacts k WHERE k.account_id = $1")
	q.onlySeen(v, f.Address != "")
	if f.Address != "" {
		q.add(" AND k.id = ANY (ARRAY(SELECT i.contact_id FROM identities i WHERE i.account_id = $1 AND i.address = ANY (", q.arg(spellings(f.Address)), ")))")
	}
	if f.Text != "" {
		q.add(" AND ", contactWords, " @@ to_tsquery('simple', ", q.arg(searchTerms(f.Text)), ")")
	}
	q.bounds(w, []string{"k.id"}, true, func(k key) string { return q.arg(string(k.id)) })
	q.add(w.order([]string{"k.id"}, true), " LIMIT ", w.limit())
	rows, err := listed(ctx, s, q, contactFields)
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	return slice(w, rows, func(k *model.Contact) key { return key{segment: contactOrder[0], id: k.ID} }), nil
}

// SeeContacts returns those of the contacts that the viewer may see.
func (s *Store) SeeContacts(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Contact, error) {
	q := &query{args: []any{v.Account, texts(ids)}}
	q.add("SELECT ", contactColumns, " FROM contacts k WHERE k.account_id = $1 AND k.id = ANY ($2::uuid[])")
	q.onlySeen(v, true)
	rows, err := listed(ctx, s, q, contactFields)
	return keyed(rows, err, func(k *model.Contact) model.ID { return k.ID })
}

// onlySeen adds the condition that the viewer may see the contact k: an agent sees those who wrote on their channels.
// It is a condition of its own, since behind an OR the planner would read every conversation first. Of few contacts
// each is looked at; of many the planner may read the agent's conversations instead.
func (q *query) onlySeen(v *model.Viewer, few bool) {
	if v.SeesAll() {
		return
	}
	q.add(" AND EXISTS (SELECT 1 FROM conversations c WHERE c.account_id = $1 AND c.contact_id = k.id AND ", inSight(v, "c.channel_id", q.arg(eyes(v))))
	if few {
		q.add(" OFFSET 0") // keeps the planner from making a join of it
	}
	q.add(")")
}

// ContactsByID returns those of the contacts that the account has.
func (s *Store) ContactsByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Contact, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+contactColumns+` FROM contacts k WHERE k.account_id = $1 AND k.id = ANY ($2::uuid[])`,
		[]any{account, texts(ids)}, contactFields)
	return keyed(rows, err, func(k *model.Contact) model.ID { return k.ID })
}

// Identities returns the addresses of each of the contacts.
func (s *Store) Identities(ctx context.Context, account int64, contacts []model.ID) (map[model.ID][]*model.Identity, error) {
	rows, err := rowsOf(ctx, s, `SELECT i.account_id, i.kind, i.address, i.contact_id::text, i.created_at FROM identities i
		WHERE i.account_id = $1 AND i.contact_id = ANY ($2::uuid[]) ORDER BY i.created_at, i.kind, i.address`, []any{account, texts(contacts)},
		func(i *model.Identity) []any {
			return []any{&i.AccountID, (*string)(&i.Kind), &i.Address, (*string)(&i.ContactID), &i.CreatedAt}
		})
	return grouped(rows, err, func(i *model.Identity) model.ID { return i.ContactID })
}

// spellings are the forms in which an address may be stored: cleaned, and, for digits alone, with the plus of a number.
func spellings(address string) []string {
	clean := model.CleanAddress(address)
	compact := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(clean)
	list := []string{clean, compact}
	if model.IsPhoneNumber("+" + compact) {
		list = append(list, "+"+compact)
	}
	return list
}

// searchTerms turns what somebody typed into a full-text query: each word begins a word. A number is one word however
// it is grouped. It is empty when there is no letter and no digit.
func searchTerms(typed string) string {
	words := strings.FieldsFunc(typed, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) })
	if strings.IndexFunc(typed, unicode.IsLetter) < 0 {
		words = []string{strings.Join(words, "")}
	}
	var b strings.Builder
	for _, word := range words {
		if word == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" & ")
		}
		b.WriteString(word + ":*")
	}
	return b.String()
}
