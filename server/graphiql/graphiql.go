// Package graphiql serves GraphiQL from files within the program, with a sign-in in front, to try the API in a
// browser. The server shows it in development. It asks nothing of other hosts.
package graphiql

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page.html assets
var files embed.FS

// policy lets the page load its own files and talk to its own host, which covers its websocket. GraphiQL's editor writes
// style elements.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page serves the page itself.
func Page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, files, "page.html")
}

// Assets serves what the page loads, below /assets/.
func Assets() http.Handler {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return http.StripPrefix("/assets/", http.FileServerFS(assets))
}
