package web

import "net/http"

func (s *Pages) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(indexPage))
}

// indexPage links relatively, wherever the pages are mounted.
const indexPage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>thrum: processes</title></head><body>
<h1>Processes</h1>
<ul>
<li><a href="processes">processes</a>, the busiest of the last second; by
<a href="processes?by=messages">messages</a>, <a href="processes?by=growth">growth</a>, <a href="processes?by=oldest">oldest message</a>,
<a href="processes?by=memory">memory</a></li>
<li><a href="warnings">warnings</a></li>
<li><a href="workers?window=1s">workers</a>, <a href="workers">since they began</a></li>
<li><a href="tree">supervision tree</a></li>
<li><a href="profile">process-tree profile</a>, for go tool pprof</li>
<li><a href="spawns">who has spawned them</a>, for go tool pprof, if spawns are sampled</li>
</ul>
<p>With format=json the pages are objects of the schema ` + Schema + `. On a terminal: <code>loadgen top URL</code></p>
</body></html>
`
