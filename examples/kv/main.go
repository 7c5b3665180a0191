// Command kv is a key-value store over TCP that keeps its keys in a few processes, the shards.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/thrum-go/thrum/supervise/application"
)

func main() {
	cfg := defaults()
	flag.StringVar(&cfg.Addr, "addr", cfg.Addr, "where to listen")
	flag.IntVar(&cfg.Shards, "shards", cfg.Shards, "how many processes hold the keys")
	flag.DurationVar(&cfg.Timeout, "timeout", cfg.Timeout, "how long a command may take")
	flag.Parse()
	if cfg.Shards < 1 {
		log.Fatalf("kv: -shards is %d; it must be at least 1", cfg.Shards)
	}
	log.Printf("kv: telnet to %s; Ctrl-C ends the server", cfg.Addr)
	if err := application.Run(context.Background(), newServer(cfg).app()); err != nil {
		log.Fatal(err)
	}
}
