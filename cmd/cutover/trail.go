package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

type trailCommand struct {
	Follow bool `short:"f" help:"Stay and print each call as it is made, until interrupted."`
	JSON   bool `name:"json" help:"Write JSON, a document a line."`
	running
}

// Run prints the trail: time, principal, action, resource, which statement allowed it, and what went wrong.
func (c trailCommand) Run(s *stage) error {
	path := "trail"
	if c.Follow {
		path += "?follow=1"
	}
	resp, err := c.open(s.ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if c.JSON {
		_, err := io.Copy(s.out, resp.Body)
		return c.left(s, err)
	}
	lines := json.NewDecoder(resp.Body)
	for {
		var l sandbox.TrailLine
		if err := lines.Decode(&l); err != nil {
			return c.left(s, err)
		}
		fmt.Fprintln(s.out, trailText(l))
	}
}

// left is nil when the trail ended as it should: it was all, or whoever followed it interrupted.
func (c trailCommand) left(s *stage, err error) error {
	if err == nil || errors.Is(err, io.EOF) || c.Follow && s.ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("the trail broke off: %w", err)
}

func trailText(l sandbox.TrailLine) string {
	parts := []string{l.Time.Local().Format("15:04:05.000"), principal(l.Principal), l.Action}
	if l.Resource != "" {
		parts = append(parts, l.Resource)
	}
	if l.Allowed != "" && l.Allowed != "root" {
		parts = append(parts, "by "+l.Allowed)
	}
	if l.Error != "" {
		parts = append(parts, "error "+l.Error)
	}
	if l.Fault != "" {
		parts = append(parts, "FAULT "+l.Fault)
	}
	return strings.Join(parts, "  ")
}

// principal without what is the same for all.
func principal(arn string) string {
	if arn == "" {
		return "-"
	}
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[5]
	}
	return arn
}
