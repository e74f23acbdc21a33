package model

// MaxPage is the most objects that one page of a list holds.
const MaxPage = 100

// Page is the part of a list that a caller asks for: First after After, or Last before Before.
type Page struct {
	First  *int
	Last   *int
	After  *string
	Before *string
}

// Slice is one page of a list with what is known of its surroundings. Nodes and Cursors go together, in list order.
type Slice[T any] struct {
	Nodes       []T
	Cursors     []string
	HasNext     bool
	HasPrevious bool
}

// Size returns how many objects are asked for and whether they are counted from the end of the list.
// It refuses a page without a size, with two sizes, or with one outside 0 to 100.
func (p Page) Size() (n int, backward bool, err error) {
	if p.First != nil && p.Last != nil {
		return 0, false, Refuse(Invalid, "Ask for first or last, not for both.", "last")
	}
	if p.First == nil && p.Last == nil {
		return 0, false, Refuse(Invalid, "Say how many with first or last (at most 100).", "first")
	}
	field := "first"
	size := p.First
	if p.Last != nil {
		field, size, backward = "last", p.Last, true
	}
	if *size < 0 || *size > MaxPage {
		return 0, false, Refuse(Invalid, "A page holds 0 to 100 objects.", field)
	}
	return *size, backward, nil
}
