package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/term"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// cli is every command and flag. Names and output are a promise.
type cli struct {
	Demo       demoCommand       `cmd:"" group:"local" help:"Push five versions of a website to a local AWS and watch what becomes of them."`
	Sandbox    sandboxCommand    `cmd:"" group:"local" help:"Run a local AWS with the stacks of this directory's cloud assembly."`
	Status     statusCommand     `cmd:"" group:"look" help:"Show a service: its deployment, lifecycle events, task sets, health and traffic."`
	Verify     verifyCommand     `cmd:"" group:"before" help:"Run a service's suite against any URL: the very gate, before pushing."`
	Deploy     deployCommand     `cmd:"" group:"act" help:"Release an image now, or let the release loop look now."`
	Stop       stopCommand       `cmd:"" group:"act" help:"Stop the deployment that is under way and roll it back."`
	Rollback   rollbackCommand   `cmd:"" group:"act" help:"Go back to the version that went live before, and block the one it leaves."`
	Approve    approveCommand    `cmd:"" group:"act" help:"Let a deployment go on that waits for approval."`
	Finish     finishCommand     `cmd:"" group:"act" help:"End the wait for terminating blue."`
	Retry      retryCommand      `cmd:"" group:"act" help:"Allow what is held one more try."`
	Suspend    suspendCommand    `cmd:"" group:"act" help:"Release nothing until resumed."`
	Resume     resumeCommand     `cmd:"" group:"act" help:"Release again."`
	Thaw       thawCommand       `cmd:"" group:"act" help:"Release although releases are frozen, for an hour."`
	Pin        pinCommand        `cmd:"" group:"act" help:"Release this image and no other until unpinned."`
	Unpin      unpinCommand      `cmd:"" group:"act" help:"Release by the configuration's policy again."`
	Replay     replayCommand     `cmd:"" group:"act" help:"Give back events that reached the dead-letter queues."`
	Preflight  preflightCommand  `cmd:"" group:"before" help:"Look whether the AWS account can take the stacks; make deploy does it first."`
	Doctor     doctorCommand     `cmd:"" group:"before" help:"Check services, planned and live, for what is known to make deployments fail or hurt."`
	Watch      watchCommand      `cmd:"" group:"look" help:"Follow one deployment until it is tested, live or finished; the exit code tells what became of it."`
	Explain    explainCommand    `cmd:"" group:"look" help:"Say why an image or a deployment was or was not deployed, and what was judged."`
	Adopt      adoptCommand      `cmd:"" group:"before" help:"Read a service that stands and write the configuration by which its pushes deploy it; changes nothing in AWS."`
	Plan       planCommand       `cmd:"" group:"before" help:"Say what would be released now, what would change and how long it takes; changes nothing."`
	Logs       logsCommand       `cmd:"" group:"look" help:"Write what the functions and the tasks of a service logged."`
	History    historyCommand    `cmd:"" group:"look" help:"List a service's newest deployments: what each brought, how it ended and why."`
	Policy     policyCommand     `cmd:"" group:"before" help:"Try a service's image policy on tags, or on what the repository holds."`
	Completion completionCommand `cmd:"" group:"more" help:"Write what makes a shell complete commands, flags and services."`
}

// groups are the headings of the list of commands, in their order.
func groups() kong.Option {
	return kong.ExplicitGroups([]kong.Group{
		{Key: "local", Title: "A local AWS:"},
		{Key: "before", Title: "Before you push:"},
		{Key: "look", Title: "What happens, and what happened:"},
		{Key: "act", Title: "Have a hand in it:"},
		{Key: "more", Title: "More:"},
	})
}

// stage is what a command writes to and reads from.
type stage struct {
	ctx    context.Context
	out    io.Writer // what was asked for
	errout io.Writer // progress and complaints
	in     io.Reader // answers to questions
	// terminal says that in is a person's, who can be asked.
	terminal bool
	// at is where commands work; nil: where the configuration's file and the environment say.
	at *place
}

// place is a description and the account that its services stand in.
type place struct {
	described config.Config
	aws       aws.Config
}

// unusable is an error of what a command was given, which leaves it nothing to do: it ends with exit code 2.
type unusable struct{ error }

// Unwrap is the error itself.
func (u unusable) Unwrap() error { return u.error }

// coded is an error that ends the program with an exit code of its own.
type coded struct {
	code int
	error
}

// Unwrap is the error itself.
func (c coded) Unwrap() error { return c.error }

const description = `Cutover turns an image push into a tested, reversible blue/green deployment of an Amazon ECS service.

Try it:
  cutover demo                                  the whole story on a local AWS
  cutover sandbox                               a local AWS to work with; then, in another terminal:
  eval "$(cutover sandbox env)"                 point any AWS client at it
  cutover status sample-website --watch         follow a service, one line a change
  cutover watch sample-website --web            see it in a browser; the sandbox prints a page of its own
  cutover verify http://localhost:8080          judge what runs there by the service's suite
  cutover rollback sample-website               go back, the fastest safe way; see cutover help rollback

Exit codes:
  0    what was asked is so: done, or under way, or nothing was found
  1    it is not, and a sentence says why: a suite does not hold, a deployment failed, a call failed
  2    it could not be tried: the command line is wrong, or nobody could be asked and --yes was not given
  3    nothing is released, for a reason that is told
  4    --timeout is over
  130  interrupted`

// printJSON writes one JSON document for people and programs: indented, and with <, > and & as they are.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// run is the whole program but for the process: it returns the exit code, 0 when all went as told, 1 when not, 2
// when the command line, or what verify was given, could not be understood.
func run(ctx context.Context, args []string, out, errout io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("cutover"), kong.Description(description), kong.Writers(out, errout),
		kong.Exit(func(code int) { exited = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		groups(), kong.BindTo(ctx, (*context.Context)(nil)), kong.Vars{"sandbox": usualSandbox(os.Getenv)})
	if err != nil {
		fmt.Fprintln(errout, "cutover:", err)
		return 2
	}
	if completed(parser) {
		return 0
	}
	if len(args) == 0 {
		args = []string{"--help"}
	} else if args[0] == "help" {
		args = append(args[1:], "--help")
	}
	if len(args) == 2 && args[0] == "sandbox" && (args[1] == "--help" || args[1] == "-h") {
		args = []string{"sandbox", "serve", "--help"} // the flags of a default command are told with it alone
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errout, "cutover: %v; see cutover help\n", err)
		return 2
	}
	err = command.Run(&stage{ctx: ctx, out: out, errout: errout, in: os.Stdin, terminal: term.IsTerminal(int(os.Stdin.Fd()))})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 130
	case errors.Is(err, errVerdict):
		return 1
	}
	fmt.Fprintln(errout, "cutover:", err)
	if errors.As(err, &unusable{}) {
		return 2
	}
	var ends coded
	if errors.As(err, &ends) {
		return ends.code
	}
	return 1
}
