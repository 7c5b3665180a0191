package main

import (
	"errors"
	"math"
	"strconv"

	"github.com/thrum-go/thrum/proc/genserver"
)

// What a shard can be asked for.
type (
	get    struct{ key string }
	set    struct{ key, value string }
	del    struct{ key string }
	incr   struct{ key string }
	length struct{}
)

// result is what a shard replies.
type result struct {
	value string // of get
	found bool   // by get and del
	n     int64  // the new value after incr; the number of keys for length
}

var (
	errNoNumber = errors.New("value is not a number")
	errTooLarge = errors.New("value would be too large")
	errRequest  = errors.New("unknown request")
)

// shard is a server that holds some of the keys. Its map needs no lock, since a process handles one request at a time.
type shard struct {
	genserver.Base[any, result, any] // it takes no casts
	keys                             map[string]string
}

// A shardRef is the address of a shard.
type shardRef = genserver.Ref[any, result, any]

// newShard is called again for each restart: a shard that has failed comes back empty.
func newShard() genserver.Server[any, result, any] { return &shard{keys: map[string]string{}} }

// HandleCall replies to a request. An ErrorReply is for the caller; the shard goes on.
func (s *shard) HandleCall(_ *genserver.Ctx, req any, _ genserver.From[result]) (result, error) {
	switch req := req.(type) {
	case get:
		v, ok := s.keys[req.key]
		return result{value: v, found: ok}, nil
	case set:
		s.keys[req.key] = req.value
		return result{}, nil
	case del:
		_, ok := s.keys[req.key]
		delete(s.keys, req.key)
		return result{found: ok}, nil
	case incr:
		n, err := s.incr(req.key)
		if err != nil {
			return result{}, genserver.ErrorReply(err)
		}
		return result{n: n}, nil
	case length:
		return result{n: int64(len(s.keys))}, nil
	}
	return result{}, genserver.ErrorReply(errRequest)
}

// incr adds 1 to a number; a key that is not there counts as 0.
func (s *shard) incr(key string) (int64, error) {
	var n int64
	if v, ok := s.keys[key]; ok {
		var err error
		if n, err = strconv.ParseInt(v, 10, 64); err != nil {
			return 0, errNoNumber
		}
		if n == math.MaxInt64 {
			return 0, errTooLarge
		}
	}
	n++
	s.keys[key] = strconv.FormatInt(n, 10)
	return n, nil
}
