package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// node is a JSON value and where it stands. encoding/json alone takes a key that comes
// twice, and tells neither line nor column of one that it does not know.
type node struct {
	at     int // offset of its first byte
	value  any // string, json.Number, bool or nil; of an object or array nothing
	kind   byte
	keys   []key // of an object, in their order
	values []*node
}

type key struct {
	name string
	at   int
}

// The kinds of a node; others have the kind of their first letter: s, n, b or 0 for null.
const (
	object = '{'
	array  = '['
)

// what names the kind of a node.
func (n *node) what() string {
	return map[byte]string{object: "an object", array: "an array", 's': "a string", 'n': "a number", 'b': "true or false", '0': "null"}[n.kind]
}

// maxDepth is how deep a scenario may be nested: it needs four levels.
const maxDepth = 16

// FileError says what in a scenario file is wrong, and where.
type FileError struct {
	File         string // empty when it was not read from a file
	Line, Column int    // from 1; 0: the file as a whole
	What         string
}

func (e *FileError) Error() string {
	switch {
	case e.Line == 0 && e.File == "":
		return "scenario: " + e.What
	case e.Line == 0:
		return e.File + ": " + e.What
	case e.File == "":
		return fmt.Sprintf("scenario: line %d, column %d: %s", e.Line, e.Column, e.What)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
}

// source is the text of a scenario.
type source struct {
	file string
	data []byte
}

// wrong makes an error of what is wrong at an offset. Columns count letters.
func (s *source) wrong(at int, format string, args ...any) *FileError {
	at = min(max(at, 0), len(s.data))
	before := s.data[:at]
	line := bytes.LastIndexByte(before, '\n') + 1
	return &FileError{s.file, bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[line:]) + 1, fmt.Sprintf(format, args...)}
}

// reader reads nodes.
type reader struct {
	*source
	d *json.Decoder
}

// parse reads the text as one JSON value.
func (s *source) parse() (*node, error) {
	if bytes.HasPrefix(s.data, []byte("\xef\xbb\xbf")) {
		return nil, s.wrong(0, "it begins with a byte order mark; save it as UTF-8 without one")
	}
	for i := 0; i < len(s.data); {
		r, n := utf8.DecodeRune(s.data[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, s.wrong(i, "this is not UTF-8")
		}
		i += n
	}
	r := reader{s, json.NewDecoder(bytes.NewReader(s.data))}
	r.d.UseNumber()
	n, err := r.node(0)
	if err != nil {
		return nil, err
	}
	if at := r.next(); at < len(s.data) {
		return nil, s.wrong(at, "something follows the object; a scenario is one object and nothing else")
	}
	return n, nil
}

// next returns the offset of what follows the last token: what stands between is checked
// by the decoder.
func (r reader) next() int {
	at := int(r.d.InputOffset())
	for at < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r reader) token() (json.Token, int, error) {
	at := r.next()
	t, err := r.d.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return t, at, nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		if len(bytes.TrimSpace(r.data)) == 0 {
			return nil, 0, &FileError{File: r.file, What: "it is empty; it takes an object with phases"}
		}
		return nil, 0, r.wrong(len(r.data), "it ends in the middle")
	case errors.As(err, &syntax):
		return nil, 0, r.wrong(r.place(syntax), "this is no JSON: %v", err)
	}
	return nil, 0, r.wrong(at, "this is no JSON: %v", err)
}

// place returns the offset of what a syntax error is about: some count it as read, some
// do not.
func (r reader) place(e *json.SyntaxError) int {
	at := int(e.Offset)
	if at < len(r.data) && strings.HasPrefix(e.Error(), "invalid character "+strconv.QuoteRune(rune(r.data[at]))) {
		return at
	}
	return at - 1
}

func (r reader) node(depth int) (*node, error) {
	t, at, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{at: at}
	switch t := t.(type) {
	case string:
		n.kind, n.value = 's', t
	case json.Number:
		n.kind, n.value = 'n', t
	case bool:
		n.kind, n.value = 'b', t
	case nil:
		n.kind = '0'
	case json.Delim:
		if depth == maxDepth {
			return nil, r.wrong(at, "it is nested more than %d deep", maxDepth)
		}
		n.kind = byte(t)
		return n, r.fill(n, depth)
	}
	return n, nil
}

// fill reads what is in an object or array, and its end.
func (r reader) fill(n *node, depth int) error {
	for r.d.More() {
		if n.kind == object {
			t, at, err := r.token()
			if err != nil {
				return err
			}
			k := key{t.(string), at} // the decoder takes nothing else
			for _, had := range n.keys {
				if had.name == k.name {
					return r.wrong(at, "%q is there twice", k.name)
				}
			}
			n.keys = append(n.keys, k)
		}
		v, err := r.node(depth + 1)
		if err != nil {
			return err
		}
		n.values = append(n.values, v)
	}
	_, _, err := r.token()
	return err
}
