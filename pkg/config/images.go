package config

import "slices"

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
