package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/thrum-go/thrum/bench/report"
)

// sink is an output that can be written. A file is replaced as a whole: its new content is written beside it and takes
// its name when it is complete, so that a full disk, another run or a crash never leaves half of anything. Pipes and
// devices, and files in a folder in which nothing can be made, are written as they are.
type sink struct {
	output
	path   string   // of the file to replace, all links followed
	stream *os.File // or else what is written as it is; neither: stdout

	mu      sync.Mutex
	partial string // what is being written; removed unless it takes the name
}

// open finds out whether every file can be written, before anything is measured. What a file holds stays until
// results replace it.
func (o outputs) open(stdout *os.File) ([]*sink, error) {
	if len(o) == 0 {
		o = outputs{{form: "text"}}
	}
	var sinks []*sink
	for _, x := range o {
		s := &sink{output: x}
		if err := s.open(stdout); err != nil {
			closeAll(sinks)
			return nil, usagef("--output is %q: the file cannot be written: %v", x.form+"="+x.file, cause(err))
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}

func (s *sink) open(stdout *os.File) error {
	if s.file == "" {
		return nil
	}
	info, err := os.Stat(s.file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s.probe(followed(s.file), nil)
	case err != nil:
		return err
	case isStdout(info, stdout):
		return nil
	case !info.Mode().IsRegular() || ownDescriptor(s.file):
		return s.asItIs()
	}
	// One that may not be written is not to be replaced either, although the folder would allow it.
	f, err := os.OpenFile(s.file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	f.Close()
	return s.probe(followed(s.file), info)
}

// isStdout says whether a file is what stdout goes to: opened once more, it would be overwritten from its beginning.
func isStdout(info os.FileInfo, stdout *os.File) bool {
	out, err := stdout.Stat()
	return err == nil && os.SameFile(info, out)
}

// ownDescriptor says whether a path means something the program has open already.
func ownDescriptor(path string) bool {
	path = filepath.Clean(path)
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/") || path == "/dev/stdout" || path == "/dev/stderr"
}

// followed returns where a link leads, also when nothing is there yet.
func followed(path string) string {
	for range 40 { // as many as Linux follows
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real
		}
		next, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return path
}

// probe makes a file beside the one that is to be written and takes it away again.
func (s *sink) probe(path string, old os.FileInfo) error {
	f, err := beside(path)
	if err != nil {
		if old != nil {
			return s.asItIs()
		}
		return err
	}
	f.Close()
	s.path = path
	return os.Remove(f.Name())
}

// beside makes a new file in the folder of another.
func beside(path string) (*os.File, error) {
	for {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x.tmp", filepath.Base(path), rand.Uint32()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

func (s *sink) asItIs() (err error) {
	s.stream, err = os.OpenFile(s.file, os.O_WRONLY, 0)
	return err
}

// cause leaves out the path, which has been told.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// closeAll gives up what has not been written to its end.
func closeAll(sinks []*sink) {
	for _, s := range sinks {
		if s.stream != nil {
			s.stream.Close()
		}
	}
	abandon(sinks)
}

// abandon takes away what has not been written to its end. It waits for nobody: the program is about to end.
func abandon(sinks []*sink) {
	for _, s := range sinks {
		if !s.mu.TryLock() {
			continue // it is taking its name
		}
		if s.partial != "" {
			os.Remove(s.partial)
			s.partial = ""
		}
		s.mu.Unlock()
	}
}

// fill writes the results to what is no stdout.
func (s *sink) fill(rep report.Report) error {
	var b bytes.Buffer
	if err := rep.Write(&b, s.form, report.Style{}); err != nil {
		return err
	}
	if s.stream != nil {
		return s.overwrite(b.Bytes())
	}
	f, err := beside(s.path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.partial = f.Name()
	s.mu.Unlock()
	err = complete(f, b.Bytes())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.partial == "" {
		return errInterrupted // abandoned
	}
	if old, statErr := os.Stat(s.path); err == nil && statErr == nil {
		err = os.Chmod(s.partial, old.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(s.partial, s.path)
	}
	if err != nil {
		os.Remove(s.partial)
	}
	s.partial = ""
	return err
}

// complete writes all of a file, to the disk: some tell only then that it is full.
func complete(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// overwrite writes to a pipe or a device, or over what a file holds.
func (s *sink) overwrite(text []byte) error {
	defer s.stream.Close()
	if info, err := s.stream.Stat(); err == nil && info.Mode().IsRegular() {
		if err := s.stream.Truncate(0); err != nil {
			return err
		}
	}
	if _, err := s.stream.Write(text); err != nil {
		return err
	}
	return s.stream.Close()
}
