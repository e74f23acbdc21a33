package desk_test

import "testing"

// BenchmarkAuthenticate is what every request pays to know who asks: one indexed query.
func BenchmarkAuthenticate(b *testing.B) {
	o := newOffice(b)
	token := o.mustSignIn().Token
	for b.Loop() {
		if _, _, err := o.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
