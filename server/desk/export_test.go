package desk

// FillHasher leaves no place where a password could be hashed: who would have one hashed is refused with OVERLOADED.
func (d *Desk) FillHasher() {
	for range cap(d.hashing.admitted) {
		d.hashing.admitted <- struct{}{}
	}
}

// ReadHTML is what an import keeps of HTML.
func ReadHTML(content string) (title, language, body string) { return readHTML(content) }
