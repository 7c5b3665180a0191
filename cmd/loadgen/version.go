package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/bench/report"
)

func newVersion(stdout *os.File) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of what it was built with",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			e := report.Environment()
			if asJSON {
				out := json.NewEncoder(stdout)
				out.SetIndent("", "  ")
				return out.Encode(struct {
					Schema string `json:"schema"` // of results
					report.Env
				}{report.Schema, e})
			}
			version := e.Version
			if version == "" {
				version = "(unknown version)"
			}
			line := fmt.Sprintf("loadgen %s, %s %s/%s", version, e.Go, e.OS, e.Arch)
			if e.Revision != "" {
				line += ", revision " + e.Revision
			}
			if e.Modified {
				line += ", modified"
			}
			_, err := fmt.Fprintln(stdout, line)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON object, with the environment and the schema of results")
	return cmd
}
