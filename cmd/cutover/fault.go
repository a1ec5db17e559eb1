package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// running is the sandbox that a command speaks to.
type running struct {
	Listen string `default:"${sandbox}" help:"The address that the sandbox was started with. Default: ${sandbox}, of AWS_ENDPOINT_URL where it is set."`
}

// usualSandbox is where a sandbox is when nobody says otherwise: at the endpoint of the environment, or where it starts
// without flags.
func usualSandbox(getenv func(string) string) string {
	if u, err := url.Parse(getenv("AWS_ENDPOINT_URL")); err == nil && u.Scheme == "http" && u.Host != "" {
		return u.Host
	}
	return "127.0.0.1:4566"
}

type faultCommand struct {
	Add    addFault    `cmd:"" help:"Let something befall the sandbox."`
	List   listFaults  `cmd:"" help:"Show what is to befall it, and how often it did."`
	Clear  clearFaults `cmd:"" help:"Remove one fault, or all."`
	Random randomFault `cmd:"" help:"Add faults drawn from a seed."`
}

// addFault has one command a kind; their arguments and flags are the faults' own members.
type addFault struct {
	API      faultOf[fault.API]      `cmd:"" name:"api" help:"Calls fail, wait, or fail although they happened."`
	Deny     faultOf[fault.Deny]     `cmd:"" help:"A permission is revoked."`
	Event    faultOf[fault.Event]    `cmd:"" help:"Events are lost, doubled, late or out of order."`
	Function faultOf[fault.Function] `cmd:"" help:"Functions crash, time out or find no concurrency."`
	Listener faultOf[fault.Listener] `cmd:"" help:"A listener is changed behind CodeDeploy's back."`
	Scan     faultOf[fault.Scan]     `cmd:"" help:"Scans of images find something, or fail."`
	Target   faultOf[fault.Target]   `cmd:"" help:"Tasks are slow or answer an error, to users or to health checks."`
	Task     faultOf[fault.Task]     `cmd:"" help:"Tasks do not start, end at once or die later."`
	Throttle faultOf[fault.Throttle] `cmd:"" help:"Calls that come too often are refused, by the token buckets that AWS publishes."`
	Wait     faultOf[fault.Wait]     `cmd:"" help:"Waits are skipped as they begin."`
}

type faultOf[F fault.Fault] struct {
	Fault F `embed:""`
	running
}

// Run adds the fault and prints its number.
func (c faultOf[F]) Run(s *stage) error {
	body, err := json.Marshal(fault.Encode(c.Fault))
	if err != nil {
		return err
	}
	return c.speak(s.ctx, http.MethodPost, "faults", body, s.out)
}

type randomFault struct {
	Seed  uint64 `default:"1" help:"The same seed draws the same faults."`
	Count int    `default:"5" help:"How many."`
	running
}

// Run adds them.
func (c randomFault) Run(s *stage) error {
	if c.Count < 1 || c.Count > 1000 {
		return errors.New("between 1 and 1000 faults")
	}
	for _, f := range fault.Random(c.Seed, c.Count) {
		body, err := json.Marshal(fault.Encode(f))
		if err != nil {
			return err
		}
		if err := c.speak(s.ctx, http.MethodPost, "faults", body, io.Discard); err != nil {
			return err
		}
		fmt.Fprintln(s.out, words(fault.Encode(f)))
	}
	return nil
}

type listFaults struct {
	JSON bool `name:"json" help:"Write JSON."`
	running
}

// Run prints a line a fault.
func (c listFaults) Run(s *stage) error {
	var body bytes.Buffer
	if err := c.speak(s.ctx, http.MethodGet, "faults", nil, &body); err != nil {
		return err
	}
	if c.JSON {
		_, err := body.WriteTo(s.out)
		return err
	}
	var all []map[string]any
	if err := json.Unmarshal(body.Bytes(), &all); err != nil {
		return fmt.Errorf("read the sandbox's answer: %w", err)
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTRUCK\tOF\tFAULT")
	for _, f := range all {
		fmt.Fprintf(table, "%v\t%v\t%v\t%s\n", f["ID"], f["Struck"], f["Matched"], words(f))
	}
	return table.Flush()
}

// words are a fault's kind and its members in their order.
func words(f map[string]any) string {
	text := []string{fmt.Sprint(f["Kind"])}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !slices.Contains([]string{"Kind", "ID", "Matched", "Struck"}, name) {
			text = append(text, fmt.Sprintf("%s=%v", name, f[name]))
		}
	}
	return strings.Join(text, " ")
}

type clearFaults struct {
	ID int `arg:"" optional:"" help:"The fault's number. Default: all."`
	running
}

// Run removes faults.
func (c clearFaults) Run(s *stage) error {
	path := "faults"
	if c.ID != 0 {
		path += "/" + strconv.Itoa(c.ID)
	}
	return c.speak(s.ctx, http.MethodDelete, path, nil, s.out)
}

type skipCommand struct {
	Wait string `arg:"" help:"The wait's name, such as termination-wait."`
	running
}

// Run ends waits of that name now.
func (c skipCommand) Run(s *stage) error {
	return c.speak(s.ctx, http.MethodPost, "skip/"+url.PathEscape(c.Wait), nil, s.out)
}

// speak sends a request to the sandbox's own routes and copies the answer.
func (r running) speak(ctx context.Context, method, path string, body []byte, to io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	resp, err := r.open(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(to, io.LimitReader(resp.Body, 64<<20))
	return err
}

// open sends a request and returns an answer that is not an error's.
func (r running) open(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.Listen+"/_sandbox/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no sandbox answers at %s; start one with cutover sandbox: %w", r.Listen, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return nil, errors.Join(errors.New(strings.TrimSpace(string(text))), err)
	}
	return resp, nil
}
