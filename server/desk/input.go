package desk

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
)

// maxName is how many characters a name holds.
const maxName = 100

// cleanName trims a name and drops what cannot be shown. It refuses one with no or too many characters.
func cleanName(s string, path ...string) (string, error) {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if n := utf8.RuneCountInString(s); n < 1 || n > maxName {
		return "", model.Refuse(model.Invalid, "Give a name of 1 to 100 characters.", path...)
	}
	return s, nil
}

// cleanEmail brings an e-mail address into the form in which it is stored and compared; false when it is none.
func cleanEmail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 || !utf8.ValidString(s) {
		return "", false
	}
	return strings.ToLower(s), true
}

// The least and most characters of a password.
const (
	minPassword = 10
	maxPassword = 200
)

func checkPassword(s string) error {
	if n := utf8.RuneCountInString(s); n < minPassword || n > maxPassword {
		return model.Refuse(model.Invalid, "A password has 10 to 200 characters.", "password")
	}
	return nil
}

func checkRole(r model.Role) error {
	switch r {
	case model.Admin, model.Supervisor, model.AgentRole:
		return nil
	}
	return model.Refuse(model.Invalid, "A role is ADMIN, SUPERVISOR or AGENT.", "role")
}

// unique returns the ids once each, in their order.
func unique(ids []model.ID) []model.ID {
	list, seen := make([]model.ID, 0, len(ids)), make(map[model.ID]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}

// at puts a refusal that names no value of the input where it belongs.
func at(err error, path ...string) error {
	var e *model.Error
	if errors.As(err, &e) && len(e.Field) == 0 {
		return model.Refuse(e.Code, e.Text, path...)
	}
	return err
}
