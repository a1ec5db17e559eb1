package config

import "slices"

// Image names a repository, the tags whose pushes release this service and their order, and the container that they
// go into. Tags are taken by tag, by regexp, by semver, or by regexp and semver together.
type Image struct {
	// Container that the image goes into. Default: that of the task, which the traffic goes to; in images each names
	// its own.
	Container string `json:"container,omitempty"`
	// Repository in ECR. Default: the service's name; in images, the container's. Of this account and region it is made
	// with the platform's stack.
	Repository string `json:"repository,omitempty"`
	// Existing is set when the repository of this account and region stands already; by default the platform's stack
	// makes it.
	Existing bool `json:"existing,omitempty"`
	// Account of the repository, where it is another's. Its policy must let the release function look and the tasks'
	// execution role pull; a rule there that forwards its events saves the wait for the schedule.
	Account string `json:"account,omitempty"`
	// Region of the repository, where it is another one. Nearer is better: replication into the service's own region makes
	// it needless.
	Region string `json:"region,omitempty"`
	// Tag is an exact tag ("latest", the default) or a glob with * and ? ("v*"). With an exact tag the tag is
	// the wish, whatever it points at; with a glob the newest push wins, unless order says otherwise.
	Tag string `json:"tag,omitempty"`
	// Regexp takes the tags that it matches as a whole, in Go's syntax (https://pkg.go.dev/regexp/syntax):
	// "main-[0-9a-f]+-(?P<build>[0-9]+)".
	Regexp string `json:"regexp,omitempty"`
	// Extract is the name of the group of regexp whose text is ordered, and compared with semver. Default: the first
	// group; the whole tag when there is none.
	Extract string `json:"extract,omitempty"`
	// Semver takes versions in this range (https://github.com/Masterminds/semver#checking-version-constraints):
	// ">=1.2.0 <3". Only whole versions count, 1.2.3 or v1.2.3: a tag such as 1.2 moves from one to the next.
	Semver string `json:"semver,omitempty"`
	// PreReleases takes versions such as 1.2.3-rc.1 too. Default false: only where the range names one itself.
	PreReleases bool `json:"preReleases,omitempty"`
	// Order says which of the tags taken is the newest: by "pushed", the time of the push (the default without
	// semver); by "version" (the default with it); by "number", which the extract must be; by "text". What is equal
	// goes by the time of the push. A service never goes back to an older image by itself.
	Order string `json:"order,omitempty"`
}

// The orders of an Image. An exact tag has none: the tag itself is the wish.
const (
	ByPushed  = "pushed"
	ByVersion = "version"
	ByNumber  = "number"
	ByText    = "text"
)

// Wanted are the service's images, in whichever form they are written: those of Images, or the one of Image.
func (s Service) Wanted() []Image {
	if len(s.Images) > 0 {
		return s.Images
	}
	return []Image{s.Image}
}

// Repository is where images are.
type Repository struct {
	// Account and Region are empty where they are the service's own.
	Account, Region string
	Name            string
}

// Own reports whether the repository is of the service's own account and region.
func (r Repository) Own() bool { return r.Account == "" && r.Region == "" }

// String is the name, and where the repository is when that is elsewhere.
func (r Repository) String() string {
	text := r.Name
	if r.Account != "" {
		text += " of account " + r.Account
	}
	if r.Region != "" {
		text += " in " + r.Region
	}
	return text
}

// From is the repository that the image comes from.
func (i Image) From() Repository {
	return Repository{Account: i.Account, Region: i.Region, Name: i.Repository}
}

// Repositories are those of the service's images, each once, in their order. Each has a name of its own.
func (s Service) Repositories() []Repository {
	var all []Repository
	for _, i := range s.Wanted() {
		if r := i.From(); !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// Source is the service's repository of that name.
func (s Service) Source(name string) Repository {
	for _, r := range s.Repositories() {
		if r.Name == name {
			return r
		}
	}
	return Repository{Name: name}
}

// mapped is the image of the container that the traffic goes to.
func (s Service) mapped() Image {
	for _, i := range s.Images {
		if i.Container == or(s.Task.Container, s.Name) {
			return i
		}
	}
	return s.Image
}
