module github.com/thrum-go/thrum

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/google/pprof v0.0.0-20261016150608-1facf8f91b50
	github.com/loov/hrtime v1.0.3
	github.com/puzpuzpuz/xsync/v3 v3.5.1
	github.com/spf13/cobra v1.10.2
	github.com/spf13/pflag v1.0.9
	go.uber.org/atomic v1.12.0
)

require github.com/inconshreveable/mousetrap v1.1.0 // indirect
