package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/posener/complete"
	"github.com/willabides/kongplete"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"${enum}."`
}

// Help teaches by example.
func (completionCommand) Help() string {
	return `Writes what makes a shell complete commands, flags and the names of the services in the cdk.json of the directory.

    source <(cutover completion bash)                                      # bash; for good: into ~/.bashrc
    source <(cutover completion zsh)                                       # zsh; for good: into ~/.zshrc
    cutover completion fish > ~/.config/fish/completions/cutover.fish      # fish`
}

// scripts make a shell ask this program, by the variable COMP_LINE, as bash's complete -C does.
var scripts = map[string]string{
	"bash": "complete -C %[1]s cutover\n",
	"zsh":  "autoload -U +X bashcompinit && bashcompinit\ncomplete -C %[1]s cutover\n",
	"fish": `function __complete_cutover
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct); and set COMP_LINE "$COMP_LINE "
    %[1]s
end
complete -f -c cutover -a "(__complete_cutover)"
`,
}

// Run writes the script.
func (c completionCommand) Run(s *stage) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find out where this program is: %w", err)
	}
	_, err = fmt.Fprintf(s.out, scripts[c.Shell], "'"+strings.ReplaceAll(self, "'", `'\''`)+"'")
	return err
}

// completed answers a shell that asks what could stand next on the command line; false when none asks.
func completed(parser *kong.Kong) bool {
	asked := false
	kongplete.Complete(parser, kongplete.WithExitFunc(func(int) { asked = true }), kongplete.WithErrorHandler(func(error) {}),
		kongplete.WithPredictor("service", complete.PredictFunc(serviceNames)))
	return asked
}

// serviceNames are those of the configuration in this directory.
func serviceNames(complete.Args) []string {
	all, err := described("cdk.json")
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range all.Services {
		names = append(names, s.Name)
	}
	return names
}
