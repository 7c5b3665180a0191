// Package gid tells goroutines apart. It is for finding misuse, where a value that belongs to one goroutine is used by another.
package gid
