package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// users are people on the production listener: a steady number of requests a second, each sent at its time
// whether or not the ones before were answered.
type users struct {
	client *http.Client
	url    string
	tally  struct{ sent, failed, wrong atomic.Int64 }
	// newest is the highest version that a user has seen; later requests must not see an older one.
	newest atomic.Int64

	mu    sync.Mutex
	first map[int64]time.Time // when each version was first seen
	fault string              // the first thing that was wrong
}

// newUsers go to a URL. Where that is HTTPS they ask for the service by its name and trust the authority (PEM).
func newUsers(url, serverName string, authority []byte) *users {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	return &users{
		url:   url,
		first: map[int64]time.Time{},
		client: &http.Client{
			Transport: &http.Transport{
				MaxIdleConnsPerHost: 32, TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: serverName},
			},
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// visit sends requests every interval until ctx ends and returns when all are answered.
func (u *users) visit(ctx context.Context, interval time.Duration) {
	var under sync.WaitGroup
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			under.Wait()
			u.client.CloseIdleConnections()
			return
		case <-tick.C:
			under.Go(u.request)
		}
	}
}

func (u *users) request() {
	before := u.newest.Load()
	u.tally.sent.Add(1)
	version, page, err := look(u.client, u.url)
	switch {
	case err != nil:
		u.tally.failed.Add(1)
		u.complain(err.Error())
	case !strings.Contains(page, "Sample Website"):
		u.tally.wrong.Add(1)
		u.complain("a user saw a page that is not the website: " + page)
	case version < before:
		u.tally.wrong.Add(1)
		u.complain(fmt.Sprintf("a user saw v%d after v%d", version, before))
	default:
		u.saw(version)
	}
}

// saw notes a version for the first time.
func (u *users) saw(version int64) {
	for newest := u.newest.Load(); version > newest; newest = u.newest.Load() {
		if u.newest.CompareAndSwap(newest, version) {
			break
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.first[version]; !ok {
		u.first[version] = time.Now()
	}
}

func (u *users) complain(fault string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fault == "" {
		u.fault = fault
	}
}

func (u *users) firstSeen(version int64) (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t, ok := u.first[version]
	return t, ok
}

func (u *users) counts() tally {
	return tally{Sent: u.tally.sent.Load(), Failed: u.tally.failed.Load(), Wrong: u.tally.wrong.Load()}
}

// look asks for the page once. Version 0 is the placeholder before the first release.
func look(client *http.Client, url string) (version int64, page string, err error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, "", err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, "", fmt.Errorf("the answer's status is %s", resp.Status)
	}
	version, _ = strconv.ParseInt(strings.TrimPrefix(resp.Header.Get("X-Version"), "v"), 10, 64)
	return version, strings.TrimSpace(string(body)), nil
}
