package embedded

import "os"

// throwAwayRoot is the folder for temporary clusters.
func throwAwayRoot() string { return os.TempDir() }
