package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// reserved are the keys that the bench form writes itself.
var reserved = []string{"goos", "goarch", "pkg", "cpu", "commit", "interrupted"}

// CheckTag says what is wrong with a tag. Keys are those of Go's benchmark format, so that they can be written there:
// lower-case letters first, no blanks, no capitals, no colon. A value is one line.
func CheckTag(key, value string) error {
	first, _ := utf8.DecodeRuneInString(key)
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) || unicode.IsControl(r) || r == ':' }
	switch {
	case !unicode.IsLower(first) || strings.ContainsFunc(key, bad) || !utf8.ValidString(key):
		return fmt.Errorf("its key is %q; a key begins with a lower-case letter and has no capitals, blanks or colons", key)
	case slices.Contains(reserved, key):
		return fmt.Errorf("its key is %q, which the results have anyway; it takes none of %s", key, strings.Join(reserved, ", "))
	case strings.TrimSpace(value) == "" || strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value):
		return fmt.Errorf("the value of %s is %q; a value is one line and not empty", key, value)
	}
	return nil
}

// tags returns the tags in the order of their keys, as key=value.
func (c Config) tags() []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
		out = append(out, k+"="+c.Tags[k])
	}
	return out
}

// common keeps the tags that both have.
func common(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range a {
		if w, ok := b[k]; ok && v == w {
			out[k] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
