//go:build !bug_alias_once

package proc

const bugAliasOnce = false
