package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/creack/pty"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// onPage are the commands of the block of a page that begins so.
func onPage(t testing.TB, page, first string) []transcript.Step {
	t.Helper()
	block, err := transcript.Find(page, first)
	if err != nil {
		t.Fatal(err)
	}
	return block.Steps()
}

func TestTheSuiteOfTheReadmeIsJudgedAsItSays(t *testing.T) {
	const readme = "../../README.md"
	block, err := transcript.Find(readme, `{"services": [{`)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(config, []byte(`{"context": {"cutover": `+block.Text+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	db := "up"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"db": %q}`, db) }))
	defer site.Close()
	said := onPage(t, readme, "$ bin/cutover verify http://localhost:8080")
	arguments := func(s transcript.Step) []string {
		return append(strings.Fields(strings.Replace(s.Command, "http://localhost:8080", site.URL, 1))[1:], "--config", config)
	}
	if code, out, errout := ran(t, arguments(said[0])...); code != 0 {
		t.Errorf("what holds ends with %d: %s%s", code, out, errout)
	}
	code, out, errout := ran(t, arguments(said[1])...)
	if code != 0 {
		t.Errorf("it ends with %d: %s", code, errout)
	}
	tells(t, out, "v1.4.0  taken", `latest  not taken  it does not match the glob "v*"`)
	db = "down"
	if code, out, errout := ran(t, arguments(said[0])...); code != 1 {
		t.Errorf("what does not hold ends with %d: %s%s", code, out, errout)
	}
}

func TestAShellTakesTheCompletionAsThePageSays(t *testing.T) {
	for _, s := range onPage(t, "../../docs/cli.md", "$ source <(cutover completion bash)") {
		command := exec.CommandContext(t.Context(), "bash", "-c", s.Command+" && complete -p cutover")
		if out, err := command.CombinedOutput(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), " cutover") {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// runs starts cutover sandbox as a page shows it, on ports of its own, and answers its address and what it said up to its
// page, which is the last that it says by itself.
func runs(t *testing.T, command string) (host, said string, end func()) {
	t.Helper()
	here := strings.Replace(command, "bin/cutover sandbox", "exec cutover sandbox --listen 127.0.0.1:0 --page 127.0.0.1:0 --bin "+binaries(t), 1)
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "cd ../..; "+here)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for asked := false; lines.Scan(); asked = strings.HasPrefix(lines.Text(), "See it and try it") {
		said += lines.Text() + "\n"
		if asked {
			break
		}
	}
	host = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(said)
	return host, said, func() {
		if code := interrupted(t, cmd); code != 0 {
			t.Errorf("interrupted, %s ended with %d", command, code)
		}
	}
}

func TestTheSandboxSaysWhereItIsAsThePagesSay(t *testing.T) {
	t.Parallel()
	const page, tutorial, notify = "../../docs/page.md", "../../docs/tutorial.md", "../../docs/notify.md"
	host, said, end := runs(t, "bin/cutover sandbox")
	answersAs(t, page, "bin/cutover sandbox", said)
	answersAs(t, tutorial, "bin/cutover sandbox", said)

	env := append(os.Environ(), append(sandbox.Environment(host), "NO_PROXY=*", "AWS_PAGER=")...)
	const watch = "bin/cutover watch sample-website --web"
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "cd ../..; exec "+strings.Replace(watch, "bin/", "", 1))
	cmd.Env = env
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	told, lines := "", bufio.NewReader(out)
	for range 2 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		told += line
	}
	answersAs(t, page, watch, told)
	if code := interrupted(t, cmd); code != 0 {
		t.Errorf("interrupted, the page ended with %d", code)
	}
	end()

	said2 := onPage(t, notify, "$ bin/cutover sandbox --assembly")
	host, _, end = runs(t, said2[0].Command)
	if withAWS(t) {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", said2[1].Command)
		cmd.Env = append(os.Environ(), append(sandbox.Environment(host), "NO_PROXY=*", "AWS_PAGER=", "AWS_DEFAULT_OUTPUT=json")...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		answersAs(t, notify, said2[1].Command, string(out))
	}
	end()
}

// withAWS says whether the AWS CLI is here; where it is not, what needs it is left out, and said to be.
func withAWS(t testing.TB) bool {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Log("the AWS CLI is not installed here; its commands are not run")
		return false
	}
	return true
}

// TestEveryCommandOfThePagesAnswersAsTheySay plays, on one sandbox, what the pages about looking show.
func TestEveryCommandOfThePagesAnswersAsTheySay(t *testing.T) {
	t.Parallel()
	const cli, metrics, readme = "../../docs/cli.md", "../../docs/metrics.md", "../../README.md"
	r := enter(t, 60, nil)
	r.tries(onPage(t, readme, "$ bin/cutover sandbox"))
	r.play(onPage(t, cli, "$ cutover watch")[0])
	r.judged(r.rollsBack("v2 was refused").Deployment.RollsBack, "")
	r.hands(0, "suspend", "--yes")
	third := r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.push("v4", r.site(runtime.GOARCH, "SITE_VERSION=v4"), r.password())
	r.hands(0, "resume", "--yes")
	r.goesLive("v4")
	r.pushedBefore("v3", third)
	r.logged("sample-website:v3 is superseded by sample-website:v4")
	for _, s := range append(onPage(t, cli, "$ cutover history"), onPage(t, cli, "$ cutover plan")...) {
		r.play(s)
	}
	r.asked(onPage(t, cli, "$ cutover deploy")[0])

	now := r.statusJSON()
	about := onPage(t, metrics, "$ cutover logs")[0]
	command := regexp.MustCompile(`d-[A-Z0-9]{9}`).ReplaceAllString(about.Command, now.Deployment.ID)
	if out, told, code := r.run("bash", "-c", "cd ../..; "+command); code != 0 || !strings.Contains(out, "release  Deploy: sample-website:v1") {
		t.Errorf("%s ended with %d: %s%s", command, code, out, told)
	}
	r.logsHave(metrics)
}

// tries runs what the README shows, in which a broken version is refused and everything else goes well.
func (r *room) tries(all []transcript.Step) {
	r.t.Helper()
	for _, s := range all {
		words, want := "", 0
		switch {
		case s.Command == "bin/cutover sandbox", strings.HasPrefix(s.Command, "eval "): // done, in this process
			continue
		case strings.HasPrefix(s.Command, "aws ") && !withAWS(r.t):
			continue
		case strings.Contains(s.Command, "--image v2"):
			words, want = "the body does not contain", 1
		case strings.Contains(s.Command, " finish "):
			words = "blue is terminated"
		}
		command := strings.NewReplacer("bin/cutover", "cutover", "sandbox push", "sandbox push --bin "+r.bin).Replace(s.Command)
		out, told, code := r.run("bash", "-c", "cd ../..; "+command)
		if code != want || out == "" || !strings.Contains(out+told, words) {
			r.t.Fatalf("%s ended with %d: %s%s", s.Command, code, out, told)
		}
	}
}

// asked plays a command that asks, and answers as the page does.
func (r *room) asked(s transcript.Step) {
	r.t.Helper()
	keyboard, terminal, err := pty.Open()
	r.need(err)
	defer keyboard.Close()
	defer terminal.Close()
	cmd := exec.CommandContext(r.t.Context(), "bash", "-c", "exec 2>&1; cd ../..; "+strings.ReplaceAll(s.Command, "bin/cutover", "cutover"))
	var out bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout = r.env(), terminal, &out
	r.need(cmd.Start())
	_, err = io.WriteString(keyboard, "y\n")
	r.need(err)
	_ = cmd.Wait() // what it says tells
	// What is typed is seen on a terminal, and not in what the command writes.
	if text := strings.Replace(out.String(), "[y/N] ", "[y/N] y\n", 1); !transcript.Says(s.Answer, text) {
		r.t.Errorf("$ %s\nthe page says\n%s\nbut it is\n%s", s.Command, strings.Join(s.Answer, "\n"), text)
	}
}

// logsHave asserts that every field of the query that a page shows is in what the functions logged.
func (r *room) logsHave(page string) {
	r.t.Helper()
	block, err := transcript.Find(page, "fields @timestamp")
	r.need(err)
	all := strings.Join(r.log.list(), "\n")
	for _, field := range regexp.MustCompile(`[a-z.@]+`).FindAllString(strings.Join(strings.Split(block.Text, "\n")[:1], ""), -1)[1:] {
		for name := range strings.SplitSeq(strings.TrimPrefix(field, "@"), ".") {
			if !strings.Contains(all, `"`+name+`":`) {
				r.t.Errorf("no function logs a field %q", name)
			}
		}
	}
	if !strings.Contains(block.Text, `| filter wish = "`) || !strings.Contains(all, `"wish":"`) {
		r.t.Error("wishes are not found by the query")
	}
}

// commandsOf are the commands of a page: those of its blocks, and those that its text quotes.
func commandsOf(t *testing.T, file string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := transcript.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		for _, s := range b.Steps() {
			commands = append(commands, s.Command)
		}
	}
	outside := regexp.MustCompile("(?sm)^```.*?^```").ReplaceAllString(string(text), "")
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(outside, -1) {
		commands = append(commands, strings.Join(strings.Fields(m[1]), " "))
	}
	return commands
}

// unknown says what of a command line of cutover's is neither one of its commands nor a flag of that command; a page may leave
// out arguments, and put what may be left out into brackets.
func unknown(all map[string]*kong.Node, command string) string {
	words := strings.Fields(strings.NewReplacer("[", " ", "]", " ", "`", "").Replace(command))[1:]
	if len(words) > 0 && words[0] == "help" {
		words = words[1:]
	}
	var named []string
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			break
		}
		named = append(named, w)
	}
	var node *kong.Node
	for n := len(named); n > 0 && node == nil; n-- {
		node = all[strings.Join(named[:n], " ")]
	}
	if node == nil && len(named) > 0 {
		if named[0] != "sandbox" && named[0] != "policy" && named[0] != strings.ToUpper(named[0]) {
			return "the command " + strings.Join(named, " ")
		}
	}
	if node == nil {
		node = all["sandbox serve"]
	}
	for _, w := range words {
		flag, is := strings.CutPrefix(w, "--")
		flag, _, _ = strings.Cut(strings.TrimRight(flag, ".,;"), "=")
		if is && flag != "help" && !slices.ContainsFunc(slices.Concat(node.AllFlags(false)...), func(f *kong.Flag) bool { return f.Name == flag }) {
			return "the flag --" + flag + " of " + node.Path()
		}
	}
	return ""
}

func TestEveryCommandThatIsDocumentedIsOneOfTheProgram(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all, found := leaves(t), 0
	for _, page := range append(pages, "../../README.md", "../../pkg/sandbox/README.md") {
		for _, command := range commandsOf(t, page) {
			switch {
			case strings.HasPrefix(command, "cutover ") || strings.HasPrefix(command, "bin/cutover "):
				found++
				if what := unknown(all, command); what != "" {
					t.Errorf("%s: %s: there is no such thing as %s", page, command, what)
				}
			case strings.HasPrefix(command, "make "):
				for _, target := range strings.Fields(command)[1:] {
					if found++; !strings.Contains(target, "=") && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(makefile) {
						t.Errorf("%s: %s: the Makefile has no %s", page, command, target)
					}
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d commands were found", found)
	}
	for command, want := range map[string]string{"cutover fly shop": "the command fly", "cutover watch shop --wings": "the flag --wings", "cutover sandbox push v1 --fault broken": "", "cutover help watch": ""} {
		if got := unknown(all, command); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("of %q unknown is %q", command, got)
		}
	}
}
