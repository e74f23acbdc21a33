package server

import (
	"fmt"
	"io"
	"reflect"
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
		if f.Type.Kind() == reflect.Slice {
			value = value[1 : len(value)-1]
		}
		if f.Tag.Get("secret") != "" && value != "" {
			value = "********"
		}
		fmt.Fprintf(w, "%s=%s\n", name, value)
	}
}
