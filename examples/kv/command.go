package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

var (
	errUnknown   = errors.New("unknown command; there are GET, SET, DEL, INCR, STATS")
	errArguments = errors.New("wrong number of arguments")
)

// run carries out one line of the protocol and returns the line to reply with:
//
//	GET key           VALUE text, or NONE
//	SET key text      OK
//	DEL key           1, or 0 if it was not there
//	INCR key          the new number
//	STATS             shards=4 down=0 keys=17
//
// or, for whatever goes wrong, ERR and why.
func (s *store) run(ctx context.Context, line string) string {
	reply, err := s.try(ctx, line)
	if err != nil {
		return "ERR " + err.Error()
	}
	return reply
}

func (s *store) try(ctx context.Context, line string) (string, error) {
	command, rest, _ := strings.Cut(line, " ")
	key, value, hasValue := strings.Cut(rest, " ")
	command = strings.ToUpper(command)
	switch command {
	case "GET", "DEL", "INCR":
		if key == "" || hasValue {
			return "", errArguments
		}
	case "SET":
		if key == "" || !hasValue {
			return "", errArguments
		}
	case "STATS":
		if rest != "" {
			return "", errArguments
		}
	}
	switch command {
	case "GET":
		r, err := s.ask(ctx, key, get{key})
		if !r.found {
			return "NONE", err
		}
		return "VALUE " + r.value, err
	case "SET":
		_, err := s.ask(ctx, key, set{key, value})
		return "OK", err
	case "DEL":
		r, err := s.ask(ctx, key, del{key})
		if !r.found {
			return "0", err
		}
		return "1", err
	case "INCR":
		r, err := s.ask(ctx, key, incr{key})
		return fmt.Sprint(r.n), err
	case "STATS":
		keys, down := s.count(ctx)
		return fmt.Sprintf("shards=%d down=%d keys=%d", s.n, down, keys), nil
	}
	return "", errUnknown
}
