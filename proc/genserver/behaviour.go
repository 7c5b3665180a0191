package genserver

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/thrum-go/thrum/proc"
)

// SysState returns the implementation.
func (s *server[Q, R, M]) SysState() any { return s.impl }

// SysImplementation returns the implementation.
func (s *server[Q, R, M]) SysImplementation() any { return s.impl }

// SysStatus returns what the implementation shows of itself.
func (s *server[Q, R, M]) SysStatus() any { return s.shown() }

// SysReplace replaces the implementation.
func (s *server[Q, R, M]) SysReplace(v any) error {
	impl, err := fits[Q, R, M](v)
	if err == nil {
		s.install(impl)
	}
	return err
}

// fits returns v as an implementation.
func fits[Q, R, M any](v any) (Server[Q, R, M], error) {
	impl, ok := v.(Server[Q, R, M])
	if !ok {
		return nil, fmt.Errorf("genserver: %s cannot be the implementation; give a %v", typeOf(v), reflect.TypeFor[Server[Q, R, M]]())
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return nil, fmt.Errorf("genserver: a nil %s cannot be the implementation", typeOf(v))
	}
	return impl, nil
}

// SysChange puts a new implementation in the place of the old one.
func (s *server[Q, R, M]) SysChange(pc *proc.Ctx, v any, old string, extra any) error {
	impl, err := fits[Q, R, M](v)
	if err != nil {
		return err
	}
	c := &s.Ctx
	c.Ctx = pc
	if h, ok := v.(CodeChanger); ok {
		flags, timeout, idle := c.flags, c.timeout, c.idle
		changed := false
		defer func() {
			if !changed {
				c.flags, c.timeout, c.idle, c.next = flags, timeout, idle, nil
			}
		}()
		if err := h.CodeChange(c, old, s.impl, extra); err != nil {
			return err
		}
		if c.flags&continues != 0 {
			return errors.New("genserver: CodeChange must not use Continue")
		}
		changed = true
	}
	s.install(impl)
	return nil
}

// SysTerminate ends the server for reason.
func (s *server[Q, R, M]) SysTerminate(_ *proc.Ctx, reason error) error {
	return s.stop(proc.Message{}, reason)
}
