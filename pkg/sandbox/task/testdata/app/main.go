// Command app is the program inside the test containers. Its arguments are what it does, in order.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	for _, arg := range os.Args[1:] {
		verb, value, _ := strings.Cut(arg, "=")
		switch verb {
		case "say":
			fmt.Println(value)
		case "complain":
			fmt.Fprint(os.Stderr, value)
		case "exit":
			code, _ := strconv.Atoi(value)
			os.Exit(code)
		case "crash":
			panic("as asked")
		case "ignore-term":
			signal.Ignore(syscall.SIGTERM)
		case "exit-on-term":
			terms := make(chan os.Signal, 1)
			signal.Notify(terms, syscall.SIGTERM)
			go func() { <-terms; fmt.Println("bye"); os.Exit(7) }()
		case "take": // so many MiB, touched
			mib, _ := strconv.Atoi(value)
			taken := make([]byte, mib<<20)
			for i := 0; i < len(taken); i += 4096 {
				taken[i] = 1
			}
			fmt.Println("took", len(taken)>>20)
			defer fmt.Println(taken[0])
		case "write":
			check(os.WriteFile(value, []byte("written"), 0o600))
		case "show":
			body, err := os.ReadFile(value)
			fmt.Printf("%s: %s %v\n", value, strings.ReplaceAll(string(body), "\n", "|"), err)
		case "stdout":
			f, err := os.OpenFile("/dev/stdout", os.O_WRONLY, 0)
			check(err)
			_, _ = fmt.Fprintln(f, "through /dev/stdout")
		case "child": // a process of its own session that outlives its parent
			self, err := os.Executable()
			if err != nil { // A root without /proc.
				self = os.Args[0]
			}
			c := exec.Command(self, "say=child", "wait")
			c.Stdout, c.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
			check(c.Start())
		case "wait":
			<-time.After(time.Hour)
		case "serve":
			serve(value)
		}
	}
}

func serve(port string) {
	host := os.Getenv("HOST")
	if p := os.Getenv("PORT"); p != "" {
		port = p
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	check(err)
	fmt.Println("listening")
	check(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dir, _ := os.Getwd()
		host, _ := os.Hostname()
		_, null := os.Stat("/dev/null")
		_, self := os.Stat("/proc/self/exe")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"env": os.Environ(), "args": os.Args, "uid": os.Getuid(), "gid": os.Getgid(), "dir": dir, "host": host,
			"null": null == nil, "proc": self == nil,
		})
	})))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}
