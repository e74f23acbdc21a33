package twiliotest

// The kinds of changes that the page hears of.
const (
	messageChanged = "message"
	postChanged    = "post"
	peopleChanged  = "people"
	settingChanged = "setting"
)

// change says that something is new or different; the reader looks it up.
type change struct {
	kind string
	id   string
}

// feed is the row of changes with its last ones kept, and the wake-up call of everybody who waits. It is guarded by
// the emulator's lock.
type feed struct {
	first   int64 // number of kept[0]
	kept    []change
	changed chan struct{} // closed at the next change
	waiting bool          // somebody took changed
}

const keptChanges = 2048

func (f *feed) add(kind, id string) {
	if len(f.kept) >= 2*keptChanges {
		f.first += keptChanges
		f.kept = append(f.kept[:0], f.kept[keptChanges:]...)
	}
	f.kept = append(f.kept, change{kind, id})
	f.wake()
}

func (f *feed) wake() {
	if !f.waiting {
		return
	}
	close(f.changed)
	f.changed, f.waiting = make(chan struct{}), false
}

func (f *feed) wait() <-chan struct{} {
	f.waiting = true
	return f.changed
}

func (f *feed) end() int64 { return f.first + int64(len(f.kept)) }

// since returns the changes from the number on. Without ok some of them are no longer kept.
func (f *feed) since(n int64) (changes []change, next int64, ok bool) {
	if n < f.first || n > f.end() {
		return nil, f.end(), false
	}
	return append(changes, f.kept[n-f.first:]...), f.end(), true
}
