package embedded

import "errors"

func becomeWeak() error { return errors.New("macOS has no capabilities to drop") }
