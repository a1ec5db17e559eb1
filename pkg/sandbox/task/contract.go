package task

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// defaultPath is what Docker gives to a container whose image sets no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// settle joins a container's wishes and its image's configuration as Docker does: an own entry point also
// drops the image's command, and an own variable hides the image's.
func settle(c Container, config *v1.ConfigFile, root *os.Root, host string) (pid1.Program, error) {
	image := config.Config
	p := pid1.Program{
		Name: c.Name, Root: root.Name(), Essential: c.Essential, StopTimeout: c.StopTimeout, Memory: c.Memory,
		Dir: path.Clean("/" + cmp.Or(c.WorkingDir, image.WorkingDir)),
	}
	entrypoint, command := c.Entrypoint, c.Command
	if len(command) == 0 && len(entrypoint) == 0 {
		command = image.Cmd
	}
	if len(entrypoint) == 0 {
		entrypoint = image.Entrypoint
	}
	p.Args = slices.Concat(entrypoint, command)
	if len(p.Args) == 0 {
		return pid1.Program{}, errors.New("CannotCreateContainerError: no command specified, neither by the image nor by the container definition")
	}
	who, err := account(root, cmp.Or(c.User, image.User))
	if err != nil {
		return pid1.Program{}, err
	}
	p.UID, p.GID = who.uid, who.gid
	p.Env = environment(
		[]string{"PATH=" + defaultPath, "HOSTNAME=" + host, "HOME=" + who.home}, image.Env, c.Env)
	if err := workingDir(root, p.Dir); err != nil {
		return pid1.Program{}, fmt.Errorf("CannotStartContainerError: working directory %s: %w", p.Dir, err)
	}
	p.Path, p.Resolved, err = executable(root, p.Args[0], p.Dir, value(p.Env, "PATH"))
	if err != nil {
		return pid1.Program{}, fmt.Errorf("CannotStartContainerError: unable to start container process: %w", err)
	}
	return p, nil
}

// environment joins lists of KEY=VALUE; a later one wins, and the order is that of first mention.
func environment(lists ...[]string) []string {
	var out []string
	at := map[string]int{}
	for _, pair := range slices.Concat(lists...) {
		key, _, _ := strings.Cut(pair, "=")
		if i, known := at[key]; known {
			out[i] = pair
			continue
		}
		at[key] = len(out)
		out = append(out, pair)
	}
	return out
}

func value(env []string, key string) string {
	for _, pair := range env {
		if k, v, _ := strings.Cut(pair, "="); k == key {
			return v
		}
	}
	return ""
}

// workingDir makes the working directory where the image has none, as Docker does.
func workingDir(root *os.Root, dir string) error {
	at, err := within(root, dir, true)
	if err != nil {
		return err
	}
	if info, err := root.Stat(at); err == nil {
		if !info.IsDir() {
			return syscall.ENOTDIR
		}
		return nil
	}
	return root.MkdirAll(at, 0o755)
}

// executable finds what argv[0] names, as execvp would inside the container.
func executable(root *os.Root, name, dir, search string) (file, resolved string, err error) {
	if strings.Contains(name, "/") {
		file = name
		if !path.IsAbs(file) {
			file = path.Join(dir, file)
		}
		resolved, err = runnable(root, file)
		if err != nil {
			return "", "", fmt.Errorf("exec: %q: %w", name, err)
		}
		return file, resolved, nil
	}
	var denied error
	for _, folder := range strings.Split(search, ":") {
		file = path.Join("/", folder, name)
		resolved, err = runnable(root, file)
		if err == nil {
			return file, resolved, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			denied = err
		}
	}
	if denied != nil {
		return "", "", fmt.Errorf("exec: %q: %w", name, denied)
	}
	return "", "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

func runnable(root *os.Root, file string) (string, error) {
	at, err := within(root, file, true)
	if err != nil {
		return "", err
	}
	info, err := root.Stat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("stat %s: no such file or directory", file)
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return "", fs.ErrPermission
	}
	return "/" + at, nil
}

// owner is whom a container runs as.
type owner struct {
	uid, gid int
	home     string
}

// account reads a user of a task definition: user, user:group, uid, uid:gid, uid:group or user:gid.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
func account(root *os.Root, wish string) (owner, error) {
	who := owner{home: "/"}
	user, group, _ := strings.Cut(cmp.Or(wish, "0"), ":")
	passwd, err := read(root, "/etc/passwd")
	if err != nil {
		return owner{}, err
	}
	id, numeric := strconv.Atoi(user)
	row := lookup(passwd, user, numeric == nil)
	switch {
	case len(row) >= 6:
		who.home = cmp.Or(row[5], "/")
		if who.uid, err = strconv.Atoi(row[2]); err == nil {
			who.gid, err = strconv.Atoi(row[3])
		}
		if err != nil {
			return owner{}, fmt.Errorf("read /etc/passwd of the image: %w", err)
		}
	case numeric == nil && id >= 0:
		who.uid = id
	default:
		return owner{}, fmt.Errorf("CannotStartContainerError: unable to find user %s: no matching entries in passwd file", user)
	}
	if group == "" {
		return who, nil
	}
	groups, err := read(root, "/etc/group")
	if err != nil {
		return owner{}, err
	}
	gid, numeric := strconv.Atoi(group)
	if row := lookup(groups, group, numeric == nil); len(row) >= 3 {
		gid, numeric = strconv.Atoi(row[2])
	}
	if numeric != nil || gid < 0 {
		return owner{}, fmt.Errorf("CannotStartContainerError: unable to find group %s: no matching entries in group file", group)
	}
	who.gid = gid
	return who, nil
}

// lookup is the row of a passwd or group file with this name, or with this number.
func lookup(file []byte, key string, number bool) []string {
	column := 0
	if number {
		column = 2
	}
	for line := range strings.Lines(string(file)) {
		row := strings.Split(strings.TrimSpace(line), ":")
		if len(row) >= 3 && row[column] == key {
			return row
		}
	}
	return nil
}
