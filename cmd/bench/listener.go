package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// listeners races the sandbox's listener against nginx on the same two targets, beside no proxy at all.
func listeners(ctx context.Context, y *yard) (race, error) {
	self, err := os.Executable()
	if err != nil {
		return race{}, err
	}
	var targets []string
	for range 2 {
		lines, _, err := y.start(nil, self, "target")
		if err != nil {
			return race{}, err
		}
		address, err := after(lines, "listens on ")
		if err != nil {
			return race{}, err
		}
		targets = append(targets, address)
	}
	lines, process, err := y.start(nil, append([]string{self, "listener"}, targets...)...)
	if err != nil {
		return race{}, err
	}
	ours, err := after(lines, "listens on ")
	if err != nil {
		return race{}, err
	}
	r := race{rounds: 7, lanes: []lane{
		{"no proxy", crowd(targets[0], nil)},
		{"listener", crowd(ours, func() (float64, error) { return spent(process.Pid) })},
	}, figures: []figure{
		{name: "sandbox listener, requests a second", of: "listener", over: "nginx", quantity: rate, goal: 0.5, stretch: 0.85},
		{name: "sandbox listener, processor time a request", of: "listener", over: "nginx", quantity: cpu},
		{name: "sandbox listener, requests a second", of: "listener", over: "no proxy", quantity: rate},
	}}
	front, worker, err := y.nginx(ctx, targets)
	if errors.Is(err, exec.ErrNotFound) {
		r.missing = append(r.missing, "nginx is not installed")
		return r, nil
	}
	if err != nil {
		return race{}, err
	}
	r.lanes = append(r.lanes, lane{"nginx", crowd(front, func() (float64, error) { return spent(worker) })})
	return r, nil
}

// crowd is 32 connections that ask without pause for a second. The processor time is that of one request.
func crowd(address string, used func() (float64, error)) func(context.Context) (reading, error) {
	return func(ctx context.Context) (reading, error) {
		before, after := 0.0, 0.0
		var err error
		if used != nil {
			if before, err = used(); err != nil {
				return nil, err
			}
		}
		served, err := flood(ctx, address, 32, time.Second)
		if err != nil {
			return nil, err
		}
		if used != nil {
			if after, err = used(); err != nil {
				return nil, err
			}
		}
		return reading{rate: float64(served), cpu: (after - before) / float64(served)}, nil
	}
}

const nginxConfig = `daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream targets { server %[2]s; server %[3]s; keepalive 64; }
  server { listen %[4]s; keepalive_requests 1000000;
    location / { proxy_pass http://targets; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Port 80; } }
}
`

// nginx starts it before the targets with connections kept alive, as a person would tune it.
func (y *yard) nginx(ctx context.Context, targets []string) (address string, worker int, err error) {
	path, err := exec.LookPath("nginx")
	if err != nil {
		return "", 0, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", 0, err
	}
	address = free.Addr().String()
	if err := free.Close(); err != nil {
		return "", 0, err
	}
	config := filepath.Join(y.dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, y.dir, targets[0], targets[1], address), 0o600); err != nil {
		return "", 0, err
	}
	// One process, so that its processor time is all of it.
	_, process, err := y.start(nil, path, "-e", filepath.Join(y.dir, "error.log"), "-c", config, "-g", "master_process off;")
	if err != nil {
		return "", 0, err
	}
	for fetch(ctx, "http://"+address+"/") != nil {
		if ctx.Err() != nil {
			return "", 0, ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return address, process.Pid, nil
}
