package db

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// key is where an object stands in a list. A list is ordered by keys that end in the id, so that no two are equal. The
// segment names the order, or the part of one: a cursor of another list is refused.
type key struct {
	segment byte
	number  int64    // microseconds, or a sequence number
	text    string   // a name in lower case
	id      model.ID // empty where the number alone is unique
}

// cursor writes the key as clients keep it.
func (k key) cursor() string {
	b := make([]byte, 1, 32+len(k.text))
	b[0] = k.segment
	b = binary.AppendVarint(b, k.number)
	if id, err := hex.DecodeString(strings.ReplaceAll(string(k.id), "-", "")); err == nil {
		b = append(b, byte(len(id)))
		b = append(b, id...)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, k.text...))
}

// parseKey reads a client's cursor for a list that has these segments; nil for none. The field is the argument's name.
func parseKey(cursor *string, segments, field string) (*key, error) {
	if cursor == nil {
		return nil, nil
	}
	bad := model.Refuse(model.Invalid, "This is not a cursor of this list in this order.", field)
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || len(b) < 3 || strings.IndexByte(segments, b[0]) < 0 {
		return nil, bad
	}
	k := &key{segment: b[0]}
	number, n := binary.Varint(b[1:])
	if n <= 0 || len(b) < 2+n {
		return nil, bad
	}
	k.number, b = number, b[1+n:]
	size := int(b[0])
	if b = b[1:]; len(b) < size || size != 0 && size != 16 {
		return nil, bad
	}
	if size == 16 {
		h := hex.EncodeToString(b[:16])
		k.id = model.ID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
	}
	k.text = strings.ToValidUTF8(strings.ReplaceAll(string(b[size:]), "\x00", ""), "")
	return k, nil
}

// window is a page that is asked for, read: up to n objects between after and before, from the start or from the end.
type window struct {
	n             int
	backward      bool
	after, before *key
}

func newWindow(p model.Page, segments string) (w window, err error) {
	if w.n, w.backward, err = p.Size(); err != nil {
		return w, err
	}
	if w.after, err = parseKey(p.After, segments, "after"); err != nil {
		return w, err
	}
	w.before, err = parseKey(p.Before, segments, "before")
	return w, err
}

// part narrows the window to one segment of an order that has several, in list order. ok is false when none of it is
// in the window.
func (w window) part(segments string, segment byte) (part window, ok bool) {
	at := strings.IndexByte(segments, segment)
	if w.after != nil {
		switch from := strings.IndexByte(segments, w.after.segment); {
		case from > at:
			return w, false
		case from < at:
			w.after = nil
		}
	}
	if w.before != nil {
		switch to := strings.IndexByte(segments, w.before.segment); {
		case to < at:
			return w, false
		case to > at:
			w.before = nil
		}
	}
	return w, true
}

// limit is one more than the page holds, to see whether the list goes on. It is written into the query as a number:
// with a parameter the planner would not know that few rows are wanted.
func (w window) limit() string { return strconv.Itoa(w.n + 1) }

// slice makes a page of rows that were read in the direction of the window, up to one more than it holds.
func slice[T any](w window, rows []T, keyOf func(T) key) *model.Slice[T] {
	more := len(rows) > w.n
	if more {
		rows = rows[:w.n]
	}
	if w.backward {
		slices.Reverse(rows)
	}
	s := &model.Slice[T]{Nodes: rows, Cursors: make([]string, len(rows)), HasNext: more, HasPrevious: w.after != nil}
	if w.backward {
		s.HasNext, s.HasPrevious = w.before != nil, more
	}
	for i, row := range rows {
		s.Cursors[i] = keyOf(row).cursor()
	}
	return s
}

// query is a statement that is put together from constant texts; every value becomes a parameter.
type query struct {
	strings.Builder
	args []any
	last string // the order of its rows
}

// arg adds a parameter and returns its name.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

func (q *query) add(texts ...string) {
	for _, t := range texts {
		q.WriteString(t)
	}
}

// bounds adds the conditions of the window on the columns, which stand in descending order if desc says so.
func (q *query) bounds(w window, columns []string, desc bool, valuesOf func(key) string) {
	further, nearer := " > (", " < ("
	if desc {
		further, nearer = nearer, further
	}
	if w.after != nil {
		q.add(" AND (", strings.Join(columns, ", "), ")", further, valuesOf(*w.after), ")")
	}
	if w.before != nil {
		q.add(" AND (", strings.Join(columns, ", "), ")", nearer, valuesOf(*w.before), ")")
	}
}

// order is how rows are read so that the page comes first.
func (w window) order(columns []string, desc bool) string {
	direction := " ASC"
	if desc != w.backward {
		direction = " DESC"
	}
	return " ORDER BY " + strings.Join(columns, direction+", ") + direction
}

func prefixed(prefix string, columns []string) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = prefix + c
	}
	return list
}

// listed runs a query and scans its rows into objects of one kind.
func listed[T any](ctx context.Context, s *Store, q *query, fields func(*T) []any) ([]*T, error) {
	return rowsOf(ctx, s, q.String(), q.args, fields)
}

func rowsOf[T any](ctx context.Context, s *Store, sql string, args []any, fields func(*T) []any) ([]*T, error) {
	rows, err := s.hot.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*T
	for rows.Next() {
		x := new(T)
		if err := rows.Scan(fields(x)...); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// one returns the only row, or nil when there is none.
func one[T any](rows []*T, err error) (*T, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// slicesOf makes a page for each parent of rows that were read for several at once, in the order of each list.
func slicesOf[T any](w window, parents []model.ID, rows []T, parentOf func(T) model.ID, keyOf func(T) key) map[model.ID]*model.Slice[T] {
	byParent := make(map[model.ID][]T, len(parents))
	for _, row := range rows {
		byParent[parentOf(row)] = append(byParent[parentOf(row)], row)
	}
	pages := make(map[model.ID]*model.Slice[T], len(parents))
	for _, id := range parents {
		pages[id] = slice(w, byParent[id], keyOf)
	}
	return pages
}

// keyed files rows under their keys.
func keyed[K comparable, T any](rows []*T, err error, keyOf func(*T) K) (map[K]*T, error) {
	if err != nil {
		return nil, err
	}
	found := make(map[K]*T, len(rows))
	for _, row := range rows {
		found[keyOf(row)] = row
	}
	return found, nil
}

// grouped files rows under what they belong to, in their order.
func grouped[T any](rows []*T, err error, parentOf func(*T) model.ID) (map[model.ID][]*T, error) {
	if err != nil {
		return nil, err
	}
	groups := map[model.ID][]*T{}
	for _, row := range rows {
		groups[parentOf(row)] = append(groups[parentOf(row)], row)
	}
	return groups, nil
}
