package bugs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// ReadList reads a list of bugs, each on a line with the test that must find it, and returns the tests by the names of
// the bugs. Empty lines and those that begin with # do not count. The error, with which tests are returned too, names
// all that is wrong: a line of another form, a bug listed twice, one that the package does not declare, one that
// it declares and that is not listed, and one that it declares twice.
func ReadList(path, pkg string) (tests map[string]string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := Declared(pkg)
	var wrong []error
	tests = map[string]string{}
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
			continue
		case len(words) != 2:
			wrong = append(wrong, fmt.Errorf("%s:%d: %q: want a bug and the test that must find it", path, i+1, line))
			continue
		case tests[words[0]] != "":
			wrong = append(wrong, fmt.Errorf("%s:%d: %s is listed twice", path, i+1, words[0]))
		case !slices.Contains(known, words[0]):
			wrong = append(wrong, fmt.Errorf("%s:%d: %s has no bug %s; it has %s", path, i+1, pkg, words[0], strings.Join(known, ", ")))
		}
		tests[words[0]] = words[1]
	}
	for i, name := range known {
		if i > 0 && known[i-1] == name {
			wrong = append(wrong, fmt.Errorf("%s declares %s twice", pkg, name))
		}
		if tests[name] == "" {
			wrong = append(wrong, fmt.Errorf("%s: %s.%s is not listed: nothing would show that it is found", path, pkg, name))
		}
	}
	return tests, errors.Join(wrong...)
}
