package server

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Print writes every setting with its value, secrets masked, as lines that a shell can read.
func (c *Config) Print(w io.Writer) {
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("env")
		if name == "" {
			continue
		}
		value := fmt.Sprint(v.Field(i).Interface())
		if list, ok := v.Field(i).Interface().([]string); ok {
			value = strings.Join(list, ",")
		}
		if f.Tag.Get("secret") != "" && value != "" {
			value = "********"
		}
		fmt.Fprintf(w, "%s=%s\n", name, quoted(value))
	}
}

// quoted is the value as a shell reads it.
func quoted(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:@,+*%", c)
	}
	if strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
