package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/page"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// studio is the page of a sandbox and all that hangs on it. Close it before the sandbox.
type studio struct {
	page    *page.Page
	benches []*workbench
	end     context.CancelFunc
	work    sync.WaitGroup
}

// newStudio serves the page of a sandbox's services.
func newStudio(s *stage, local *sandbox.Sandbox, address, bin string, described config.Config) (*studio, error) {
	benches, err := newWorkbenches(s, local, bin, described)
	if err != nil {
		return nil, err
	}
	sources := map[string]page.Source{}
	for _, b := range benches {
		sources[b.service.Name] = b.source()
	}
	p, err := page.Serve(s.ctx, address, sources)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(s.ctx)
	t := &studio{page: p, benches: benches, end: end}
	for _, b := range benches {
		t.work.Go(func() { b.pass(ctx) })
	}
	return t, nil
}

// heard is told each line that a function logs: what was decided or judged is news for the page.
func (t *studio) heard(line string) {
	if _, ours := readTold(line); !ours {
		return
	}
	for _, b := range t.benches {
		b.changed.Raise()
	}
}

func (t *studio) close() error {
	err := t.page.Close()
	t.end()
	t.work.Wait()
	for _, b := range t.benches {
		b.crowd.close()
	}
	return err
}

// printPage tells where the page is.
func printPage(s *stage, p *page.Page, more string) error {
	_, err := fmt.Fprintf(s.out, "Open %s\n%s\n", p.URL(), more)
	return err
}
