// Command chat is a chat server over TCP: one process for each client, one group of processes for each room.
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
	flag.DurationVar(&cfg.Idle, "idle", cfg.Idle, "how long a client may be silent")
	flag.IntVar(&cfg.MaxBehind, "max-behind", cfg.MaxBehind, "how many bytes a slow client may be behind")
	flag.Parse()
	log.Printf("chat: telnet to %s; Ctrl-C ends the server", cfg.Addr)
	if err := application.Run(context.Background(), newServer(cfg).app()); err != nil {
		log.Fatal(err)
	}
}
