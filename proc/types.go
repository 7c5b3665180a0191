package proc

import (
	"reflect"
	"runtime"
	"sync"
)

// processType is what processes of one type have in common: the type is that of the machine; of a process in direct style it is
// its function.
type processType struct {
	name   string
	of     any       // reflect.Type, or the address of the function
	labels *labelSet // the pprof label
}

// types holds every type that the runtime has met.
type types struct {
	known sync.Map // what processType.of is, to *processType
}

func (t *types) get(of any, name func() string) *processType {
	if k, ok := t.known.Load(of); ok {
		return k.(*processType)
	}
	n := name()
	k, _ := t.known.LoadOrStore(of, &processType{name: n, of: of, labels: newLabelSet(n)})
	return k.(*processType)
}

// setMachine makes m the process's machine. The type is written only when it differs from what the slot had before, which
// is rare: a write is dear.
func (p *process) setMachine(c *Ctx, m Machine) {
	p.machine = m
	p.setKind(c, m)
	if c.labels && c.label != p.kind.Load() {
		c.relabel(p)
	}
}

func (p *process) setKind(c *Ctx, m Machine) {
	if s, ok := m.(*Self); ok {
		f := reflect.ValueOf(s.f).Pointer()
		if k := p.kind.Load(); k == nil || k.of != any(f) {
			p.kind.Store(c.rt.types.get(f, func() string { return runtime.FuncForPC(f).Name() }))
		}
		return
	}
	of := reflect.TypeOf(m)
	k := p.kind.Load()
	if k != nil && k.of == any(of) {
		return
	}
	if k = c.kind; k == nil || k.of != any(of) {
		k = c.rt.types.get(of, of.String)
		c.kind = k
	}
	p.kind.Store(k)
}

// typeName is how the process is called in reports. Any goroutine may ask; while the factory of a new process still runs
// they may be told the type of the slot's previous process, because a write for every process would cost more than that is worth.
func (p *process) typeName() string {
	if k := p.kind.Load(); k != nil {
		return k.name
	}
	return "starting"
}

// ownType is typeName for the process's own worker, which sees whether there is a machine yet.
func (p *process) ownType() string {
	if _, ok := p.machine.(pending); ok {
		return "starting"
	}
	return p.typeName()
}
