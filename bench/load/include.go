package load

import (
	"os"
	"path/filepath"
	"strings"
)

// ReadScenario reads a scenario file and puts the phases of the files that it includes in
// their places. Of an included file only the phases count: their names get the name of
// the phase that includes them before theirs, as day/morning, if it has one.
//
// Errors: a [*FileError] with the place of what is wrong, in whichever file.
func ReadScenario(file string) (Plan, error) {
	s, err := readSource(file)
	if err != nil {
		return Plan{}, err
	}
	p, err := s.plan()
	if err != nil {
		return Plan{}, err
	}
	p.Phases, err = s.included(p.Phases, []string{file})
	if err != nil {
		return Plan{}, err
	}
	if err := p.Check(false); err != nil {
		return Plan{}, &FileError{File: file, What: strings.TrimPrefix(err.Error(), "load: ")}
	}
	return p, nil
}

// included returns the phases with files in place of their includes. way is how this file
// was come to.
func (s *source) included(phases []Phase, way []string) ([]Phase, error) {
	var out []Phase
	for _, ph := range phases {
		if ph.Include == "" {
			out = append(out, ph)
			continue
		}
		file := ph.Include
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(s.file), file)
		}
		for i, had := range way {
			if same(had, file) {
				return nil, &FileError{File: s.file, What: "it includes itself: " + strings.Join(append(way[i:len(way):len(way)], file), " includes ")}
			}
		}
		inner, err := readSource(file)
		if err != nil {
			e := err.(*FileError)
			return nil, &FileError{File: s.file, What: "include " + file + ": " + e.What}
		}
		p, err := inner.plan()
		if err != nil {
			return nil, err
		}
		list, err := inner.included(p.Phases, append(way[:len(way):len(way)], file))
		if err != nil {
			return nil, err
		}
		if ph.Name != "" {
			for i := range list {
				list[i].Name = ph.Name + "/" + list[i].Name
			}
		}
		for range max(ph.Repeat, 1) {
			if out = append(out, list...); len(out) > maxPhases {
				return nil, &FileError{File: s.file, What: "with what it includes it has more than 1000 phases"}
			}
		}
	}
	return out, nil
}

// same says whether two names are of one file.
func same(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
